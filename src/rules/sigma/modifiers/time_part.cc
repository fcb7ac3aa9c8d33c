// |minute |hour |day |week |month |year: a part of the timestamp in the field, as a number. No time zone is applied.
#include "base/text.h"
#include "rules/sigma/modifier.h"

namespace tocsin::rules::sigma {
namespace {

template <TimePart part, int least, int most>
std::optional<Problem> take_part(Value&& value, Item&, std::vector<Value>& out) {
  const auto number = parse_int64(value.leaf.number);
  if (!number || *number < least || *number > most) {
    return Problem{ErrorCode::rule_invalid, "the value " + value.leaf.number + " can never be this part of a time",
                   "a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
  }
  value.leaf.part = part;
  out.push_back(std::move(value));
  return std::nullopt;
}

template <TimePart part, int least, int most>
constexpr Modifier time_part(std::string_view name, std::string_view doc) {
  return {.name = name,
          .doc = doc,
          .section = "Time Modifiers",
          .takes = static_cast<std::uint8_t>(ValueKind::number),
          .instead = "write a number, without quotes; |gte and the like come behind it",
          .apply = take_part<part, least, most>};
}

}  // namespace

extern const Modifier modifier_minute, modifier_hour, modifier_day, modifier_week, modifier_month, modifier_year;
const Modifier modifier_minute = time_part<TimePart::minute, 0, 59>("minute", "the minute of the time in the field");
const Modifier modifier_hour = time_part<TimePart::hour, 0, 23>("hour", "the hour of the time in the field");
const Modifier modifier_day = time_part<TimePart::day, 1, 31>("day", "the day of the month in the field");
const Modifier modifier_week = time_part<TimePart::week, 1, 53>("week", "the ISO week of the time in the field");
const Modifier modifier_month = time_part<TimePart::month, 1, 12>("month", "the month of the time in the field");
const Modifier modifier_year = time_part<TimePart::year, 0, 9999>("year", "the year of the time in the field");

}  // namespace tocsin::rules::sigma
