// Evidence made safe to look at: control and direction characters of hostile text become visible escapes.
//
// Log text may hold terminal escape sequences or characters that reverse, hide or join text ("Trojan Source"). Every
// form that shows text to a person passes it through here; forms for machines keep the bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tocsin::report {

// Whether a code point must not reach a screen as it is: C0, DEL, C1, line and paragraph separators, bidirectional
// controls, zero-width and other invisible format characters, tags, non-characters.
bool is_unsafe(char32_t c);

enum class Charset : unsigned char { unicode, ascii };

// Appends `text` as one line: unsafe characters as \n \t \r \xNN or \u{N…}, ill-formed bytes as U+FFFD. A backslash
// stays as it is (Windows paths), so the result is for reading, not for parsing back. With Charset::ascii other
// non-ASCII characters become \u{N…} too, but for the few that our own texts use, which get an ASCII look-alike.
void append_visible(std::string& out, std::string_view text, Charset charset = Charset::unicode);
std::string visible(std::string_view text, Charset charset = Charset::unicode);

// Columns that a terminal takes for `text` without unsafe characters: 0 for combining marks, 2 for wide East Asian
// characters and emoji, else 1 (Unicode TR 11, the blocks that matter).
std::size_t display_width(std::string_view text);

// The longest prefix that takes at most `columns`, and its width.
struct Cut {
  std::string_view text;
  std::size_t columns = 0;
};
Cut cut_to_width(std::string_view text, std::size_t columns);

}  // namespace tocsin::report
