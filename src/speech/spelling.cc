#include <algorithm>
#include <string>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/compare.h"

namespace tocsin::speech {
namespace {

struct Spelling {
  std::string_view british;
  std::string_view american;
};
constexpr Spelling spellings[] = {
#define SPELLING(british, american) {british, american},
#include "speech/spelling.def"
#undef SPELLING
};

// Words in -our that lose the u; a closed list, as "four" and "hour" keep it.
constexpr std::string_view our_stems[] = {"behavi", "col",       "fav",  "hon", "lab",   "neighb", "harb",
                                          "endeav", "vig",       "hum",  "rum", "arm",   "val",    "sav",
                                          "fl",     "misdemean", "cand", "od",  "splend"};

std::string replaced(const std::string& word, std::size_t at, std::size_t length, std::string_view by) {
  return word.substr(0, at) + std::string(by) + word.substr(at + length);
}

// The word as an American would write it, near enough to be compared: both spellings give one result.
std::string levelled(std::string word) {
  for (const Spelling& one : spellings) {
    // The American form may hold the British one (fulfill): then it is left alone.
    const std::size_t at = word.find(one.british);
    if (at != std::string::npos && word.compare(at, one.american.size(), one.american) != 0) {
      word = replaced(word, at, one.british.size(), one.american);
      break;
    }
  }
  for (const std::string_view stem : our_stems) {
    const std::size_t at = word.find(std::string(stem) + "our");
    if (at != std::string::npos) {
      word.erase(at + stem.size() + 1, 1);
    }
  }
  // -ise and its forms after at least three letters, -yse, -isation.
  for (const std::string_view ending : {"isation", "isations", "ise", "ised", "ises", "ising", "iser", "isers"}) {
    if (word.size() >= ending.size() + 3 && word.ends_with(ending)) {
      word[word.size() - ending.size() + 1] = 'z';
      break;
    }
  }
  for (const std::string_view ending : {"yse", "ysed", "yses", "ysing"}) {
    if (word.size() >= ending.size() + 3 && word.ends_with(ending)) {
      word[word.size() - ending.size() + 1] = 'z';
      break;
    }
  }
  for (const std::string_view ending : {"lled", "lling", "ller", "llers"}) {
    if (word.size() >= ending.size() + 3 && word.ends_with(ending)) {
      word.erase(word.size() - ending.size(), 1);
      break;
    }
  }
  if (word.size() > 6 && word.ends_with("ogue")) {
    word.resize(word.size() - 2);
  }
  return word;
}

constexpr std::string_view ligature_letters[] = {"ffi", "ffl", "ff", "fi", "fl"};

// Is `lost` the word `whole` with at least one ligature gone? Walks both, letting any ligature of `whole` vanish; at
// each step at most two ways are open, kept as a set of places.
bool lost_from(std::string_view whole, std::string_view lost) {
  if (lost.size() >= whole.size() || whole.size() > 200 || lost.empty()) {
    return false;
  }
  std::vector<bool> open(lost.size() + 1, false);
  std::vector<std::vector<bool>> at(whole.size() + 1, open);
  at[0][0] = true;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (std::size_t j = 0; j <= lost.size(); ++j) {
      if (!at[i][j]) {
        continue;
      }
      if (j < lost.size() && whole[i] == lost[j]) {
        at[i + 1][j + 1] = true;
      }
      for (const std::string_view ligature : ligature_letters) {
        if (whole.substr(i).starts_with(ligature)) {
          at[i + ligature.size()][j] = true;
        }
      }
    }
  }
  return at[whole.size()][lost.size()];
}

std::vector<std::string> keys_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string key = letters_and_digits(text.substr(at, end - at));
    if (!key.empty()) {
      out.push_back(std::move(key));
    }
    at = end + 1;
  }
  return out;
}

// Text without what a wrong decoding leaves: U+FFFD; the three bytes of a curly quote or dash read one by one, whole
// ("â€™") or with what no screen shows lost ("â"); a letter of two bytes read as two ("Ã©").
std::string without_rubbish(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c == 0xFFFD) {
      std::size_t next = at;
      at = next < text.size() && next_code_point(text, next) == 0x00BD ? next : at;
      continue;
    }
    std::size_t next = at;
    const char32_t second = next < text.size() ? next_code_point(text, next) : 0;
    if (c == 0x00C3 && second >= 0x0080 && second <= 0x00BF) {
      append_utf8(out, second | 0x40);
      at = next;
      continue;
    }
    if (c == 0x00E2) {
      // Behind it at most two characters that the bytes 0x80–0xBF became.
      const auto remains = [](char32_t one) {
        return (one >= 0x0080 && one <= 0x00BF) || one == 0x20AC || one == 0x2122 || one == 0x0153 || one == 0x02DC ||
               one == '"' || one == '\'' || one == '-';
      };
      for (int i = 0; i < 2; ++i) {
        next = at;
        if (next < text.size() && remains(next_code_point(text, next))) {
          at = next;
        }
      }
      continue;
    }
    append_utf8(out, c);
  }
  return out;
}

}  // namespace

bool same_but_for_spelling(std::string_view a, std::string_view b) {
  const std::vector<std::string> left = keys_of(a);
  const std::vector<std::string> right = keys_of(b);
  if (left.size() != right.size() || left.empty()) {
    return false;
  }
  return std::equal(left.begin(), left.end(), right.begin(),
                    [](const std::string& x, const std::string& y) { return x == y || levelled(x) == levelled(y); });
}

bool is_extraction_loss(std::string_view a, std::string_view b) {
  const std::string left = letters_and_digits(without_rubbish(a));
  const std::string right = letters_and_digits(without_rubbish(b));
  const bool rubbish = without_rubbish(a).size() != a.size() || without_rubbish(b).size() != b.size();
  return lost_from(left, right) || lost_from(right, left) || (rubbish && left == right);
}

DifferenceClass classify(std::string_view a, std::string_view b) {
  if (letters_and_digits(a) == letters_and_digits(b)) {
    return DifferenceClass::typographic;
  }
  if (same_but_for_spelling(a, b)) {
    return DifferenceClass::spelling;
  }
  return is_extraction_loss(a, b) ? DifferenceClass::encoding_loss : DifferenceClass::wording;
}

}  // namespace tocsin::speech
