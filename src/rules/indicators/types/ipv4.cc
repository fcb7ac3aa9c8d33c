#include "rules/indicators/address.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {
namespace {

// Also "1.2.3.4/32", "1.2.3.4:443" (the port is left out) and an IPv4-mapped IPv6 address.
bool canonical(std::string_view written, std::string& out) {
  if (written.ends_with("/32")) {
    written.remove_suffix(3);
  }
  if (written.find('.') == written.npos) {
    return false;
  }
  if (const std::size_t colon = written.find(':'); colon != written.npos && colon == written.rfind(':') &&
                                                   colon + 1 < written.size() &&
                                                   written.find_first_not_of("0123456789", colon + 1) == written.npos) {
    written = written.substr(0, colon);
  }
  const auto address = parse_address(written);
  if (!address || address->v6) {
    return false;
  }
  out.append(reinterpret_cast<const char*>(address->bytes.data()), 4);
  return true;
}

}  // namespace

extern const IndicatorType indicator_ipv4;
const IndicatorType indicator_ipv4 = {
    .name = "ipv4",
    .title = "IPv4 address",
    .doc = "the address as a number, also inside text; not in fields that hold versions",
    .spec = "https://www.rfc-editor.org/rfc/rfc6943#section-3.1.1",
    .words =
        "ip ips ipv4 ipaddress ipaddr ipv4addr ipv4address address ipsrc ipdst ipsrc|port ipdst|port ip|port ip:port "
        "ipport srcip dstip sourceip destinationip domain|ip host c2 c2ip networkip remoteip url",
    .stix_paths = "ipv4-addr:value network-traffic:src_ref.value network-traffic:dst_ref.value",
    .plain = true,
    .canonical = canonical,
    .show =
        [](std::string_view bytes) { return show_address(reinterpret_cast<const std::uint8_t*>(bytes.data()), false); },
};

}  // namespace tocsin::rules
