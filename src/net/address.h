// Where a server listens: "127.0.0.1:8030", "[::1]:8030", "localhost:8030".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::net {

struct ListenAddress {
  std::string address;     // an IPv4 or IPv6 address in text
  std::uint16_t port = 0;  // 0: one that is free

  // Only programs of this machine can reach it.
  bool loopback() const;
  // As in a URL: IPv6 in brackets.
  std::string text() const;
};

// Error usage. Host names but "localhost" are refused: which of its addresses would be meant?
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace tocsin::net
