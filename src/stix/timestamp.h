// Timestamps of STIX (2.1 section 2.16): RFC 3339 in UTC with any number of digits behind the second, compared exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace tocsin::stix {

// A moment in attoseconds (10^-18 s) since 1970, UTC; also used for differences. Holds every year from 0 to 9999.
__extension__ using Instant = __int128;

inline constexpr Instant instants_per_second = Instant{1'000'000'000} * 1'000'000'000;
inline constexpr Instant instants_per_tick = instants_per_second / Time::ticks_per_second;

// "2014-01-13T07:03:17.5Z": upper-case T and Z, a day that the calendar has, second 60 only where a leap second can
// stand (23:59:60 on the last day of a month). Digits beyond the 18th are cut. Nothing for any other text. No
// allocation.
std::optional<Instant> parse_timestamp(std::string_view text);
// With as many digits behind the second as are needed, at least none.
std::string timestamp_text(Instant instant);

constexpr Instant from_time(Time time) { return Instant{time.ticks} * instants_per_tick; }

}  // namespace tocsin::stix
