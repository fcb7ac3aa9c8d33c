#include "consult/hash.h"

#include "base/time.h"

namespace tocsin::consult {
namespace {

// The number in `text` from `at`, or -1 where one of its `length` characters is no digit.
int number(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  for (std::size_t i = at; i < at + length; ++i) {
    if (!ascii_digit(text[i])) {
      return -1;
    }
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::string hex(const Hash& hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(hash.bytes.size() * 2, '0');
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    out[2 * i] = digits[hash.bytes[i] >> 4U];
    out[2 * i + 1] = digits[hash.bytes[i] & 15U];
  }
  return out;
}

std::optional<Hash> parse_hash(std::string_view text) {
  Hash hash;
  if (text.size() != hash.bytes.size() * 2) {
    return std::nullopt;
  }
  // Without branches and tables, so that the compiler takes sixteen at a time: ids are most of what a receipt holds.
  std::array<std::uint8_t, 64> digits{};
  std::uint8_t wrong = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    const auto decimal = static_cast<std::uint8_t>(c - '0');
    const auto letter = static_cast<std::uint8_t>(c - 'a');
    const auto is_decimal = static_cast<std::uint8_t>(decimal < 10 ? 0xFF : 0);
    const auto is_letter = static_cast<std::uint8_t>(letter < 6 ? 0xFF : 0);
    digits[i] = static_cast<std::uint8_t>((decimal & is_decimal) | ((letter + 10) & is_letter));
    wrong |= static_cast<std::uint8_t>(~(is_decimal | is_letter));
  }
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    hash.bytes[i] = static_cast<std::uint8_t>(digits[2 * i] << 4U | digits[2 * i + 1]);
  }
  return wrong == 0 ? std::optional(hash) : std::nullopt;
}

std::optional<Seconds> parse_seconds(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00Z";
  if (text.size() != shape.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '0' && text[i] != shape[i]) {
      return std::nullopt;
    }
  }
  const CivilTime civil{number(text, 0, 4),  number(text, 5, 2),  number(text, 8, 2),
                        number(text, 11, 2), number(text, 14, 2), number(text, 17, 2)};
  if (civil.year < 1970 || civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31 || civil.hour < 0 ||
      civil.hour > 23 || civil.minute < 0 || civil.minute > 59 || civil.second < 0 || civil.second > 59) {
    return std::nullopt;
  }
  const Time time = from_civil(civil);
  // The 30th of February comes back as another day.
  if (to_civil(time).day != civil.day) {
    return std::nullopt;
  }
  return time.ticks / Time::ticks_per_second;
}

std::string seconds_text(Seconds seconds) { return rfc3339(Time::from_seconds(seconds)); }

}  // namespace tocsin::consult
