// Ledger: what a node remembers of its peers, in the store's notes: one place that knows the keys.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exchange/peer.h"
#include "store/notes.h"
#include "store/store.h"

namespace tocsin::exchange {

// Versions of one release class by the part this node plays: what its author may give away, a recipient may not.
struct Lane {
  std::uint32_t release_class = 0;
  bool author = false;
  auto operator<=>(const Lane&) const = default;
};
// Up to where the versions of each lane of one collection are settled with one peer. A lane that is not listed stands
// at 0. A lane that the peer may not have keeps its place: when it becomes releasable, it goes on from there.
using Cursor = std::map<Lane, store::Sequence>;

// The numbers of the deliveries to a peer, and of those that came from it.
struct Numbers {
  std::uint64_t sent = 0;   // the last one that left
  std::uint64_t taken = 0;  // the last one that the peer acknowledged
  bool operator==(const Numbers&) const = default;
};
struct Received {
  std::uint64_t number = 0;
  std::string digest;  // of its body
};

// A version that is held back for a peer: it names one that the peer may not know of.
struct Held {
  CollectionRef collection;
  std::string id;
  store::Sequence sequence = 0;
};

// An alarm: what only a faulty or hostile author or peer can have caused, with what proves it.
struct Alarm {
  std::string kind;  // "equivocation"
  std::string id, version, author;
  std::string at;        // when it was seen
  std::string from;      // kid of the peer that brought the second copy; empty: it came from here
  std::string one, two;  // the copies
};

struct Invited {
  std::string secret;  // 32 hexadecimal digits
  std::int64_t expires = 0;
  Relation relation;
  std::string used_by;  // kid
};

class Ledger {
 public:
  using Changes = std::vector<store::Note>;
  explicit Ledger(store::Notes& notes) : notes_(&notes) {}

  Result<void> write(const Changes& changes) { return changes.empty() ? Result<void>() : notes_->put(changes); }

  Result<std::vector<Peer>> peers() const;
  static void put_peer(Changes& changes, const Peer& peer);
  // Another one whenever peers were made, changed or removed, so that a running node notices what a command did.
  Result<std::string> generation() const;
  static void put_generation(Changes& changes, std::string_view generation);
  // All that is kept for the peer; what was sent to it stays on record.
  Result<void> remove_peer(std::string_view kid);
  // Documents of author keys, also of those who are no peers any more.
  Result<std::vector<std::string>> keys() const;
  static void put_key(Changes& changes, std::string_view kid, std::string_view document);

  Result<std::optional<Invited>> invitation(std::string_view id) const;
  static void put_invitation(Changes& changes, std::string_view id, const Invited& invited);
  Result<std::size_t> drop_invitations(std::int64_t expired_before);  // returns how many are left

  Result<Cursor> cursor(std::string_view kid, const CollectionRef& collection) const;
  static void put_cursor(Changes& changes, std::string_view kid, const CollectionRef& collection, const Cursor& cursor);
  // As if nothing had ever been sent, but for what was sent.
  Result<void> forget_progress(std::string_view kid);
  Result<Numbers> numbers(std::string_view kid) const;
  static void put_numbers(Changes& changes, std::string_view kid, const Numbers& numbers);
  Result<Received> received(std::string_view kid) const;
  static void put_received(Changes& changes, std::string_view kid, const Received& received);

  // Who was ever sent a version of an object. Whether the peer has it is another question: a delivery may be lost, and
  // a peer that was restored has lost what it took.
  enum class Sent : std::uint8_t { never, left, taken };
  Result<std::vector<std::string>> sent_to(std::string_view id) const;
  Result<Sent> sent(std::string_view id, std::string_view kid) const;
  static void put_left(Changes& changes, std::string_view id, std::string_view kid);
  Result<void> put_taken(Changes& changes, std::string_view id, std::string_view kid) const;
  // Identities and definitions that a peer may have because something that it was sent uses them.
  Result<bool> needs(std::string_view kid, std::string_view id) const;
  static void put_need(Changes& changes, std::string_view kid, std::string_view id);

  static std::string held_key(std::string_view kid, const Held& held);
  static void put_held(Changes& changes, std::string_view kid, const Held& held);
  // Behind `after`, a key that was given before; at most `most`.
  Result<std::vector<std::pair<std::string, Held>>> held(std::string_view kid, std::string_view after,
                                                         std::size_t most) const;

  // Notices: the newest of an object, as it came; those that wait for a peer; how far commits were looked through.
  Result<std::optional<std::string>> notice(std::string_view id) const;
  static void put_notice(Changes& changes, std::string_view id, std::string_view document);
  static void put_due(Changes& changes, std::string_view kid, std::string_view id, std::string_view modified,
                      std::string_view document);
  // By the keys under which they are kept.
  Result<std::vector<std::pair<std::string, std::string>>> due(std::string_view kid, std::size_t most) const;
  Result<store::Sequence> looked_through(const CollectionRef& collection) const;
  static void put_looked_through(Changes& changes, const CollectionRef& collection, store::Sequence sequence);

  // What sighters said of an indicator, by sighting: "count first last".
  Result<std::vector<std::pair<std::string, std::string>>> sightings(std::string_view indicator) const;
  static void put_sighting(Changes& changes, std::string_view indicator, std::string_view sighting,
                           std::string_view counts);

  Result<std::vector<Alarm>> alarms() const;
  // Nothing where the same one stands already or there are too many.
  Result<bool> raise(const Alarm& alarm);

  Result<std::optional<std::string>> get(std::string_view key) const { return notes_->get(key); }

 private:
  Result<std::vector<std::pair<std::string, std::string>>> all(std::string_view prefix, std::string_view after,
                                                               std::size_t most) const;
  store::Notes* notes_;
};

}  // namespace tocsin::exchange
