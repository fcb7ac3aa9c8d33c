#include "detect/glob.h"

#include <optional>
#include <span>

#include "base/text.h"

namespace tocsin::detect {
namespace {

using rules::Pattern;
using Element = Pattern::Element;

// The pieces between two any_runs. Each stands for a fixed number of characters, so that the earliest match of a
// segment also ends earliest, and a greedy walk from left to right is complete.
using Segment = std::span<const Pattern::Piece>;

// Where the segment ends when it starts at `at`.
std::optional<std::size_t> match_here(Segment segment, std::string_view text, std::size_t at) {
  for (const Pattern::Piece& piece : segment) {
    switch (piece.element) {
      case Element::literal:
        if (!text.substr(at).starts_with(piece.text)) {
          return std::nullopt;
        }
        at += piece.text.size();
        break;
      case Element::any_one:
        if (at >= text.size()) {
          return std::nullopt;
        }
        next_code_point(text, at);
        break;
      case Element::dash: {
        const std::size_t length = dash_length(text.substr(at));
        if (length == 0) {
          return std::nullopt;
        }
        at += length;
        break;
      }
      case Element::any_run:
        return std::nullopt;  // never inside a segment
    }
  }
  return at;
}

bool inside_character(std::string_view text, std::size_t at) {
  return at != 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

// The end of the earliest match at or after `from`.
std::optional<std::size_t> find_segment(Segment segment, std::string_view text, std::size_t from) {
  const bool literal_first = segment.front().element == Element::literal;
  for (std::size_t at = from; at <= text.size(); ++at) {
    if (literal_first) {
      at = text.find(segment.front().text, at);
      if (at == std::string_view::npos) {
        return std::nullopt;
      }
    } else if (inside_character(text, at)) {
      continue;
    }
    if (const auto end = match_here(segment, text, at)) {
      return end;
    }
  }
  return std::nullopt;
}

// Does the segment match so that it ends with the text and starts at or after `from`?
bool match_at_end(Segment segment, std::string_view text, std::size_t from) {
  std::size_t shortest = 0;
  std::size_t longest = 0;
  for (const Pattern::Piece& piece : segment) {
    const bool literal = piece.element == Element::literal;
    shortest += literal ? piece.text.size() : 1;
    longest += literal ? piece.text.size() : 4;
  }
  if (segment.back().element == Element::literal && !text.ends_with(segment.back().text)) {
    return false;
  }
  if (shortest > text.size()) {
    return false;
  }
  std::size_t at = longest > text.size() ? 0 : text.size() - longest;
  for (at = at < from ? from : at; at <= text.size() - shortest; ++at) {
    if (!inside_character(text, at) || segment.front().element == Element::literal) {
      if (match_here(segment, text, at) == text.size()) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

std::size_t dash_length(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('/')) {
    return 1;
  }
  // U+2013, U+2014, U+2015
  if (text.starts_with("\xE2\x80") && text.size() >= 3 && text[2] >= '\x93' && text[2] <= '\x95') {
    return 3;
  }
  return 0;
}

bool glob_matches(const Pattern& pattern, std::string_view text) {
  const std::span<const Pattern::Piece> pieces = pattern.pieces;
  std::size_t at = 0;
  bool open = false;  // an any_run stands before the segment
  for (std::size_t begin = 0; begin <= pieces.size();) {
    std::size_t end = begin;
    while (end < pieces.size() && pieces[end].element != Element::any_run) {
      ++end;
    }
    const Segment segment = pieces.subspan(begin, end - begin);
    const bool last = end == pieces.size();
    if (segment.empty()) {
      if (last) {
        return open || at == text.size();
      }
    } else if (last && open) {
      return match_at_end(segment, text, at);
    } else {
      const auto after = open ? find_segment(segment, text, at) : match_here(segment, text, at);
      if (!after) {
        return false;
      }
      at = *after;
      if (last) {
        return at == text.size();
      }
    }
    open = true;
    begin = end + 1;
  }
  return open || at == text.size();
}

}  // namespace tocsin::detect
