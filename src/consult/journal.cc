#include "consult/journal.h"

#include "consult/conclude.h"
#include "consult/state.h"

namespace tocsin::consult {

void Journal::add(const EntryPtr& entry) {
  accepted_.clear();
  ledger_.add(entry, accepted_);
  if (view_) {
    view_->add(accepted_);
  }
}

State Journal::state(Seconds as_of) {
  if (ledger_.roster() == nullptr) {
    State none;
    none.rejected = ledger_.rejected();
    return none;
  }
  if (view_ && as_of >= view_->as_of()) {
    view_->advance(as_of);
  } else {
    view_.emplace(ledger_, as_of);
    memory_ = {};
  }
  return conclude(ledger_, *view_, memory_);
}

State state(std::span<const Roster> rosters, const Hash& item, std::span<const EntryPtr> entries, Seconds as_of,
            Verifier& verifier) {
  Journal journal(rosters, item, verifier);
  for (const EntryPtr& entry : entries) {
    journal.add(entry);
  }
  return journal.state(as_of);
}

}  // namespace tocsin::consult
