// Decimal: a number exactly as it is written, compared without rounding at any size.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin::detect {

// The value is 0.DIGITS × 10^point, where DIGITS are those of `before` and then `after` from the first that is not 0.
// Borrows the text it was parsed from.
struct Decimal {
  bool negative = false;
  std::string_view before, after;  // digits before and after the point, leading zeros of the number removed
  std::int64_t point = 0;
  bool zero() const { return before.empty() && after.empty(); }
};

// "12", "-0.5", "1e-3"; nothing for any other text, also hexadecimal, spaces, "inf". No allocation.
std::optional<Decimal> parse_decimal(std::string_view text);
std::strong_ordering compare(const Decimal& a, const Decimal& b);

}  // namespace tocsin::detect
