// Journal: the entries of one item as they come in, and their state at any time without starting again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "consult/entry.h"
#include "consult/ledger.h"
#include "consult/roster.h"
#include "consult/silence_record.h"
#include "consult/verifier.h"
#include "consult/view.h"

namespace tocsin::consult {

struct State;

struct JournalOptions {
  // Mixed into hash tables, so that authors cannot choose ids that collide in them. No influence on any state.
  std::uint64_t seed = 0;
};

// Not thread-safe. Memory: the entries, and a few hundred bytes for each.
class Journal {
 public:
  // Borrows the rosters and the verifier, which is asked at most once for each copy of an entry.
  Journal(std::span<const Roster> rosters, const Hash& item, Verifier& verifier, JournalOptions options = {})
      : ledger_(rosters, item, verifier, options.seed) {}

  // In any order; what is held already changes nothing. Cost: the entry's heads and what it frees.
  void add(const EntryPtr& entry);

  // The state at a moment. Equal to a fold of all entries from nothing. Asked for the same or a later moment than last
  // time it costs what came in since, the entries that name the current silence, and the size of the answer; for an
  // earlier moment it folds again.
  State state(Seconds as_of);

  const Ledger& ledger() const { return ledger_; }

 private:
  Ledger ledger_;
  std::optional<View> view_;
  RecordMemory memory_;  // of view_
  std::vector<Number> accepted_;
};

}  // namespace tocsin::consult
