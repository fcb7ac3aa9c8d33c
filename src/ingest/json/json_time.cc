#include "ingest/json/json_time.h"

#include <array>

#include "base/text.h"
#include "ingest/text/log_time.h"

namespace tocsin::ingest::json {
namespace {

// "\/Date(1646092800000)\/", in older .NET with an offset that does not change the moment:
// "/Date(1646092800000+0100)/".
std::optional<Time> parse_dotnet(std::string_view text) {
  constexpr std::string_view open = "/Date(";
  constexpr std::string_view close = ")/";
  if (!text.starts_with(open) || !text.ends_with(close) || text.size() <= open.size() + close.size()) {
    return std::nullopt;
  }
  text = text.substr(open.size(), text.size() - open.size() - close.size());
  if (const std::size_t offset = text.find_first_of("+-", 1); offset != std::string_view::npos) {
    text = text.substr(0, offset);
  }
  return parse_decimal_time(text, Time::ticks_per_second / 1000);
}

// The unit that makes a number of this size a moment of our age.
std::optional<Time> parse_number(std::string_view text) {
  if (text.find_first_of("eE") != std::string_view::npos) {
    // Lua and jq write large numbers as 1.588205198e+09.
    const auto value = parse_double(text);
    if (!value || !(*value > -1e11 && *value < 1e11)) {
      return std::nullopt;
    }
    return Time{static_cast<std::int64_t>(*value * static_cast<double>(Time::ticks_per_second))};
  }
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const std::size_t dot = text.find('.');
  const std::size_t digits = (dot == std::string_view::npos ? text.size() : dot) - sign;
  if (digits <= 11) {
    return parse_decimal_time(text, Time::ticks_per_second);
  }
  if (digits <= 14) {
    return parse_decimal_time(text, Time::ticks_per_second / 1'000);
  }
  if (digits <= 17) {
    return parse_decimal_time(text, Time::ticks_per_second / 1'000'000);
  }
  const auto whole = parse_uint64(text.substr(0, dot));
  if (!whole) {
    return std::nullopt;
  }
  if (digits == 18) {
    return Time::from_filetime(*whole);
  }
  return digits == 19 ? std::optional(Time{static_cast<std::int64_t>(*whole / 100)}) : std::nullopt;
}

}  // namespace

std::optional<Time> parse_decimal_time(std::string_view text, std::int64_t unit_ticks) {
  const bool negative = text.starts_with('-');
  if (negative) {
    text.remove_prefix(1);
  }
  std::int64_t whole = 0;
  std::size_t at = 0;
  constexpr std::int64_t whole_max = std::int64_t{900'000'000'000'000'000};
  for (; at < text.size() && ascii_digit(text[at]); ++at) {
    if (whole > whole_max / 10) {
      return std::nullopt;
    }
    whole = whole * 10 + (text[at] - '0');
  }
  if (at == 0 || whole > whole_max / unit_ticks) {
    return std::nullopt;
  }
  std::int64_t ticks = whole * unit_ticks;
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = unit_ticks;
    for (++at; at < text.size() && ascii_digit(text[at]); ++at) {
      unit /= 10;
      ticks += unit * (text[at] - '0');
    }
  }
  if (at != text.size()) {
    return std::nullopt;
  }
  return Time{negative ? -ticks : ticks};
}

std::optional<ParsedTime> parse_time(const event::Value& value) {
  const std::string_view text = trim(value.text);
  if (text.size() < 4) {
    return std::nullopt;
  }
  std::optional<Time> moment;
  if (value.kind == event::ValueKind::integer || value.kind == event::ValueKind::real) {
    moment = parse_number(text);
  } else if (value.kind == event::ValueKind::text) {
    if (text.front() == '/') {
      moment = parse_dotnet(text);
    } else if (auto iso = parse_iso8601(text)) {
      return iso;
    } else if (text.size() >= 9 && text.find_first_not_of("0123456789.") == std::string_view::npos) {
      moment = parse_number(text);
    } else if (auto other = parse_log_time(text)) {
      return other;  // "2021-03-07 14:12:30 UTC", "Sun, 07 Mar 2021 14:12:30 +0000"
    }
  }
  return moment ? std::optional(ParsedTime{*moment, true}) : std::nullopt;
}

}  // namespace tocsin::ingest::json
