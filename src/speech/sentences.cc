#include <algorithm>
#include <array>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/manifestation.h"

namespace tocsin::speech {
namespace {

constexpr std::string_view abbreviations[] = {
    "mr",  "mrs", "ms",  "dr",  "prof",   "gen",  "adm",   "col", "capt", "lt",  "st",  "jr",
    "sr",  "no",  "nos", "vol", "art",    "para", "paras", "sec", "fig",  "cf",  "e.g", "i.e",
    "eg",  "ie",  "etc", "vs",  "approx", "incl", "h.e",   "ext", "tel",  "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep",    "sept", "oct",   "nov", "dec",  "inc", "ltd", "co"};
// Words that begin a sentence far more often than they follow an abbreviation.
constexpr std::string_view openers[] = {"We",  "The", "This", "These", "Such",    "In",   "It",  "They", "Allies",
                                        "All", "Our", "As",   "At",    "However", "With", "For", "To",   "On"};

std::string_view word_after(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find(' ', at), text.size());
  return text.substr(at, end - at);
}

// Does the full stop behind `before` (the text up to it) belong to a shortened word?
bool is_abbreviation(std::string_view before, std::string_view next) {
  const std::size_t start = before.find_last_of(" (\"'") + 1;
  const std::string word = ascii_lower(before.substr(start));
  if (word.empty()) {
    return false;
  }
  const bool initials = (word.size() == 1 && ascii_alpha(word[0])) ||
                        (word.size() >= 3 && word[word.size() - 2] == '.' && ascii_alpha(word.back()));
  if (initials) {
    return word != "i" && std::find(std::begin(openers), std::end(openers), next) == std::end(openers);
  }
  if (std::find(std::begin(abbreviations), std::end(abbreviations), word) == std::end(abbreviations)) {
    return false;
  }
  // "no" and "st" are also words: shortened only before a figure or a name.
  if (word == "no" || word == "nos") {
    return !next.empty() && ascii_digit(next[0]);
  }
  return word != "etc" || !(next.size() > 1 && next[0] >= 'A' && next[0] <= 'Z');
}

bool opens_sentence(std::string_view text, std::size_t at) {
  while (at < text.size() && std::string_view("\"'([").find(text[at]) != std::string_view::npos) {
    ++at;
  }
  if (at >= text.size()) {
    return false;
  }
  if (ascii_digit(text[at])) {
    return true;
  }
  const char32_t c = next_code_point(text, at);
  return is_word_character(c) && !is_small_letter(c);
}

struct Language {
  std::string_view code;
  std::array<std::string_view, 12> words;
};
constexpr Language languages[] = {
    {"en", {"the", "and", "of", "to", "in", "we", "our", "with", "that", "by", "for", "are"}},
    {"fr", {"les", "des", "et", "nous", "la", "le", "une", "dans", "pour", "que", "du", "aux"}},
    {"de", {"der", "die", "und", "wir", "das", "den", "zu", "mit", "von", "auf", "eine", "ist"}},
    {"es", {"los", "las", "el", "y", "del", "que", "en", "una", "nuestra", "con", "por", "para"}},
    {"it", {"il", "gli", "di", "e", "della", "che", "nostra", "una", "con", "per", "dei", "alla"}},
};

}  // namespace

std::vector<Span> split_sentences(std::string_view text) {
  std::vector<Span> out;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '.' && text[at] != '!' && text[at] != '?') {
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && std::string_view(".!?\"')]").find(text[end]) != std::string_view::npos) {
      ++end;
    }
    if (end >= text.size() || text[end] != ' ' || !opens_sentence(text, end + 1)) {
      continue;
    }
    if (text[at] == '.' && end == at + 1 &&
        is_abbreviation(text.substr(begin, at - begin), word_after(text, end + 1))) {
      continue;
    }
    out.push_back({begin, end});
    begin = end + 1;
    at = end;
  }
  if (begin < text.size()) {
    out.push_back({begin, text.size()});
  }
  return out;
}

std::string guess_language(std::string_view text) {
  constexpr std::size_t words_min = 8;
  std::array<std::size_t, std::size(languages)> hits{};
  std::size_t words = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word = letters_and_digits(text.substr(at, end - at));
    at = end + 1;
    ++words;
    for (std::size_t i = 0; i < std::size(languages); ++i) {
      hits[i] +=
          std::find(languages[i].words.begin(), languages[i].words.end(), word) != languages[i].words.end() ? 1 : 0;
    }
  }
  const auto best = static_cast<std::size_t>(std::max_element(hits.begin(), hits.end()) - hits.begin());
  if (words < words_min || hits[best] * 12 < words) {
    return {};
  }
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (i != best && hits[i] * 3 > hits[best] * 2) {
      return {};
    }
  }
  return std::string(languages[best].code);
}

}  // namespace tocsin::speech
