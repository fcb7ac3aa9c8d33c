// Stored rules: a RuleSet as bytes and back, so that thousands of rules need not be read from YAML each time.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "rules/rule.h"

namespace tocsin::rules {

// Everything that the set holds, diagnostics and counts too. The form belongs to one build of the program: whoever
// keeps the bytes must hand them only to the build that wrote them, and must notice when they were changed.
std::string store_rules(const RuleSet& set);

// The set again. For any bytes: error damaged, or a set whose every index, count and tree is as a loader makes them, so
// that it can be compiled and run without harm. What it says is as true as the bytes are. Linear in the bytes.
Result<RuleSet> read_stored_rules(std::string_view bytes);

}  // namespace tocsin::rules
