// Two manifestations side by side as one HTML page that stands alone: no script, no request, fit to be printed.
#pragma once

#include <string>

#include "speech/compare.h"

namespace tocsin::speech {

// All text of the manifestations is escaped; control and direction characters become visible.
std::string compare_page(const Manifestation& a, const Manifestation& b, const Comparison& comparison);

}  // namespace tocsin::speech
