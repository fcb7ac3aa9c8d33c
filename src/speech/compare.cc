#include "speech/compare.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

#include "speech/canonical.h"
#include "speech/limits.h"

namespace tocsin::speech {
namespace {

struct Word {
  std::size_t paragraph;  // index
  std::size_t begin;
  std::size_t end;
};

struct Text {
  const Manifestation* manifestation;
  std::vector<Word> words;
  std::vector<std::uint32_t> keys;

  std::string_view word(std::size_t i) const {
    return std::string_view(manifestation->paragraphs[words[i].paragraph].text)
        .substr(words[i].begin, words[i].end - words[i].begin);
  }
  // The words [begin, end) as one text; they are of one paragraph or several.
  std::string phrase(std::size_t begin, std::size_t end) const {
    std::string out;
    for (std::size_t i = begin; i < end; ++i) {
      out += out.empty() ? "" : " ";
      out += word(i);
    }
    return out;
  }
};

using KeyIds = boost::unordered_flat_map<std::string, std::uint32_t>;

Text words_of(const Manifestation& manifestation, KeyIds& ids, bool& truncated) {
  Text out{.manifestation = &manifestation, .words = {}, .keys = {}};
  for (std::size_t p = 0; p < manifestation.paragraphs.size(); ++p) {
    const std::string& text = manifestation.paragraphs[p].text;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      std::string key = letters_and_digits(std::string_view(text).substr(at, end - at));
      if (!key.empty()) {
        if (out.words.size() >= limits::words_max) {
          truncated = true;
          return out;
        }
        out.words.push_back({p, at, end});
        out.keys.push_back(ids.try_emplace(std::move(key), static_cast<std::uint32_t>(ids.size())).first->second);
      }
      at = end + 1;
    }
  }
  return out;
}

// Punctuation at both ends is not what differs: "lives." and "livelihoods." differ in the word.
std::string_view bare(std::string_view text) {
  while (!text.empty()) {
    std::size_t at = 0;
    if (static_cast<unsigned char>(text[0]) >= 0x80 || is_word_character(static_cast<char32_t>(text[at]))) {
      break;
    }
    text.remove_prefix(1);
  }
  while (!text.empty() && static_cast<unsigned char>(text.back()) < 0x80 &&
         !is_word_character(static_cast<char32_t>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

std::size_t sentence_at(const Paragraph& paragraph, std::size_t byte) {
  std::size_t number = 1;
  for (std::size_t i = 0; i < paragraph.sentences.size(); ++i) {
    number = byte >= paragraph.sentences[i].begin ? i + 1 : number;
  }
  return number;
}

// Where words [begin, end) of a text stand; where there are none, the place before word `begin`.
void place(const Text& text, std::size_t begin, std::size_t end, std::size_t& paragraph, Span& span) {
  if (text.words.empty()) {
    return;
  }
  if (begin < end) {
    paragraph = text.words[begin].paragraph;
    span = {text.words[begin].begin, text.words[end - 1].end};
  } else if (begin > 0) {
    paragraph = text.words[begin - 1].paragraph;
    span = {text.words[begin - 1].end, text.words[begin - 1].end};
  }
}

// Does word i begin a paragraph (2), a sentence (1), or neither (0)?
int beginning(const Text& text, std::size_t i) {
  if (i == 0 || i >= text.words.size() || text.words[i - 1].paragraph != text.words[i].paragraph) {
    return 2;
  }
  const Paragraph& paragraph = text.manifestation->paragraphs[text.words[i].paragraph];
  return sentence_at(paragraph, text.words[i].begin) != sentence_at(paragraph, text.words[i - 1].begin) ? 1 : 0;
}

// Words that were put in where they repeat their neighbours have several places: "We agreed. [We met.] We left." or
// "We [agreed. We] met": the one that begins a paragraph or sentence is taken. Moves a one-sided stretch to the left.
void settle(Hunk& hunk, std::size_t a_from, const Text& a, const Text& b) {
  const bool in_b = hunk.a_begin == hunk.a_end;
  if (!in_b && hunk.b_begin != hunk.b_end) {
    return;
  }
  const Text& text = in_b ? b : a;
  const std::size_t begin = in_b ? hunk.b_begin : hunk.a_begin;
  const std::size_t end = in_b ? hunk.b_end : hunk.a_end;
  const std::size_t most = hunk.a_begin - a_from;
  std::size_t best = 0;
  int score = beginning(text, begin);
  for (std::size_t shift = 1; shift <= most && text.keys[begin - shift] == text.keys[end - shift]; ++shift) {
    if (beginning(text, begin - shift) > score) {
      score = beginning(text, begin - shift);
      best = shift;
    }
  }
  hunk.a_begin -= best;
  hunk.a_end -= best;
  hunk.b_begin -= best;
  hunk.b_end -= best;
}

class Comparer {
 public:
  Comparer(const Text& a, const Text& b, Comparison& out) : a_(a), b_(b), out_(out) {}

  // Words of one side or the other, cut where either changes its paragraph, so that each piece has a place.
  void add(Hunk hunk) {
    while (hunk.a_begin < hunk.a_end || hunk.b_begin < hunk.b_end) {
      const std::size_t a_end = paragraph_end(a_, hunk.a_begin, hunk.a_end);
      const std::size_t b_end = paragraph_end(b_, hunk.b_begin, hunk.b_end);
      // The last paragraph of one side takes what is left of the other only up to its paragraph's end.
      add_piece({hunk.a_begin, a_end, hunk.b_begin, b_end});
      hunk.a_begin = a_end;
      hunk.b_begin = b_end;
    }
  }

  // Words that agree in their letters and differ in how they are set.
  void add_typography(std::size_t i, std::size_t j) {
    if (a_.word(i) != b_.word(j)) {
      add_as({i, i + 1, j, j + 1}, DifferenceClass::typographic);
    }
    const bool begins_a = i == 0 || a_.words[i - 1].paragraph != a_.words[i].paragraph;
    const bool begins_b = j == 0 || b_.words[j - 1].paragraph != b_.words[j].paragraph;
    out_.same_paragraphs = out_.same_paragraphs && begins_a == begins_b;
  }

 private:
  static std::size_t paragraph_end(const Text& text, std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    while (at < end && text.words[at].paragraph == text.words[begin].paragraph) {
      ++at;
    }
    return at;
  }

  // Words side by side that are one in another spelling or lost letters are told one by one.
  void add_piece(const Hunk& hunk) {
    const std::size_t count = hunk.a_end - hunk.a_begin;
    if (count > 1 && count == hunk.b_end - hunk.b_begin) {
      bool all_light = true;
      for (std::size_t i = 0; i < count; ++i) {
        all_light =
            all_light && classify(a_.word(hunk.a_begin + i), b_.word(hunk.b_begin + i)) != DifferenceClass::wording;
      }
      for (std::size_t i = 0; all_light && i < count; ++i) {
        add_as({hunk.a_begin + i, hunk.a_begin + i + 1, hunk.b_begin + i, hunk.b_begin + i + 1},
               classify(a_.word(hunk.a_begin + i), b_.word(hunk.b_begin + i)));
      }
      if (all_light) {
        return;
      }
    }
    add_as(hunk, classify(a_.phrase(hunk.a_begin, hunk.a_end), b_.phrase(hunk.b_begin, hunk.b_end)));
  }

  void add_as(const Hunk& hunk, DifferenceClass kind) {
    Difference made;
    made.kind = kind;
    const bool light = kind == DifferenceClass::typographic;
    const std::string left = a_.phrase(hunk.a_begin, hunk.a_end);
    const std::string right = b_.phrase(hunk.b_begin, hunk.b_end);
    made.a = light ? left : std::string(bare(left));
    made.b = light ? right : std::string(bare(right));
    place(a_, hunk.a_begin, hunk.a_end, made.a_paragraph, made.a_span);
    place(b_, hunk.b_begin, hunk.b_end, made.b_paragraph, made.b_span);
    const bool in_a = hunk.a_begin < hunk.a_end || b_.words.empty();
    const Text& text = in_a ? a_ : b_;
    const std::size_t index = in_a ? made.a_paragraph : made.b_paragraph;
    if (index < text.manifestation->paragraphs.size()) {
      const Paragraph& paragraph = text.manifestation->paragraphs[index];
      made.paragraph = paragraph.number;
      made.sentence = sentence_at(paragraph, in_a ? made.a_span.begin : made.b_span.begin);
    }
    out_.differences.push_back(std::move(made));
  }

  const Text& a_;
  const Text& b_;
  Comparison& out_;
};

void add_translations(const Manifestation& a, const Manifestation& b, Comparison& out) {
  for (std::size_t i = 0; i < std::max(a.paragraphs.size(), b.paragraphs.size()); ++i) {
    Difference made;
    made.kind = DifferenceClass::translation;
    made.sentence = 1;
    made.a_paragraph = i;
    made.b_paragraph = i;
    if (i < b.paragraphs.size()) {
      made.paragraph = b.paragraphs[i].number;
      made.b = b.paragraphs[i].text;
      made.b_span = {0, made.b.size()};
    }
    if (i < a.paragraphs.size()) {
      made.paragraph = a.paragraphs[i].number;
      made.a = a.paragraphs[i].text;
      made.a_span = {0, made.a.size()};
    }
    out.differences.push_back(std::move(made));
  }
}

}  // namespace

std::string_view difference_class_text(DifferenceClass kind) {
  switch (kind) {
    case DifferenceClass::typographic:
      return "typographic";
    case DifferenceClass::spelling:
      return "spelling";
    case DifferenceClass::encoding_loss:
      return "encoding-loss";
    case DifferenceClass::wording:
      return "wording";
    case DifferenceClass::translation:
      return "translation";
  }
  return "";
}

std::size_t Comparison::findings() const {
  return static_cast<std::size_t>(std::count_if(differences.begin(), differences.end(), [](const Difference& one) {
    return one.kind != DifferenceClass::typographic;
  }));
}

std::string_view Comparison::verdict() const {
  constexpr DifferenceClass heaviest_first[] = {DifferenceClass::wording, DifferenceClass::translation,
                                                DifferenceClass::encoding_loss, DifferenceClass::spelling,
                                                DifferenceClass::typographic};
  for (const DifferenceClass kind : heaviest_first) {
    if (std::any_of(differences.begin(), differences.end(), [&](const Difference& one) { return one.kind == kind; })) {
      return difference_class_text(kind);
    }
  }
  return "identical";
}

Comparison compare(const Manifestation& a, const Manifestation& b) {
  Comparison out;
  if (!a.language.empty() && !b.language.empty() && a.language != b.language) {
    add_translations(a, b, out);
    return out;
  }
  KeyIds ids;
  const Text left = words_of(a, ids, out.truncated);
  const Text right = words_of(b, ids, out.truncated);
  Comparer comparer(left, right, out);
  std::size_t i = 0;
  std::size_t j = 0;
  for (Hunk& hunk : diff(left.keys, right.keys)) {
    settle(hunk, i, left, right);
    for (; i < hunk.a_begin; ++i, ++j) {
      comparer.add_typography(i, j);
    }
    comparer.add(hunk);
    i = hunk.a_end;
    j = hunk.b_end;
  }
  for (; i < left.words.size() && j < right.words.size(); ++i, ++j) {
    comparer.add_typography(i, j);
  }
  return out;
}

}  // namespace tocsin::speech
