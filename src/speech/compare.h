// Comparison of two manifestations word by word: what differs, where, and whether it is the wording or only the way in
// which it was set, spelled or extracted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "speech/manifestation.h"

namespace tocsin::speech {

enum class DifferenceClass : std::uint8_t {
  typographic,    // the same letters and digits: punctuation, case, hyphens, spaces
  spelling,       // one word in two spellings of one language (destabilize, destabilise)
  encoding_loss,  // letters that an extraction lost (ligatures), nothing anybody wrote
  wording,        // other words
  translation,    // the texts are in two languages; nothing is said about their meaning
};
std::string_view difference_class_text(DifferenceClass kind);

struct Difference {
  std::size_t paragraph = 0;  // in a; in b where a has nothing at that place
  std::size_t sentence = 0;   // of that paragraph, from 1
  DifferenceClass kind = DifferenceClass::wording;
  std::string a;  // the words there; empty: nothing
  std::string b;
  // Places in both: paragraph index (from 0) and bytes of its text; empty spans stand where words are missing.
  std::size_t a_paragraph = 0;
  std::size_t b_paragraph = 0;
  Span a_span;
  Span b_span;
};

struct Comparison {
  std::vector<Difference> differences;  // in reading order
  bool same_paragraphs = true;          // the same words begin and end paragraphs; false is no difference of wording
  bool truncated = false;               // limits::words_max was reached: the rest was not compared

  // Differences other than typographic ones.
  std::size_t findings() const;
  // "identical", "typographic", "spelling", "encoding-loss", "translation" or "wording": the heaviest class met.
  std::string_view verdict() const;
};

// Compares paragraphs only: header, footer and what was set aside are not part of the statement. Paragraphs are not
// paired by number: words are, so that another numbering or another break is no difference.
// Cost: linear where the texts agree, at worst limits::edits_max squared for each stretch that does not.
Comparison compare(const Manifestation& a, const Manifestation& b);

// Classes of a pair of differing words or phrases, over their canonical text.
DifferenceClass classify(std::string_view a, std::string_view b);
// Are the two one word in British and American spelling?
bool same_but_for_spelling(std::string_view a, std::string_view b);
// Could b be a with ligatures (ff, fi, fl, ffi, ffl) lost or replaced by rubbish, or the other way round?
bool is_extraction_loss(std::string_view a, std::string_view b);

// One stretch of an alignment of two sequences of keys: [a_begin, a_end) was replaced by [b_begin, b_end).
struct Hunk {
  std::size_t a_begin = 0;
  std::size_t a_end = 0;
  std::size_t b_begin = 0;
  std::size_t b_end = 0;
};
// The differing stretches of two sequences, in order. Words that are unique in both anchor the alignment; between them
// the shortest edit script is taken (Myers, "An O(ND) difference algorithm", 1986) up to limits::edits_max edits.
std::vector<Hunk> diff(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b);

}  // namespace tocsin::speech
