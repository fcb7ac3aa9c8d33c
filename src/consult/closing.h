// Closing: how far a close is on its way to being final (section 6).
#pragma once

#include <cstdint>
#include <vector>

#include "consult/silence_record.h"
#include "consult/view.h"

namespace tocsin::consult {

// Which entries may speak for adoption: clean ones only (C3), or any (C4).
enum class Evidence : std::uint8_t { clean, any };

struct Closing {
  bool effective = false;
  std::uint32_t acknowledged = 0;
  std::uint32_t needed = 0;
  std::vector<std::uint32_t> waiting;  // members neither presumed nor passed, by name
};

// S2, of a silence in view.
bool in_force(const Ledger& ledger, const View& view, Number silence);

// Of a close that counts (rule C1); `record` is of the silence that it ends.
Closing closing_of(const Ledger& ledger, const View& view, const SilenceRecord& record, Number close,
                   Evidence evidence);

}  // namespace tocsin::consult
