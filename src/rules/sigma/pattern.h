// Sigma strings: wildcards and escapes of a written value become a Pattern (sigma-rules-specification.md "Escaping").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace tocsin::rules::sigma {

// `\*` `\?` `\\` stand for the second character; a backslash before anything else is a backslash.
Pattern parse_pattern(std::string_view written);
// The pattern that matches exactly this text.
Pattern literal_pattern(std::string_view text);

// Appends and keeps the pattern normal: no empty literals, no two literals or any_runs beside each other.
void append(Pattern& pattern, Pattern::Element element, std::string_view text = {});
void append(Pattern& pattern, const Pattern& more);
void open_front(Pattern& pattern);  // any characters before it
void open_back(Pattern& pattern);   // any characters after it

bool has_wildcard(const Pattern& pattern);
// The text of a pattern of literals only.
std::string literal_text(const Pattern& pattern);
// The five characters that `|windash` holds for equal: - / – — ―
inline constexpr std::string_view dashes[] = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95"};
// All patterns with each dash element replaced by one of the five; empty if there would be more than `most`.
std::vector<Pattern> spell_dashes(const Pattern& pattern, std::size_t most);

}  // namespace tocsin::rules::sigma
