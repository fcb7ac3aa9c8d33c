// Poller: copies a collection of another TAXII server into one of ours, again and again. What is remembered moves only
// after the objects are durable here, so that a crash or a broken line costs a second look and no object.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/url.h"
#include "store/notes.h"
#include "store/store.h"
#include "taxii/admission.h"
#include "taxii/pacing.h"
#include "taxii/pull.h"
#include "taxii/remote.h"

namespace tocsin::taxii {

// One collection there, one collection here.
struct Feed {
  std::string peer;                  // our name of the server
  net::Url root;                     // its API root
  std::string collection;            // its id there
  std::string local_root, local_id;  // ours
  std::chrono::seconds interval = limits::poll_interval;
  std::size_t page_items = limits::poll_page_items;

  // What its objects bear as writer in the store: no user's name, and no other peer's.
  std::string writer() const { return "peer:" + peer; }
};

struct PollResult {
  std::uint64_t pages = 0;
  std::uint64_t received = 0;   // objects, repeats left out
  std::uint64_t stored = 0;     // new here
  std::uint64_t present = 0;    // known already
  std::uint64_t conflicts = 0;  // other contents under a known id and version
  std::uint64_t refused = 0;    // no valid STIX, too large, or not its creator's: kept aside with the reason
  std::uint64_t repeats = 0;
  std::uint64_t gaps = 0;               // see Pull::gaps()
  bool undated = false;                 // see Pull::undated()
  bool unfinished = false;              // there is more
  std::optional<Refusal> refusal = {};  // why it ended early
  // Of what was refused, the first ones: identifier and reason.
  std::vector<std::pair<std::string, std::string>> reasons = {};
};

// What the program around a poller gives and wants to know; all may be left out.
struct PollHooks {
  LogNames logs = {};
  std::function<void()> committed = {};  // something new is stored, durably
  // Other content came for a version that is here (store::Put::conflict).
  std::function<void(store::CollectionName, const store::NewVersion& came)> conflict = {};
  std::function<void(const PollResult&)> progress = {};  // after each page, with what came so far
};

// Thread-compatible: one thread at a time. The references must outlive it.
class Poller {
 public:
  Poller(Feed feed, Remote remote, store::Store& store, store::Notes& notes, const Clock& clock, Random& random,
         PollHooks hooks = {});

  // As it stood before a restart.
  void resume(std::uint32_t failures, Time next) { pacing_.resume(failures, next); }
  const Feed& feed() const { return feed_; }
  bool due() const { return pacing_.due(clock_.now()); }
  // When it is due; not known: now.
  Time next() const { return pacing_.next(); }
  std::uint32_t failures() const { return pacing_.failures(); }
  // Reads the collection to its end, from where the last time ended, and sets when it is due again.
  PollResult poll();

 private:
  std::optional<Refusal> pull(Pull& pull, PollResult& result);
  Result<void> commit(std::span<const std::string_view> objects, PollResult& result);
  struct Refused {
    std::string_view object;
    std::string id, reason;
  };
  Result<void> keep_aside(const std::vector<Refused>& refused, PollResult& result);

  Feed feed_;
  Remote remote_;
  store::Store& store_;
  store::Notes& notes_;
  const Clock& clock_;
  Random& random_;
  PollHooks hooks_;
  Pacing pacing_;
};

// What was kept aside of a peer's objects, in order of key.
struct Aside {
  std::string reason, id;
  std::string bytes;  // empty: too many or too large to be kept
  Time at;
};
Result<void> visit_aside(const store::Notes& notes, std::string_view peer,
                         const std::function<bool(const Aside&)>& visit);
// How far a feed is. An empty `since` where nothing was pulled yet.
Result<PullState> pull_state(const store::Notes& notes, const Feed& feed);
// Forgets cursors and what was kept aside.
Result<void> forget_peer(store::Notes& notes, std::string_view peer);

}  // namespace tocsin::taxii
