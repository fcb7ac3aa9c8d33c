#include "base/limits.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {
namespace {

bool canonical(std::string_view written, std::string& out) {
  if (written.size() < 3 || written.size() > limits::indicator_value_bytes_max) {
    return false;
  }
  out.append(written);
  return true;
}

}  // namespace

extern const IndicatorType indicator_user_agent;
const IndicatorType indicator_user_agent = {
    .name = "user-agent",
    .title = "user agent",
    .doc = "the whole text, with its case, in fields of user agents; IIS writes + for blanks",
    .spec = "https://www.rfc-editor.org/rfc/rfc9110#section-10.1.5",
    .words = "useragent httpuseragent ua",
    .stix_paths = "network-traffic:extensions.http-request-ext.request_header.User-Agent",
    .plain = false,
    .canonical = canonical,
    .show = [](std::string_view text) { return std::string(text); },
};

}  // namespace tocsin::rules
