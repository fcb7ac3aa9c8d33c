// Cuts the text of a YARA file into its rules, imports and includes, so that an error in one costs only that one.
//
// libyara compiles a file or nothing. The cut follows its lexer: strings and regular expressions end at the line's end,
// comments do not nest, '/' always begins a comment or a regular expression (division is '\').
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::detect {

struct YaraItem {
  enum class Kind : std::uint8_t { rule, import, include, stray };
  Kind kind = Kind::stray;
  std::string_view text;  // all of it, from the first modifier to the closing brace
  std::string_view name;  // the rule's identifier, the module, the file as written; of a stray its first word
  std::uint32_t line = 1, last_line = 1;
  bool closed = true;  // false: the rule's brace, or the quote of a name, is missing
  bool global = false;
};

// Views point into `text`. Cost: one walk over it.
std::vector<YaraItem> cut_yara(std::string_view text);

}  // namespace tocsin::detect
