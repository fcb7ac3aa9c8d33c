#include "detect/number.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::detect {
namespace {

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && ascii_digit(text[count])) {
    ++count;
  }
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::size_t leading_zeros(std::string_view digits) { return std::min(digits.find_first_not_of('0'), digits.size()); }

char digit(const Decimal& number, std::size_t at) {
  if (at < number.before.size()) {
    return number.before[at];
  }
  at -= number.before.size();
  return at < number.after.size() ? number.after[at] : '0';
}

std::strong_ordering compare_magnitude(const Decimal& a, const Decimal& b) {
  if (a.zero() || b.zero()) {
    return b.zero() <=> a.zero();
  }
  if (a.point != b.point) {
    return a.point <=> b.point;
  }
  const std::size_t digits = std::max(a.before.size() + a.after.size(), b.before.size() + b.after.size());
  for (std::size_t at = 0; at < digits; ++at) {
    if (const auto order = digit(a, at) <=> digit(b, at); order != 0) {
      return order;
    }
  }
  return std::strong_ordering::equal;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  if (text.starts_with('-') || text.starts_with('+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  number.before = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.after = take_digits(text);
  }
  if (number.before.empty() && number.after.empty()) {
    return std::nullopt;
  }
  std::int64_t exponent = 0;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+')) {
      text.remove_prefix(1);
    }
    const auto parsed = parse_int64(text);
    if (!parsed || text.starts_with("+")) {
      return std::nullopt;
    }
    // Far beyond any text that can be held; keeps the sum below from overflowing.
    constexpr std::int64_t exponent_max = 1'000'000'000'000;
    exponent = std::clamp(*parsed, -exponent_max, exponent_max);
    text = {};
  }
  if (!text.empty()) {
    return std::nullopt;
  }
  number.before.remove_prefix(leading_zeros(number.before));
  number.point = static_cast<std::int64_t>(number.before.size()) + exponent;
  if (number.before.empty()) {
    const std::size_t zeros = leading_zeros(number.after);
    number.after.remove_prefix(zeros);
    number.point -= static_cast<std::int64_t>(zeros);
  }
  return number;
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const bool a_negative = a.negative && !a.zero();
  const bool b_negative = b.negative && !b.zero();
  if (a_negative != b_negative) {
    return b_negative <=> a_negative;
  }
  return a_negative ? compare_magnitude(b, a) : compare_magnitude(a, b);
}

}  // namespace tocsin::detect
