// Pull: how one remote collection is read to its end, page by page, without losing an object to a server that pages
// badly. A pure state machine: it says what to ask, is given the page, and says what to remember once it is committed.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "stix/timestamp.h"
#include "taxii/remote.h"

namespace tocsin::taxii {

// What is remembered between pulls: a date that the server itself gave. Its `next` is not kept: servers forget theirs,
// and some give another page each time one is used, so that an answer lost on the way would be objects lost.
struct PullState {
  std::string since;     // date_added up to which everything is committed here; empty: from the beginning
  Time since_seen = {};  // when that date was first met, by our clock
  bool settled = false;  // nothing more is expected at that date: the next pull asks strictly behind it
  bool operator==(const PullState&) const = default;
};
std::string write_pull_state(const PullState& state);
Result<PullState> read_pull_state(std::string_view text);

class Pull {
 public:
  Pull(PullState state, std::size_t page_items);

  // What to ask next.
  const Query& query() const { return query_; }
  bool done() const { return done_; }

  // The answer to query(). Returns the objects that this pull has not seen yet; they point into the page. When they are
  // committed, committed() gives what to remember. Errors end the pull: the server goes round in circles.
  Result<std::vector<std::string_view>> take(const Page& page, Time now);
  const PullState& state() const { return state_; }
  const PullState& committed() {
    state_ = pending_;
    return state_;
  }

  // The server no longer takes its `next`: begins again behind what was committed. False: too often.
  bool restart();
  // The page was too large to be read: asks for a smaller one. False: it was of one object.
  bool ask_for_less();

  // Places where a server gave more objects with one date than it gives in a page, and no `next`: some may be missing.
  std::uint64_t gaps() const { return gaps_; }
  std::uint64_t repeats() const { return repeats_; }
  // Objects came without a date that could be remembered: the next pull begins where this one did.
  bool undated() const { return undated_; }
  // Done for now, and there is more.
  bool unfinished() const { return unfinished_; }

 private:
  void begin_behind(const std::string& date, stix::Instant back);
  bool first_sight(std::string_view object);

  PullState start_, state_, pending_;
  Query query_;
  bool done_ = false;
  bool unfinished_ = false;
  bool in_order_ = true;  // dates rose so far: what lies before the last one is complete
  bool news_ = false;     // the pull met something that lies behind `since`
  bool undated_ = false;
  std::optional<stix::Instant> last_;  // the greatest date met
  std::string last_text_;
  std::size_t empty_pages_ = 0, repeated_pages_ = 0, restarts_ = 0, pages_ = 0, ordered_pages_ = 0;
  std::uint64_t gaps_ = 0, repeats_ = 0;
  // Digests in two generations: the older one goes when the younger is full.
  boost::unordered_flat_set<std::uint64_t> seen_, seen_before_;
};

}  // namespace tocsin::taxii
