// Refanging: undoing how people make indicators harmless in mail and reports ("hxxp://evil[.]com").
#pragma once

#include <string>
#include <string_view>

namespace tocsin::rules {

// Replaces "[.]", "(dot)", "[:]", "[://]", "[/]", "[@]", "(at)" (any of [] () {}, any case) by what they stand for, and
// hxxp, hxxps, fxp and fxps before "://" by their schemes. Returns false, with `out` untouched, where nothing changes.
// `out` is replaced. Cost: linear.
bool refang(std::string_view text, std::string& out);

// What a bracket at text[at] stands for, with its length in the text; empty where it is an ordinary bracket.
struct Defanged {
  std::string_view meaning;
  std::size_t length = 0;
};
Defanged defanged_at(std::string_view text, std::size_t at);

}  // namespace tocsin::rules
