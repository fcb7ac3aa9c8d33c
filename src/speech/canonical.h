// Canonical text: one way to write a paragraph, so that typography, line ends and file formats no longer matter, and
// the two hashes that tell a different text from a differently set one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::speech {

// Characters made one kind (consultation.md §8.1 steps 2–4): line ends LF; ligatures U+FB00–FB06 as letters; NFC;
// straight quotes; one hyphen; one space; nothing invisible. A soft hyphen at a line's end joins the two lines. The
// text must be UTF-8; ill-formed bytes become U+FFFD.
std::string fold_characters(std::string_view text);

// Lines of folded text as one paragraph (steps 7–8): joined by spaces, but a hyphen after a letter at a line's end and
// before a small letter keeps its neighbours together; spaces collapsed, ends trimmed.
std::string join_lines(const std::vector<std::string_view>& lines);

// Casefolded letters and digits of the text, nothing else: what L2 is made of.
std::string letters_and_digits(std::string_view text);

// SHA-256 in lower-case hexadecimal digits: of the canonical text, and of its letters and digits.
std::string l1_hash(std::string_view canonical);
std::string l2_hash(std::string_view canonical);

// Does this code point belong to a word? Letters, digits and numbers of all scripts; beyond ASCII by ranges of
// punctuation and symbols that are none.
bool is_word_character(char32_t c);
bool is_small_letter(char32_t c);

}  // namespace tocsin::speech
