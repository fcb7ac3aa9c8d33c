#include "rules/indicators/hash_value.h"

#include "base/text.h"

namespace tocsin::rules {
int hex_value(char c) {
  if (ascii_digit(c)) {
    return c - '0';
  }
  const char low = ascii_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool parse_hex(std::string_view text, std::size_t bytes, std::string& out) {
  if (text.size() != 2 * bytes) {
    return false;
  }
  const std::size_t begin = out.size();
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) {
      out.resize(begin);
      return false;
    }
    out += static_cast<char>(high * 16 + low);
  }
  return true;
}

std::string show_hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace tocsin::rules
