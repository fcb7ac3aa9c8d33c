// Conclude: from the entries in view to the state that is shown (sections 5 to 8).
#pragma once

#include "consult/ledger.h"
#include "consult/silence_record.h"
#include "consult/state.h"
#include "consult/view.h"

namespace tocsin::consult {

// Of an item that is validly opened. `memory` belongs to this view.
State conclude(const Ledger& ledger, const View& view, RecordMemory& memory);

}  // namespace tocsin::consult
