// Words of a sentence and what kind of words they may be: as much of English as official statements need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::speech {

struct Token {
  std::string_view text;  // of the paragraph
  std::string lower;
  std::size_t begin = 0;  // in the paragraph
  std::size_t end = 0;
  bool punctuation = false;
};

// Words and punctuation of paragraph[begin, end); at most limits::sentence_words_max. Borrows the paragraph.
std::vector<Token> tokens_of(std::string_view paragraph, std::size_t begin, std::size_t end);

enum class Form : std::uint8_t { none, base, third, past, ing };
// Which form of the verb `lemma` a word in small letters is; regular endings and the irregular verbs of statements.
Form form_of(std::string_view word, std::string_view lemma);
bool is_present(Form form);

// The form of a word as any verb of verbs.def or lexicon.def, base and third person first. `noun_too` tells that the
// word is also a noun.
Form verb_form(std::string_view word, bool& noun_too);

bool is_auxiliary(std::string_view word);  // be, have, do and the modal verbs in their finite forms
bool is_be(std::string_view word);
bool is_adverb(std::string_view word);      // also, strongly, jointly…
bool is_determiner(std::string_view word);  // articles, possessives, quantifiers
bool is_preposition(std::string_view word);
bool is_pronoun(std::string_view word);      // subjects: we, they, it…
bool is_conjunction(std::string_view word);  // and, or, but
bool is_modifier(std::string_view word);     // adjectives and nouns before nouns: malicious, cyber…
bool is_intensifier(std::string_view word);  // strongly, gravely…
bool is_capitalised_word(std::string_view text);
bool is_plural(std::string_view word);
// A State or group of States by name: "China", "Islamic Republic of Iran".
bool is_country(std::string_view name);

}  // namespace tocsin::speech
