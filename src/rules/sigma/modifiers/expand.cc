// |expand: %name% in a value stands for each entry of a list that the user gives; "\%" is a plain percent sign
// (sigma-rules-specification.md "Placeholders").
#include "base/limits.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

// Text between placeholders, or the name of one.
struct Part {
  Pattern::Element element = Pattern::Element::literal;
  std::string text = {};
  bool placeholder = false;
};

void split(std::string_view text, std::vector<Part>& parts) {
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) {
      parts.push_back({.text = std::move(literal)});
      literal.clear();
    }
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '%') {
      literal += text[++at];
      continue;
    }
    if (text[at] == '%') {
      const std::size_t end = text.find('%', at + 1);
      if (end != std::string_view::npos && end > at + 1 &&
          text.substr(at, end - at).find('\\') == std::string_view::npos) {
        flush();
        parts.push_back({.text = std::string(text.substr(at + 1, end - at - 1)), .placeholder = true});
        at = end;
        continue;
      }
    }
    literal += text[at];
  }
  flush();
}

std::optional<Problem> too_many() {
  return Problem{ErrorCode::limit,
                 "the placeholder lists give more than " + std::to_string(limits::rule_values_max) + " values",
                 "shorten the lists"};
}

// All combinations of the lists; `add` appends one entry to what is being built.
template <class Built, class Add>
bool combine(const std::vector<Part>& parts, const Item& item, std::vector<Built>& out, const Add& add) {
  out.assign(1, {});
  for (const Part& part : parts) {
    if (!part.placeholder) {
      for (Built& one : out) {
        add(one, part, part.text);
      }
      continue;
    }
    const auto& list = item.placeholders->find(part.text)->second;
    if (out.size() * list.size() > limits::rule_values_max) {
      return false;
    }
    std::vector<Built> next;
    next.reserve(out.size() * list.size());
    for (const Built& one : out) {
      for (const std::string& entry : list) {
        next.push_back(one);
        add(next.back(), part, entry);
      }
    }
    out = std::move(next);
  }
  return true;
}

std::optional<Problem> expand(Value&& value, Item& item, std::vector<Value>& out) {
  std::vector<Part> parts;
  if (value.kind == ValueKind::regex) {
    split(value.leaf.regex, parts);
  } else {
    for (const Pattern::Piece& piece : value.leaf.pattern.pieces) {
      if (piece.element == Pattern::Element::literal) {
        split(piece.text, parts);
      } else {
        parts.push_back({.element = piece.element});
      }
    }
  }
  bool missing = false;
  for (const Part& part : parts) {
    if (part.placeholder) {
      const bool given = item.placeholders != nullptr && item.placeholders->contains(part.text);
      if (!given) {
        item.missing.push_back(part.text);
        missing = true;
      }
    }
  }
  if (missing) {
    value.waiting = true;
    out.push_back(std::move(value));
    return std::nullopt;
  }
  if (value.kind == ValueKind::regex) {
    std::vector<std::string> built;
    if (!combine(parts, item, built, [](std::string& one, const Part&, std::string_view text) { one += text; })) {
      return too_many();
    }
    for (std::string& regex : built) {
      Value next = value;
      next.leaf.regex = std::move(regex);
      out.push_back(std::move(next));
    }
    return std::nullopt;
  }
  std::vector<Pattern> built;
  const auto add = [](Pattern& one, const Part& part, std::string_view text) {
    if (part.placeholder) {
      append(one, parse_pattern(text));
    } else {
      append(one, part.element, text);
    }
  };
  if (!combine(parts, item, built, add)) {
    return too_many();
  }
  for (Pattern& pattern : built) {
    Value next = value;
    next.leaf.pattern = std::move(pattern);
    out.push_back(std::move(next));
  }
  return std::nullopt;
}

}  // namespace

extern const Modifier modifier_expand;
const Modifier modifier_expand{.name = "expand",
                               .doc = "%name% stands for the entries of a list from outside",
                               .section = "Specific Modifiers",
                               .takes = ValueKind::text | ValueKind::regex,
                               .instead = "write the value in quotes, with a placeholder as '%name%'",
                               .apply = expand};

}  // namespace tocsin::rules::sigma
