// MITRE ATT&CK tags of Sigma rules: attack.t1059.001, attack.initial_access / attack.initial-access.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::report {

// "attack.t1505.003" → "T1505.003"; nothing for other tags.
std::optional<std::string> technique_of(std::string_view tag);
// "attack.initial_access" → "initial-access"; nothing for tags that name no enterprise tactic.
std::optional<std::string> tactic_of(std::string_view tag);
// "cve.2021-27065" or "cve-2021-27065" → "CVE-2021-27065"; nothing for other tags.
std::optional<std::string> cve_of(std::string_view tag);

}  // namespace tocsin::report
