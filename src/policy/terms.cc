#include "policy/terms.h"

#include <algorithm>

#include "policy/limits.h"

namespace tocsin::policy {

std::string terms_text(const Terms& terms) {
  std::string out = terms.type;
  for (const std::string& marking : terms.markings) {
    out += '\n';
    out += marking;
  }
  if (terms.audience) {
    out += "\n@audience";
    for (const std::string& name : *terms.audience) {
      out += "\n@to ";
      out += name;
    }
  }
  if (!terms.embargo_until.empty()) {
    out += "\n@until ";
    out += terms.embargo_until;
  }
  return out;
}

Terms read_terms(std::string_view text) {
  Terms terms;
  terms.type = text.substr(0, text.find('\n'));
  while (text.find('\n') != std::string_view::npos) {
    text.remove_prefix(text.find('\n') + 1);
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line == "@audience") {
      terms.audience.emplace();
    } else if (line.starts_with("@to ") && terms.audience) {
      terms.audience->emplace_back(line.substr(4));
    } else if (line.starts_with("@until ")) {
      terms.embargo_until = line.substr(7);
    } else {
      terms.markings.emplace_back(line);
    }
  }
  return terms;
}

std::optional<stix::Instant> embargo_of(const Terms& terms) {
  if (terms.embargo_until.empty()) {
    return {};
  }
  constexpr stix::Instant never = ~(stix::Instant{1} << 127);
  return stix::parse_timestamp(terms.embargo_until).value_or(never);
}

bool is_term(std::string_view name) {
  return !name.empty() && name.size() <= limits::name_bytes_max && name.front() != '@' &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace tocsin::policy
