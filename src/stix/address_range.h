// AddressRange: a set of IP addresses as STIX writes it, one address or CIDR; for ISSUBSET and ISSUPERSET (section
// 9.6.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin::stix {

struct AddressRange {
  std::uint8_t bytes[16] = {};  // masked to the prefix
  std::uint8_t prefix_bits = 0;
  bool v6 = false;

  // Is every address of `other` in this range? Never across IPv4 and IPv6.
  bool holds(const AddressRange& other) const;
};

// "198.51.100.0/24", "198.51.100.7", "2001:db8::/32"; host bits behind the prefix are ignored. Nothing for other text.
std::optional<AddressRange> parse_address_range(std::string_view text);

}  // namespace tocsin::stix
