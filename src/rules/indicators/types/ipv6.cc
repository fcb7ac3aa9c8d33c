#include "rules/indicators/address.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {
namespace {

// Also "2001:db8::1/128", "[2001:db8::1]" and "[2001:db8::1]:443".
bool canonical(std::string_view written, std::string& out) {
  if (written.ends_with("/128")) {
    written.remove_suffix(4);
  }
  if (written.starts_with('[') && written.find(']') != written.npos) {
    written = written.substr(1, written.find(']') - 1);
  }
  const auto address = parse_address(written);
  if (!address || !address->v6) {
    return false;
  }
  out.append(reinterpret_cast<const char*>(address->bytes.data()), 16);
  return true;
}

}  // namespace

extern const IndicatorType indicator_ipv6;
const IndicatorType indicator_ipv6 = {
    .name = "ipv6",
    .title = "IPv6 address",
    .doc = "the address as a number, however it is written, also inside text; a zone is left out",
    .spec = "https://www.rfc-editor.org/rfc/rfc4291#section-2.2",
    .words =
        "ip ips ipv6 ipaddress ipaddr ipv6addr ipv6address address ipsrc ipdst ipsrc|port ipdst|port ip|port ip:port "
        "ipport srcip dstip sourceip destinationip domain|ip host c2 c2ip networkip remoteip",
    .stix_paths = "ipv6-addr:value network-traffic:src_ref.value network-traffic:dst_ref.value",
    .plain = true,
    .canonical = canonical,
    .show =
        [](std::string_view bytes) { return show_address(reinterpret_cast<const std::uint8_t*>(bytes.data()), true); },
};

}  // namespace tocsin::rules
