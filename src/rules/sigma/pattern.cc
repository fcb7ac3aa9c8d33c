#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {

using Element = Pattern::Element;

void append(Pattern& pattern, Element element, std::string_view text) {
  if (element == Element::literal) {
    if (text.empty()) {
      return;
    }
    if (!pattern.pieces.empty() && pattern.pieces.back().element == Element::literal) {
      pattern.pieces.back().text += text;
      return;
    }
  }
  if (element == Element::any_run && !pattern.pieces.empty() && pattern.pieces.back().element == Element::any_run) {
    return;
  }
  pattern.pieces.push_back({element, std::string(text)});
}

void append(Pattern& pattern, const Pattern& more) {
  for (const Pattern::Piece& piece : more.pieces) {
    append(pattern, piece.element, piece.text);
  }
}

void open_front(Pattern& pattern) {
  if (pattern.pieces.empty() || pattern.pieces.front().element != Element::any_run) {
    pattern.pieces.insert(pattern.pieces.begin(), {Element::any_run, {}});
  }
}

void open_back(Pattern& pattern) { append(pattern, Element::any_run); }

Pattern parse_pattern(std::string_view written) {
  Pattern out;
  std::string literal;
  const auto flush = [&] {
    append(out, Element::literal, literal);
    literal.clear();
  };
  for (std::size_t at = 0; at < written.size(); ++at) {
    const char c = written[at];
    if (c == '\\' && at + 1 < written.size() &&
        (written[at + 1] == '*' || written[at + 1] == '?' || written[at + 1] == '\\')) {
      literal += written[++at];
    } else if (c == '*') {
      flush();
      append(out, Element::any_run);
    } else if (c == '?') {
      flush();
      append(out, Element::any_one);
    } else {
      literal += c;
    }
  }
  flush();
  return out;
}

Pattern literal_pattern(std::string_view text) {
  Pattern out;
  append(out, Element::literal, text);
  return out;
}

bool has_wildcard(const Pattern& pattern) {
  for (const Pattern::Piece& piece : pattern.pieces) {
    if (piece.element == Element::any_run || piece.element == Element::any_one) {
      return true;
    }
  }
  return false;
}

std::string literal_text(const Pattern& pattern) {
  std::string out;
  for (const Pattern::Piece& piece : pattern.pieces) {
    out += piece.text;
  }
  return out;
}

std::vector<Pattern> spell_dashes(const Pattern& pattern, std::size_t most) {
  std::vector<Pattern> out(1);
  for (const Pattern::Piece& piece : pattern.pieces) {
    if (piece.element != Element::dash) {
      for (Pattern& one : out) {
        append(one, piece.element, piece.text);
      }
      continue;
    }
    if (out.size() * std::size(dashes) > most) {
      return {};
    }
    std::vector<Pattern> next;
    next.reserve(out.size() * std::size(dashes));
    for (const Pattern& one : out) {
      for (const std::string_view dash : dashes) {
        next.push_back(one);
        append(next.back(), Element::literal, dash);
      }
    }
    out = std::move(next);
  }
  return out;
}

}  // namespace tocsin::rules::sigma
