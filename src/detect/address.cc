#include "detect/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace tocsin::detect {
namespace {

constexpr std::size_t mapped_prefix_bytes = 12;
constexpr unsigned char mapped_prefix[mapped_prefix_bytes] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

bool in_network(const rules::Network& network, std::string_view text) {
  text = text.substr(0, text.find('%'));
  char copy[64];
  if (text.empty() || text.size() >= sizeof copy) {
    return false;
  }
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  if (std::strlen(copy) != text.size()) {
    return false;
  }
  unsigned char bytes[16];
  bool v6 = false;
  if (inet_pton(AF_INET, copy, bytes) != 1) {
    if (inet_pton(AF_INET6, copy, bytes) != 1) {
      return false;
    }
    v6 = true;
    if (!network.v6 && std::memcmp(bytes, mapped_prefix, mapped_prefix_bytes) == 0) {
      std::memmove(bytes, bytes + mapped_prefix_bytes, 4);
      v6 = false;
    }
  }
  if (v6 != network.v6) {
    return false;
  }
  const unsigned bits = std::min<unsigned>(network.prefix_bits, v6 ? 128 : 32);
  const unsigned whole = bits / 8;
  if (std::memcmp(bytes, network.bytes, whole) != 0) {
    return false;
  }
  const unsigned rest = bits % 8;
  return rest == 0 || ((bytes[whole] ^ network.bytes[whole]) & (0xFF00U >> rest) & 0xFFU) == 0;
}

}  // namespace tocsin::detect
