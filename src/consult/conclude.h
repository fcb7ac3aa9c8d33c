// Conclude: from the entries in view to the state that is shown (sections 5 to 8).
#pragma once

#include "consult/ledger.h"
#include "consult/state.h"
#include "consult/view.h"

namespace tocsin::consult {

// Of an item that is validly opened.
State conclude(const Ledger& ledger, const View& view);

}  // namespace tocsin::consult
