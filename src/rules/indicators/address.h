// IP addresses and networks as bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::rules {

// Four decimal numbers without leading zeros (RFC 6943 §3.1.1, strict form). Writes 4 bytes.
bool parse_ipv4(std::string_view text, std::uint8_t* out);

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
  std::size_t size() const { return v6 ? 16 : 4; }
};
// IPv4 or IPv6 (RFC 4291 §2.2); an IPv4-mapped IPv6 address is its IPv4 address, a zone ("%eth0") is left out.
std::optional<Address> parse_address(std::string_view text);
std::string show_address(const std::uint8_t* bytes, bool v6);

// Keeps the first `bits` bits.
void mask_address(std::uint8_t* bytes, std::size_t size, unsigned bits);

}  // namespace tocsin::rules
