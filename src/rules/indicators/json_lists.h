// STIX bundles and MISP events as indicator lists.
#pragma once

#include "base/bytes.h"
#include "rules/indicators/list_writer.h"

namespace tocsin::rules {

// Reads JSON of any length: STIX 2.0 and 2.1 bundles, arrays or lines of STIX objects; MISP events alone, as feeds and
// as answers of its API. What was read before an error stays.
void read_json_list(ByteSource& bytes, const std::string& name, std::optional<Level> level, IndicatorStore& store);

}  // namespace tocsin::rules
