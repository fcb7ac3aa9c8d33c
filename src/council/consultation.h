// Consultation: one item as it runs on a node: what others send is kept, what is owed is receipted, what people decide
// is signed and sent.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "council/chain_reading.h"
#include "council/item.h"
#include "council/signer.h"

namespace tocsin::council {

// Not thread-safe. Borrows the ports.
class Consultation {
 public:
  // `item` was loaded from the journal whose last checksum is `chain`.
  Consultation(std::unique_ptr<Item> item, std::string author, Signer::Ports ports, std::string chain);

  // A person's act.
  Result<EntryPtr> act(const Act& act) { return signer_.sign(act, Hand::person); }

  // From anybody, by any way. Kept on disk; where that fails nothing is signed any more, so that no receipt speaks of
  // what a restart would forget. An own entry that was not signed here breaks the
  // continuity of the own chain. Error io.
  Result<Intake> receive(std::string_view entry, std::string* why = nullptr);
  // Anything that is no entry. False where it was held already. Errors as Item's, and io.
  Result<bool> receive(const Record& record);
  // A witness's reading of chains; whether it counted.
  Result<bool> receive_reading(std::string_view json);
  // After a journal came from a backup: nothing is signed until enough readings have come.
  Result<void> mark_broken(std::string_view why);

  // What the node does by itself: receipts that are due, and the pass that a policy orders. Call it after entries came
  // in, and now and then. Gives what it signed; nothing where an obstacle stands (signer().obstacles()).
  Result<std::vector<EntryPtr>> tick();
  // Why the last tick() did not pass though there is a policy; empty where it did, or there is none.
  const std::string& policy_rests() const { return policy_rests_; }
  // Signs a paper, keeps it, and gives it. Error usage where the key's document (tocsin-key) is not held.
  Result<const Paper*> lay(const PaperPlan& plan);
  // A policy for passes; only one that the nation has signed (standing_policy.h). Kept. Error damaged.
  Result<void> set_policy(std::string_view json);

  // All entries, for a peer that comes back; the transport picks what the peer lacks by id.
  std::span<const Item::Held> entries() const { return item_->entries(); }

  consult::State state(Seconds as_of) { return item_->state(as_of); }
  Item& item() { return *item_; }
  Signer& signer() { return signer_; }

 private:
  Result<std::optional<Act>> ordered_pass();

  std::string policy_rests_;
  Result<void> keep(const Record& record);

  std::unique_ptr<Item> item_;
  Signer::Ports ports_;
  std::string chain_;
  Signer signer_;
};

// The first lines of a new journal.
std::string new_journal(const Hash& item, std::string_view roster_json, std::string& chain);

}  // namespace tocsin::council
