#include "consult/hash.h"

#include "base/time.h"

namespace tocsin::consult {
namespace {

// Values of the lower-case hexadecimal digits; above 15 for every other byte. Ids are most of what a receipt holds.
constexpr std::array<std::uint8_t, 256> digits_table = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(0xFF);
  for (std::uint8_t value = 0; value < 16; ++value) {
    table[static_cast<unsigned char>("0123456789abcdef"[value])] = value;
  }
  return table;
}();

std::uint8_t digit(char c) { return digits_table[static_cast<unsigned char>(c)]; }

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
  unsigned wrong = 0;
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    const unsigned high = digit(text[2 * i]);
    const unsigned low = digit(text[2 * i + 1]);
    wrong |= (high | low) & 0xF0U;
    hash.bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
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
