// Readable, exact text of rules: for goldens, differences between versions and tools. Not a stable format.
#pragma once

#include <string>

#include "rules/rule.h"

namespace tocsin::rules {

// One comparison on one line: field, operator, value. Patterns are in quotes, with literal * ? \ escaped and a windash
// position as {-}.
std::string dump(const Leaf& leaf);
// Metadata, then the condition as an indented tree.
std::string dump(const Rule& rule);
std::string dump(const Correlation& correlation);
// Everything, with the diagnostics at the end.
std::string dump(const RuleSet& set);

// The condition of a rule as JSON, one object for each node, for programs that compare:
// {"kind":"all_of","of":[…]} or {"kind":"matches","field":…,"pieces":[["literal","x"],["any_run",""]…]…}.
std::string dump_json(const Rule& rule);

}  // namespace tocsin::rules
