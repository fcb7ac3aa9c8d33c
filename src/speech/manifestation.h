// Manifestation: one publication of a statement as it was found: its canonical paragraphs with their hashes, what the
// text says of itself, and what stood around it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "speech/lines.h"

namespace tocsin::speech {

// A stretch of a paragraph's text in bytes.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Paragraph {
  std::size_t number = 0;  // as printed, or by order where nothing is printed
  std::string text;        // canonical, without the number
  std::string l1;
  std::string l2;
  std::vector<Span> sentences;
};

struct Manifestation {
  std::string file;
  std::string media;
  std::string raw_sha256;
  std::string language;   // "en", "fr", "de", "es", "it", or empty where it is not known
  bool numbered = false;  // false: the numbers are assigned, not printed
  std::vector<Paragraph> paragraphs;
  std::string text_l1;                  // over the paragraphs joined by LF
  std::vector<std::size_t> incomplete;  // paragraphs that end in the middle of a sentence

  // What the text says of itself; empty where it says nothing.
  std::string title;
  std::string issuer;
  std::string reference;       // "Press Release (2021) 120"
  std::string issued_in_text;  // as worded
  std::string issued;          // YYYY-MM-DD
  std::string last_updated;    // as worded
  std::string utc_offset;      // of last_updated, where the text gives one

  std::vector<std::string> header;  // lines before the first paragraph that no rule explains
  std::vector<std::string> footer;  // lines after the last one
  std::vector<Dropped> dropped;
  std::size_t dropped_total = 0;

  const Paragraph* paragraph(std::size_t number) const;
};

// Reads a file (consultation.md §8.1). Errors as read_lines; also unknown_format where no paragraph is found.
Result<Manifestation> read_manifestation(std::string_view bytes, std::string file);

// The same over text already at hand, paragraph by paragraph: for tests and for drafts that are paragraphs already.
Manifestation manifestation_of(const std::vector<std::string>& paragraphs, std::string file);

// Issuer and date of a work as one short name: the issuer's initials and the date ("nac-2021-07-19"); empty where
// either is not known.
std::string work_id(const Manifestation& manifestation);

// Sentences of a canonical paragraph. Abbreviations, initials and dates end none.
std::vector<Span> split_sentences(std::string_view text);

// The language by its commonest words; empty for short texts and for others than the five.
std::string guess_language(std::string_view text);

// Title, issuer, dates and reference from the lines before the first paragraph (and dates after the last).
void read_header(const std::vector<Line>& header, const std::vector<Line>& footer, Manifestation& out);

// The rule by which a line is no part of a statement (boilerplate.def), or an empty view.
std::string_view boilerplate_reason(std::string_view line);

}  // namespace tocsin::speech
