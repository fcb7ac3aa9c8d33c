#include "council/time_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/time.h"

namespace tocsin::council {

std::string TimeWords::of(consult::Seconds moment) const {
  std::string utc = consult::seconds_text(moment);
  utc[10] = ' ';
  utc.back() = ' ';
  std::string out = utc + "UTC";
  if (zone_name.empty()) {
    return out;
  }
  std::string local = consult::seconds_text(moment + zone.offset_at(Time::from_seconds(moment)));
  local[10] = ' ';
  local.pop_back();
  return out + " (" + (local.substr(0, 10) == utc.substr(0, 10) ? local.substr(11) : local) + " " + zone_name + ")";
}

namespace {

struct Unit {
  consult::Seconds seconds;
  std::string_view one, many;
};
constexpr std::array<Unit, 4> units{
    {{86'400, "day", "days"}, {3'600, "hour", "hours"}, {60, "minute", "minutes"}, {1, "second", "seconds"}}};

std::string counted(consult::Seconds count, const Unit& unit) {
  return fmt::format("{} {}", count, count == 1 ? unit.one : unit.many);
}

}  // namespace

std::string span_words(consult::Seconds seconds) {
  for (const Unit& unit : units) {
    // A day is 24 hours to those who read a deadline.
    if (seconds % unit.seconds == 0 && (seconds >= 2 * unit.seconds || unit.seconds <= 3'600) &&
        seconds >= unit.seconds) {
      return counted(seconds / unit.seconds, unit);
    }
  }
  return counted(seconds, units.back());
}

std::string left_words(consult::Seconds seconds) {
  for (const Unit& unit : units) {
    if (seconds >= 2 * unit.seconds) {
      return counted(seconds / unit.seconds, unit);
    }
  }
  return counted(std::max<consult::Seconds>(seconds, 0), units.back());
}

}  // namespace tocsin::council
