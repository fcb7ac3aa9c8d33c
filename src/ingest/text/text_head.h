// TextHead: the first bytes of an input as lines of text, for recognisers; says whether they are text at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/format.h"

namespace tocsin::ingest {

// Byte order marks are taken off and UTF-16 is converted, as LineFramer does. A last line that may be cut by the end of
// the head is left out unless it is the only one. At most lines_max lines are kept.
class TextHead {
 public:
  static constexpr std::size_t lines_max = 64;
  explicit TextHead(const Head& head);
  TextHead(const TextHead&) = delete;
  TextHead& operator=(const TextHead&) = delete;

  // False for binary data: more than one NUL in a thousand bytes that do not stand in a few runs, or one control
  // character in a hundred. Not none at all, because web logs hold what attackers sent.
  bool is_text() const { return is_text_; }
  std::string_view text() const { return text_; }
  // Without their endings.
  const std::vector<std::string_view>& lines() const { return lines_; }

 private:
  std::string converted_;
  std::string_view text_;
  std::vector<std::string_view> lines_;
  bool is_text_ = false;
};

// Of the head's lines that are neither blank (or NULs) nor begin with '#', the share for which `is_one(line)` holds:
// certain for all of them, likely for at least three of four, none otherwise. `certain` is what "all" is worth.
template <class Test>
Confidence judge_lines(const TextHead& head, Confidence certain, Test is_one) {
  std::size_t lines = 0;
  std::size_t good = 0;
  for (const std::string_view line : head.lines()) {
    if (line.find_first_not_of(std::string_view(" \t\0", 3)) == std::string_view::npos || line.front() == '#') {
      continue;
    }
    ++lines;
    good += is_one(line) ? 1 : 0;
    // The first two decide against a format early; this keeps a dozen recognisers cheap.
    if (lines == 2 && good == 0) {
      return Confidence::none;
    }
  }
  if (lines == 0 || good * 4 < lines * 3) {
    return Confidence::none;
  }
  return good == lines ? certain : (certain < Confidence::likely ? certain : Confidence::likely);
}

}  // namespace tocsin::ingest
