#include "net/address.h"

#include <arpa/inet.h>

#include <fmt/format.h>

#include "base/text.h"

namespace tocsin::net {
namespace {

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

}  // namespace

bool ListenAddress::loopback() const {
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
    return ntohl(four.s_addr) >> 24 == 127;
  }
  in6_addr six{};
  return inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six) != 0;
}

std::string ListenAddress::text() const {
  return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                : fmt::format("[{}]:{}", address, port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto wrong = [&](std::string why) {
    return failure(ErrorCode::usage, fmt::format("'{}' is no address to listen on: {}", text, why), {},
                   "ADDRESS:PORT, as in 127.0.0.1:8030 or [::1]:8030");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return wrong("the port is missing");
  }
  std::string_view host = text.substr(0, colon);
  const auto port = parse_uint64(text.substr(colon + 1));
  if (!port || *port > 65'535) {
    return wrong("the port is no number from 0 to 65535");
  }
  ListenAddress out;
  out.port = static_cast<std::uint16_t>(*port);
  if (host.starts_with('[') && host.ends_with(']')) {
    out.address = host.substr(1, host.size() - 2);
    return is_ipv6(out.address) ? Result<ListenAddress>(out) : wrong("between the brackets belongs an IPv6 address");
  }
  out.address = ascii_iequals(host, "localhost") ? std::string("127.0.0.1") : std::string(host);
  if (!is_ipv4(out.address)) {
    return wrong("it names no IPv4 address");
  }
  return out;
}

}  // namespace tocsin::net
