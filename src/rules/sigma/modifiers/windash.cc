// |windash: where a flag begins, - / – — ― are the same to Windows programs.
#include "base/text.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

// Letters, digits and _ of any script; blocks without letters are left out.
bool is_word(char32_t c) {
  if (c < 0x80) {
    const char ascii = static_cast<char>(c);
    return ascii_alpha(ascii) || ascii_digit(ascii) || ascii == '_';
  }
  const bool latin_sign = c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA && c != 0xB2 && c != 0xB3 && c != 0xB9 &&
                          !(c >= 0xBC && c <= 0xBE);
  const bool punctuation = (c >= 0x2000 && c < 0x2070) || (c >= 0x20A0 && c < 0x2100) || (c >= 0x2190 && c < 0x2460) ||
                           (c >= 0x2500 && c < 0x2C00) || (c >= 0x3000 && c < 0x3005) || (c >= 0x3008 && c < 0x3021) ||
                           (c >= 0xFE30 && c < 0xFE70) || (c >= 0xFF01 && c < 0xFF10) || c == 0xFFFD;
  return !latin_sign && !punctuation && c != 0xD7 && c != 0xF7;
}

// As the expression \B[-/]\b: nothing of a word before it, a word behind it.
std::optional<Problem> windash(Value&& value, Item&, std::vector<Value>& out) {
  Pattern pattern;
  for (const Pattern::Piece& piece : value.leaf.pattern.pieces) {
    if (piece.element != Pattern::Element::literal) {
      append(pattern, piece.element, piece.text);
      continue;
    }
    const std::string_view text = piece.text;
    bool word_before = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t here = at;
      const char32_t c = next_code_point(text, at);
      if ((c == '-' || c == '/') && !word_before && at < text.size()) {
        std::size_t behind = at;
        if (is_word(next_code_point(text, behind))) {
          append(pattern, Pattern::Element::literal, text.substr(begin, here - begin));
          append(pattern, Pattern::Element::dash);
          begin = at;
        }
      }
      word_before = is_word(c);
    }
    append(pattern, Pattern::Element::literal, text.substr(begin));
  }
  value.leaf.pattern = std::move(pattern);
  out.push_back(std::move(value));
  return std::nullopt;
}

}  // namespace

extern const Modifier modifier_windash;
const Modifier modifier_windash{.name = "windash",
                                .doc = "the dash or slash of a flag may be any of - / – — ―",
                                .section = "String Modifiers",
                                .takes = static_cast<std::uint8_t>(ValueKind::text),
                                .instead = "write the value in quotes",
                                .apply = windash};

}  // namespace tocsin::rules::sigma
