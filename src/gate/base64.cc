#include "gate/base64.h"

#include <cstdint>

#include "base/text.h"

namespace tocsin::gate {
namespace {

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (ascii_digit(c)) {
    return c - '0' + 52;
  }
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t digits = 0;
  bool padded = false;
  for (const char c : text) {
    if (ascii_space(c)) {
      continue;
    }
    if (c == '=') {
      padded = true;
      continue;
    }
    const int value = value_of(c);
    if (value < 0 || padded) {
      return {};
    }
    ++digits;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  if (digits % 4 == 1) {
    return {};
  }
  return out;
}

}  // namespace tocsin::gate
