#include "rules/indicators/indicator_type.h"
#include "rules/indicators/path.h"

namespace tocsin::rules {
namespace {

// "*.evil.example" and ".evil.example" are the domain; "evil.example:443" leaves the port out.
bool canonical(std::string_view written, std::string& out) {
  if (written.starts_with("*.")) {
    written.remove_prefix(2);
  } else if (written.starts_with('.')) {
    written.remove_prefix(1);
  }
  if (const std::size_t colon = written.find(':'); colon != written.npos && colon + 1 < written.size() &&
                                                   written.find_first_not_of("0123456789", colon + 1) == written.npos) {
    written = written.substr(0, colon);
  }
  return canonical_domain(written, out);
}

}  // namespace

extern const IndicatorType indicator_domain;
const IndicatorType indicator_domain = {
    .name = "domain",
    .title = "domain",
    .doc = "the name and the names below it, whatever their case, also inside text; host names only themselves",
    .spec = "https://www.rfc-editor.org/rfc/rfc4343",
    .words = "domain domains domainname hostname host fqdn dns domain|ip hostname|port c2 c2domain site ioc url",
    .stix_paths = "domain-name:value network-traffic:dst_ref.value network-traffic:src_ref.value hostname:value",
    .plain = true,
    .canonical = canonical,
    .show = [](std::string_view text) { return std::string(text); },
};

}  // namespace tocsin::rules
