#include "stix/address_range.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>

#include "base/text.h"

namespace tocsin::stix {

bool AddressRange::holds(const AddressRange& other) const {
  if (v6 != other.v6 || prefix_bits > other.prefix_bits) {
    return false;
  }
  const std::size_t whole = prefix_bits / 8;
  const unsigned rest = prefix_bits % 8;
  return std::memcmp(bytes, other.bytes, whole) == 0 &&
         (rest == 0 || ((bytes[whole] ^ other.bytes[whole]) & (0xFF00U >> rest) & 0xFFU) == 0);
}

std::optional<AddressRange> parse_address_range(std::string_view text) {
  constexpr std::size_t longest = 64;  // far above any address
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, std::min(slash, longest)));
  AddressRange range;
  if (address.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  if (inet_pton(AF_INET, address.c_str(), range.bytes) != 1) {
    if (inet_pton(AF_INET6, address.c_str(), range.bytes) != 1) {
      return std::nullopt;
    }
    range.v6 = true;
  }
  const unsigned bits = range.v6 ? 128 : 32;
  range.prefix_bits = static_cast<std::uint8_t>(bits);
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;
    if (digits.empty() || digits.size() > 3) {
      return std::nullopt;
    }
    for (const char c : digits) {
      if (!ascii_digit(c)) {
        return std::nullopt;
      }
      prefix = prefix * 10 + static_cast<unsigned>(c - '0');
    }
    if (prefix > bits) {
      return std::nullopt;
    }
    range.prefix_bits = static_cast<std::uint8_t>(prefix);
  }
  for (unsigned bit = range.prefix_bits; bit < 128; ++bit) {
    range.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  return range;
}

}  // namespace tocsin::stix
