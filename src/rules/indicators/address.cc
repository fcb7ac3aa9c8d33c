#include "rules/indicators/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace tocsin::rules {

bool parse_ipv4(std::string_view text, std::uint8_t* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    if (at == end || !ascii_digit(*at)) {
      return false;
    }
    unsigned value = static_cast<unsigned>(*at - '0');
    const bool zero = *at == '0';
    ++at;
    for (int digits = 1; at != end && ascii_digit(*at); ++at, ++digits) {
      value = value * 10 + static_cast<unsigned>(*at - '0');
      if (digits == 3 || zero) {
        return false;
      }
    }
    if (value > 255) {
      return false;
    }
    out[part] = static_cast<std::uint8_t>(value);
    if (part < 3) {
      if (at == end || *at != '.') {
        return false;
      }
      ++at;
    }
  }
  return at == end;
}

std::optional<Address> parse_address(std::string_view text) {
  Address out;
  if (parse_ipv4(text, out.bytes.data())) {
    return out;
  }
  if (text.find(':') == std::string_view::npos) {
    return std::nullopt;
  }
  text = text.substr(0, text.find('%'));
  char copy[48];
  if (text.empty() || text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  if (inet_pton(AF_INET6, copy, out.bytes.data()) != 1) {
    return std::nullopt;
  }
  constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::memcmp(out.bytes.data(), mapped, sizeof mapped) == 0) {
    std::memmove(out.bytes.data(), out.bytes.data() + sizeof mapped, 4);
    std::fill(out.bytes.begin() + 4, out.bytes.end(), std::uint8_t{0});
  } else {
    out.v6 = true;
  }
  return out;
}

std::string show_address(const std::uint8_t* bytes, bool v6) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, text, sizeof text);
  return text;
}

void mask_address(std::uint8_t* bytes, std::size_t size, unsigned bits) {
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned kept = static_cast<unsigned>(std::min<std::size_t>(8, bits > 8 * i ? bits - 8 * i : 0));
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xFF00U >> kept));
  }
}

}  // namespace tocsin::rules
