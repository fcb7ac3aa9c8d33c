// Sigma wildcard patterns over a text: * any run (also of line ends), ? exactly one character, and the windash class.
#pragma once

#include <string_view>

#include "rules/rule.h"

namespace tocsin::detect {

// Does the pattern match the whole text? Compares bytes: for a case-insensitive match the caller folds both sides
// (base/text.h fold_case). sigma-rules-specification.md "Wildcard usage"; sigma-appendix-modifiers.md "windash".
// Cost: O(text × longest part between two *). No allocation.
bool glob_matches(const rules::Pattern& pattern, std::string_view text);

// The five characters that windash takes for one another, at the start of `text`: their length in bytes, else 0.
std::size_t dash_length(std::string_view text);

}  // namespace tocsin::detect
