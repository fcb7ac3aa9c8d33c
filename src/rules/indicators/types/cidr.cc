#include <fmt/format.h>

#include "base/text.h"
#include "rules/indicators/address.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {
namespace {

// Canonical: 4 or 6, the length of the prefix, the masked address. A prefix of 0 would be every address: refused.
bool canonical(std::string_view written, std::string& out) {
  const std::size_t slash = written.find('/');
  if (slash == written.npos) {
    return false;
  }
  auto address = parse_address(written.substr(0, slash));
  const auto bits = parse_uint64(written.substr(slash + 1));
  if (!address || !bits || *bits == 0 || *bits > 8 * address->size() || written[slash + 1] == '+') {
    return false;
  }
  mask_address(address->bytes.data(), address->size(), static_cast<unsigned>(*bits));
  out += address->v6 ? '\6' : '\4';
  out += static_cast<char>(*bits);
  out.append(reinterpret_cast<const char*>(address->bytes.data()), address->size());
  return true;
}

}  // namespace

extern const IndicatorType indicator_cidr;
const IndicatorType indicator_cidr = {
    .name = "cidr",
    .title = "IP network",
    .doc = "every address inside the network, also inside text",
    .spec = "https://www.rfc-editor.org/rfc/rfc4632#section-3.1",
    .words =
        "ip ips cidr network subnet netblock iprange range ipv4 ipv6 ipv4cidr ipv6cidr ipaddress ipaddr ipv4addr "
        "ipv6addr ipv4address ipv6address address ipsrc ipdst srcip dstip",
    .stix_paths = "ipv4-addr:value ipv6-addr:value network-traffic:src_ref.value network-traffic:dst_ref.value",
    .plain = true,
    .canonical = canonical,
    .show =
        [](std::string_view bytes) {
          const bool v6 = bytes[0] == '\6';
          return fmt::format("{}/{}", show_address(reinterpret_cast<const std::uint8_t*>(bytes.data()) + 2, v6),
                             static_cast<unsigned char>(bytes[1]));
        },
};

}  // namespace tocsin::rules
