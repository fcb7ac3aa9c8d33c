#include "rules/indicators/url.h"

#include "base/limits.h"
#include "base/text.h"
#include "rules/indicators/indicator_type.h"
#include "rules/indicators/path.h"

namespace tocsin::rules {
namespace {

// With a scheme, or "host/path" whose host is a domain or an IPv4 address: found behind any scheme.
bool canonical(std::string_view written, std::string& out) {
  if (written.size() > limits::indicator_value_bytes_max || written.find_first_of(" \t\"<>\\^`{|}") != written.npos) {
    return false;
  }
  if (written.find("://") == written.npos && !written.starts_with("//")) {
    std::string host;
    const std::size_t slash = written.find('/');
    const std::string_view name = written.substr(0, slash);
    if (slash == written.npos || slash == 0) {
      return false;
    }
    if (!canonical_domain(name.substr(0, name.find(':')), host) &&
        name.find_first_not_of("0123456789.:") != name.npos) {
      return false;
    }
    // "1.2.3.4/33" is a network gone wrong.
    if (host.empty() && written.find_first_not_of("0123456789", slash + 1) == written.npos) {
      return false;
    }
  }
  return normalise_url(written, out);
}

}  // namespace

extern const IndicatorType indicator_url;
const IndicatorType indicator_url = {
    .name = "url",
    .title = "URL",
    .doc = "equal after normalisation (RFC 3986 §6.2.2, default ports, no fragment), also inside text",
    .spec = "https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2",
    .words = "url urls uri link fullurl maliciousurl c2url payloadurl downloadurl",
    .stix_paths = "url:value",
    .plain = true,
    .canonical = canonical,
    .show = [](std::string_view text) { return std::string(text.starts_with("//") ? text.substr(2) : text); },
};

}  // namespace tocsin::rules
