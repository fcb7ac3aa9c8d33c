// IP addresses for |cidr: IPv4 and IPv6 as text, and whether a network holds them.
#pragma once

#include <string_view>

#include "rules/rule.h"

namespace tocsin::detect {

// False for text that is no address. An IPv4-mapped IPv6 address (::ffff:10.1.2.3) counts as its IPv4 address, a zone
// ("fe80::1%eth0") is ignored. RFC 4291 §2.2, RFC 4007 §11. No allocation.
bool in_network(const rules::Network& network, std::string_view text);

}  // namespace tocsin::detect
