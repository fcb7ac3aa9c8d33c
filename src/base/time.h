// Time: a moment in UTC, in 100 ns ticks since 1970, which holds every FILETIME and log time exactly.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

struct Time {
  static constexpr std::int64_t ticks_per_second = 10'000'000;
  std::int64_t ticks = std::numeric_limits<std::int64_t>::min();

  // A default Time is "no time known"; it sorts before every other.
  constexpr bool known() const { return ticks != std::numeric_limits<std::int64_t>::min(); }
  constexpr auto operator<=>(const Time&) const = default;

  static constexpr Time from_seconds(std::int64_t seconds) { return {seconds * ticks_per_second}; }
  // Windows FILETIME: 100 ns ticks since 1601.
  static constexpr Time from_filetime(std::uint64_t filetime) {
    return {static_cast<std::int64_t>(filetime - 116'444'736'000'000'000ULL)};
  }
};

struct CivilTime {
  std::int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int ticks = 0;  // 100 ns within the second
};

// Proleptic Gregorian, UTC. from_civil does not check ranges; second may be 60.
CivilTime to_civil(Time time);
Time from_civil(const CivilTime& civil);

// RFC 3339 UTC: "2021-03-03T06:49:42Z", with 3, 6 or 7 fraction digits where they are not all zero. "" when not known.
std::string rfc3339(Time time);

// A parsed time and whether it carried its own zone. Without one the caller subtracts its assumed offset.
struct ParsedTime {
  Time time;
  bool has_zone = false;
};

// ISO 8601 / RFC 3339 in the shapes that logs use: "2021-03-03T06:49:42.123Z", "2021-03-03 06:49:42,123",
// "+0200", "+02:00", date alone. Fractions beyond 100 ns are cut. Nothing for any other text. Cost: no allocation.
std::optional<ParsedTime> parse_iso8601(std::string_view text);

// Seconds east of UTC for "Z", "UTC", "+02:00", "-0500"; nothing for other text.
std::optional<std::int32_t> parse_utc_offset(std::string_view text);

}  // namespace tocsin
