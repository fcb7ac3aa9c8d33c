// Signer: the only hand that writes own entries of one item: on disk before they leave, never twice at one place of the
// chain, never with a clock that runs ahead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/item.h"
#include "council/ports.h"

namespace tocsin::council {

// Who wants the signature. What a node may do without a person is short: receipts, and passes under a policy that its
// nation has signed (standing_policy.h).
enum class Hand : std::uint8_t { person, node };

// What is to be signed.
struct Act {
  consult::Kind kind = consult::Kind::receipt;
  std::string body;                   // a JSON object
  std::string policy;                 // of a pass by the node: the nation's policy
  std::vector<std::string> words;     // the same for people, a sentence each
  std::vector<std::string> warnings;  // what they should know before they sign
};

// Entry bytes and id, before they are signed. `after` null: the first of its chain.
struct Unsigned {
  std::string canonical;
  Hash id;
};
Result<Unsigned> compose(const Act& act, const Hash* item, std::string_view author, const consult::Entry* after,
                         Seconds time);
// The entry as JSON in RFC 8785 form but for the place of the signature, which stands last.
std::string with_signature(const Unsigned& entry, const trust::Ed25519Signature& signature);

// Borrows everything; the item's journal is the store's. One for each author and item. Not thread-safe.
class Signer {
 public:
  struct Ports {
    Keys& keys;
    const Clock& clock;
    JournalStore& store;
    Transport& transport;
  };
  // `chain` is the checksum of the journal's last line, kept up to date here.
  Signer(Item& item, std::string author, Ports ports, std::string& chain)
      : item_(item), author_(std::move(author)), ports_(ports), chain_(chain) {}

  // What stands against signing now; empty where nothing does. One sentence for people each.
  std::vector<std::string> obstacles() const;

  // Signs the act as the next entry of the own chain: composed, signed, on disk, in the item, and then sent. Error
  // usage with the first obstacle, or where the node's hand may not do this; io where the disk failed: then nothing was
  // sent, and this signer signs nothing any more, since nobody knows what the disk holds.
  Result<EntryPtr> sign(const Act& act, Hand hand);

  // The disk failed: nothing is signed any more.
  void stop() { failed_ = true; }

  const std::string& author() const { return author_; }
  Seconds now() const { return seconds_of(ports_.clock.now()); }

 private:
  Item& item_;
  std::string author_;
  Ports ports_;
  std::string& chain_;
  bool failed_ = false;
};

// Opens an item: the first entry of its author's chain, whose id is the item's. Nothing is stored.
struct Opened {
  Hash item;
  std::string json;
};
struct OpenPlan {
  std::string_view title;
  std::string_view marking = {};   // the name of a TLP 2.0 marking (marking_of()); empty: none
  std::string_view exercise = {};  // the words that mark an exercise; empty: it is real
};
Result<Opened> sign_open(const OpenPlan& plan, const Roster& roster, std::string_view author, Keys& keys, Seconds now);

// By how much the own clock is ahead of its peers': the middle one of what they say, so that one liar moves nothing.
// Zero where nobody says anything.
Seconds clock_ahead(std::vector<PeerClock> clocks);

}  // namespace tocsin::council
