// STIX patterns that are no more than a list of values: "[ipv4-addr:value = '198.51.100.3' OR …]".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

struct PatternTerm {
  std::uint32_t kinds = 0;  // bits of the kinds that the path may mean
  std::string value;
};

enum class SimplePattern : std::uint8_t {
  values,        // `terms` says it all
  needs_engine,  // uses more of the language
  unknown_path,  // compares something that indicators have no type for; `why` names it
  invalid,
};

// STIX 2.1 §9, of which this understands: observation expressions joined by OR, in each equality and IN comparisons
// joined by OR. A comparison of the type of the same reference ("…ref.type = 'ipv4-addr' AND …ref.value = …") may stand
// beside one. Either all of a pattern is understood or none of it is taken.
SimplePattern read_simple_pattern(std::string_view pattern, std::vector<PatternTerm>& terms, std::string& why);

}  // namespace tocsin::rules
