#include "rules/rule.h"

#include "base/text.h"

namespace tocsin::rules {

std::string Pattern::text() const {
  std::string out;
  for (const Piece& piece : pieces) {
    switch (piece.element) {
      case Element::literal:
        out += piece.text;
        break;
      case Element::any_run:
        out += '*';
        break;
      case Element::any_one:
        out += '?';
        break;
      case Element::dash:
        out += '-';
        break;
    }
  }
  return out;
}

std::string_view level_text(Level level) {
  switch (level) {
    case Level::none:
      return "";
    case Level::informational:
      return "informational";
    case Level::low:
      return "low";
    case Level::medium:
      return "medium";
    case Level::high:
      return "high";
    case Level::critical:
      return "critical";
  }
  return "";
}

std::optional<Level> parse_level(std::string_view text) {
  for (const Level level : {Level::informational, Level::low, Level::medium, Level::high, Level::critical}) {
    if (ascii_iequals(text, level_text(level))) {
      return level;
    }
  }
  return std::nullopt;
}

}  // namespace tocsin::rules
