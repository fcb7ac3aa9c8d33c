#include "report/attack_tags.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tocsin::report {
namespace {

bool digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), ascii_digit); }

// Enterprise tactics, also those of ATT&CK v19 that took the place of defense-evasion.
constexpr auto tactics = std::to_array<std::string_view>(
    {"reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
     "defense-evasion", "stealth", "defense-impairment", "credential-access", "discovery", "lateral-movement",
     "collection", "command-and-control", "exfiltration", "impact"});

}  // namespace

std::optional<std::string> technique_of(std::string_view tag) {
  if (!ascii_istarts_with(tag, "attack.t")) {
    return std::nullopt;
  }
  const std::string_view number = tag.substr(8);
  const bool plain = number.size() == 4 && digits(number);
  const bool sub = number.size() == 8 && digits(number.substr(0, 4)) && number[4] == '.' && digits(number.substr(5));
  if (!plain && !sub) {
    return std::nullopt;
  }
  return "T" + std::string(number);
}

std::optional<std::string> tactic_of(std::string_view tag) {
  if (!ascii_istarts_with(tag, "attack.")) {
    return std::nullopt;
  }
  std::string name = ascii_lower(tag.substr(7));
  std::replace(name.begin(), name.end(), '_', '-');
  if (std::find(tactics.begin(), tactics.end(), name) == tactics.end()) {
    return std::nullopt;
  }
  return name;
}

std::optional<std::string> cve_of(std::string_view tag) {
  if (!ascii_istarts_with(tag, "cve.") && !ascii_istarts_with(tag, "cve-")) {
    return std::nullopt;
  }
  std::string number(tag.substr(4));
  std::replace(number.begin(), number.end(), '.', '-');
  if (number.size() < 9 || !digits(number.substr(0, 4)) || number[4] != '-' || !digits(number.substr(5))) {
    return std::nullopt;
  }
  return "CVE-" + number;
}

}  // namespace tocsin::report
