// Claims for tools that know plain STIX: attributed-to relationships, made of attributions only, one per claimant.
#pragma once

#include <cstdint>

#include "attribution/matrix.h"
#include "wire/json.h"

namespace tocsin::attribution {

struct Projection {
  std::uint64_t attributed = 0;     // attributed-to relationships
  std::uint64_t territories = 0;    // originates-from and located-at relationships
  std::uint64_t notes = 0;          // acts that plain STIX has no relationship for
  std::uint64_t not_projected = 0;  // acts without a time or without STIX identifiers
};

// Writes a bundle. What stands and is a claimant's own becomes attributed-to with created_by_ref = claimant, its words,
// and the derived confidence labelled lossy; never what names a territory, what only relays, or what leaves its
// granularity open. Those, and the acts on others' words, become notes. Markings travel with what they mark.
Projection write_stix(const Record& record, const Matrix& matrix, wire::JsonWriter& json);

}  // namespace tocsin::attribution
