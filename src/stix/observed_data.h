// Reads observed-data (STIX 2.1 section 4.14) out of bundles into observations that patterns can be matched against.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "stix/observation.h"
#include "wire/json.h"

namespace tocsin::stix {

struct ObservedData {
  ObjectGraph graph;
  std::vector<Observation> observations;  // in the order of the input
  std::uint64_t skipped = 0;              // observed-data that breaks the standard
  std::vector<std::string> problems;      // why, the first few
};

// Takes observed-data objects, bundles that hold them, and lists of either. Objects are looked up in the bundle of the
// observed-data, then in all others; both `object_refs` and the `objects` of STIX 2.0 are understood. Of several
// versions of one observed-data the latest counts. Borrows the documents. Error limit beyond limits::observations_max.
Result<ObservedData> read_observed_data(std::span<const wire::Json> documents);

}  // namespace tocsin::stix
