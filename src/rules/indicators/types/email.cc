#include "base/text.h"
#include "rules/indicators/indicator_type.h"
#include "rules/indicators/path.h"

namespace tocsin::rules {
namespace {

bool canonical(std::string_view written, std::string& out) {
  if (written.starts_with('<') && written.ends_with('>') && written.size() > 2) {
    written = written.substr(1, written.size() - 2);
  }
  if (ascii_istarts_with(written, "mailto:")) {
    written.remove_prefix(7);
  }
  const std::size_t at = written.find('@');
  if (at == written.npos || at == 0 || at > 64 || written.front() == '.') {
    return false;
  }
  for (const char c : written.substr(0, at)) {
    if (!is_word_byte(c) && c != '%' && c != '+') {
      return false;
    }
  }
  const std::size_t begin = out.size();
  fold_case_append(written.substr(0, at + 1), out);
  if (!canonical_domain(written.substr(at + 1), out)) {
    out.resize(begin);
    return false;
  }
  return true;
}

}  // namespace

extern const IndicatorType indicator_email;
const IndicatorType indicator_email = {
    .name = "email",
    .title = "e-mail address",
    .doc = "the address, whatever its case, also inside text",
    .spec = "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2",
    .words = "email emails mail emailaddr emailaddress emailsrc emaildst emailreplyto sender recipient from",
    .stix_paths =
        "email-addr:value email-message:from_ref.value email-message:sender_ref.value "
        "email-message:to_refs[*].value email-message:cc_refs[*].value email-message:bcc_refs[*].value",
    .plain = true,
    .canonical = canonical,
    .show = [](std::string_view text) { return std::string(text); },
};

}  // namespace tocsin::rules
