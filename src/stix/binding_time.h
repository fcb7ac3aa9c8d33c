// The ends of time for binding: no timestamp lies beyond them, and sums with windows stay in range.
#pragma once

#include "stix/timestamp.h"

namespace tocsin::stix {

inline constexpr Instant latest = Instant{1} << 120;
inline constexpr Instant earliest = -latest;

}  // namespace tocsin::stix
