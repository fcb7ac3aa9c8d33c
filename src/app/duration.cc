#include "app/duration.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace tocsin::app {
namespace {

constexpr std::array<std::pair<char, std::int64_t>, 4> units = {{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};

}  // namespace

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  std::int64_t unit = 1;
  std::string_view digits = text;
  if (!digits.empty() && !ascii_digit(digits.back())) {
    unit = 0;
    for (const auto& [letter, seconds] : units) {
      unit = digits.back() == letter ? seconds : unit;
    }
    digits.remove_suffix(1);
  }
  const auto count = parse_int64(digits);
  if (!count || unit == 0 || *count < 0 || *count > 1'000'000'000 / unit) {
    return failure(ErrorCode::usage, "'" + std::string(text) + "' is no duration", {}, "such as 90s, 15m, 2h, 3d");
  }
  return std::chrono::seconds(*count * unit);
}

std::string duration_text(std::chrono::seconds duration) {
  for (const auto& [letter, seconds] : units) {
    if (duration.count() != 0 && duration.count() % seconds == 0) {
      return fmt::format("{}{}", duration.count() / seconds, letter);
    }
  }
  return "0s";
}

}  // namespace tocsin::app
