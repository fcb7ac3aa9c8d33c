#include "verdict/condition.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace tocsin::verdict {

std::unexpected<Error> playbook_error(const wire::YamlMark& mark, std::string message, std::string hint) {
  return failure(ErrorCode::playbook_invalid, std::move(message), {.line = mark.line, .column = mark.column},
                 std::move(hint));
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  const auto same = [](char wanted, char have) { return wanted == '?' || wanted == ascii_lower(have); };
  // Most globs are "*\\name.exe": what stands behind the last star decides first.
  const std::size_t last_star = pattern.rfind('*');
  const std::string_view tail = last_star == pattern.npos ? pattern : pattern.substr(last_star + 1);
  if (text.size() < tail.size() || (last_star == pattern.npos && text.size() != tail.size()) ||
      !std::equal(tail.begin(), tail.end(), text.end() - static_cast<std::ptrdiff_t>(tail.size()), same)) {
    return false;
  }
  if (last_star == pattern.npos) {
    return true;
  }
  text.remove_suffix(tail.size());
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (p != last_star) {
    if (pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (t < text.size() && same(pattern[p], text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && resume < text.size()) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return true;
}

namespace {

// What a text has to hold for the glob to match it; may be empty.
std::string longest_literal(std::string_view glob) {
  std::string_view best;
  while (!glob.empty()) {
    const std::size_t end = std::min(glob.find_first_of("*?"), glob.size());
    best = end > best.size() ? glob.substr(0, end) : best;
    glob.remove_prefix(std::min(end + 1, glob.size()));
  }
  return std::string(best);
}

}  // namespace

Result<std::vector<std::string>> texts_of(const wire::Yaml& yaml, const Condition::Lists& lists) {
  std::vector<std::string> texts;
  const auto take = [&](const wire::Yaml& scalar) -> Result<void> {
    if (!scalar.is_scalar()) {
      return playbook_error(scalar.mark, "a text is expected here");
    }
    if (scalar.text.starts_with('@')) {
      const auto list = lists.find(std::string_view(scalar.text).substr(1));
      if (list == lists.end()) {
        return playbook_error(scalar.mark, "there is no list named " + scalar.text.substr(1), "add it under lists:");
      }
      texts.insert(texts.end(), list->second.begin(), list->second.end());
    } else {
      texts.push_back(scalar.text);
    }
    return {};
  };
  if (yaml.kind == wire::Yaml::Kind::list) {
    for (const wire::Yaml& item : yaml.items) {
      TRY_VOID(take(item));
    }
  } else {
    TRY_VOID(take(yaml));
  }
  return texts;
}

Result<Condition> Condition::compile(const wire::Yaml& yaml, SlotNames& slots, const Lists& lists) {
  Condition condition;
  if (yaml.kind == wire::Yaml::Kind::null) {
    return condition;
  }
  TRY([[maybe_unused]] const std::uint32_t root,
      condition.add(yaml, slots, lists, yaml.kind == wire::Yaml::Kind::list ? Kind::any : Kind::all));
  return condition;
}

Result<std::uint32_t> Condition::add(const wire::Yaml& yaml, SlotNames& slots, const Lists& lists, Kind kind) {
  const auto number = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back().kind = kind;
  if (yaml.kind == wire::Yaml::Kind::list) {
    for (const wire::Yaml& item : yaml.items) {
      TRY(const std::uint32_t child, add(item, slots, lists, Kind::all));
      nodes_[number].children.push_back(child);
    }
    return number;
  }
  if (yaml.kind != wire::Yaml::Kind::map) {
    return playbook_error(yaml.mark, "a condition is a map of fields, or a list of such maps");
  }
  for (const wire::Yaml::Member& member : yaml.members) {
    if (member.key == "any" || member.key == "all" || member.key == "not") {
      // not: of a list holds when none of its parts does.
      TRY(const std::uint32_t child, add(member.value, slots, lists, member.key == "any" ? Kind::any : Kind::all));
      std::uint32_t top = child;
      if (member.key == "not") {
        if (member.value.kind == wire::Yaml::Kind::list) {
          nodes_[child].kind = Kind::any;
        }
        top = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back().kind = Kind::none;
        nodes_[top].children.push_back(child);
      }
      nodes_[number].children.push_back(top);
    } else {
      TRY(const std::uint32_t child, add_field(member, slots, lists));
      nodes_[number].children.push_back(child);
    }
  }
  return number;
}

Result<std::uint32_t> Condition::add_field(const wire::Yaml::Member& member, SlotNames& slots, const Lists& lists) {
  const SlotId slot = slots.slot(member.key);
  if (member.value.kind != wire::Yaml::Kind::map) {
    return add_test(slot, Operator::is, member.value, lists);
  }
  static constexpr std::pair<std::string_view, Operator> operators[] = {
      {"is", Operator::is},         {"contains", Operator::contains}, {"contains-all", Operator::contains_all},
      {"starts", Operator::starts}, {"ends", Operator::ends},         {"glob", Operator::glob},
      {"min", Operator::min},       {"max", Operator::max},           {"present", Operator::present}};
  const auto number = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back().kind = Kind::all;
  for (const wire::Yaml::Member& each : member.value.members) {
    const auto found = std::find_if(std::begin(operators), std::end(operators),
                                    [&](const auto& entry) { return entry.first == each.key; });
    if (found == std::end(operators)) {
      return playbook_error(each.mark, "unknown operator " + each.key,
                            "is, contains, contains-all, starts, ends, glob, min, max, present");
    }
    TRY(const std::uint32_t child, add_test(slot, found->second, each.value, lists));
    nodes_[number].children.push_back(child);
  }
  return number;
}

Result<std::uint32_t> Condition::add_test(SlotId slot, Operator op, const wire::Yaml& value, const Lists& lists) {
  Node node;
  node.kind = Kind::test;
  node.op = op;
  node.slot = slot;
  if (op == Operator::present) {
    if (value.kind != wire::Yaml::Kind::boolean) {
      return playbook_error(value.mark, "present: takes true or false");
    }
    node.wanted = ascii_iequals(value.text, "true");
  } else {
    TRY(node.texts, texts_of(value, lists));
    for (std::string& text : node.texts) {
      text = ascii_lower(std::string_view(text));
      if (op == Operator::contains || op == Operator::contains_all) {
        node.needles.emplace_back(text);
      } else if (op == Operator::glob) {
        node.needles.emplace_back(longest_literal(text));
      }
      if (op == Operator::min || op == Operator::max) {
        const std::optional<double> number = parse_double(text);
        if (!number) {
          return playbook_error(value.mark, "min: and max: take numbers");
        }
        node.numbers.push_back(*number);
      }
    }
    if (node.texts.empty()) {
      return playbook_error(value.mark, "a test needs at least one text");
    }
  }
  nodes_.push_back(std::move(node));
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void Condition::reads(std::vector<bool>& slots) const {
  for (const Node& node : nodes_) {
    if (node.kind == Kind::test) {
      slots[node.slot] = true;
    }
  }
}

bool Condition::passes(const Node& node, std::string_view value) {
  const auto any = [&](auto test) { return std::any_of(node.texts.begin(), node.texts.end(), test); };
  switch (node.op) {
    case Operator::is:
      return any([&](const std::string& text) { return ascii_iequals(value, text); });
    case Operator::contains:
    case Operator::contains_all:
    case Operator::glob:
      return false;  // asked of the folded value
    case Operator::starts:
      return any([&](const std::string& text) { return ascii_istarts_with(value, text); });
    case Operator::ends:
      return any([&](const std::string& text) { return ascii_iends_with(value, text); });
    case Operator::min: {
      const std::optional<double> number = parse_double(value);
      return number && *number >= node.numbers.front();
    }
    case Operator::max: {
      const std::optional<double> number = parse_double(value);
      return number && *number <= node.numbers.front();
    }
    case Operator::present:
      return true;
  }
  return false;
}

bool Condition::holds(const Slots& slots, std::uint32_t number) const {
  const Node& node = nodes_[number];
  const auto child_holds = [&](std::uint32_t child) { return holds(slots, child); };
  switch (node.kind) {
    case Kind::all:
      return std::all_of(node.children.begin(), node.children.end(), child_holds);
    case Kind::any:
      return std::any_of(node.children.begin(), node.children.end(), child_holds);
    case Kind::none:
      return std::none_of(node.children.begin(), node.children.end(), child_holds);
    case Kind::test:
      if (node.op == Operator::present) {
        return slots.present(node.slot) == node.wanted;
      }
      if (node.op == Operator::contains && node.slot == SlotNames::raw) {
        // A record's text is asked once: bringing all of it into lower case costs more than looking.
        return slots.any(node.slot, [&](std::string_view value) {
          return std::any_of(node.needles.begin(), node.needles.end(),
                             [&](const Needle& each) { return each.in_unfolded(value); });
        });
      }
      if (node.op == Operator::contains) {
        return slots.any_folded(node.slot, [&](const FoldedText& value) {
          return std::any_of(node.needles.begin(), node.needles.end(),
                             [&](const Needle& each) { return each.in(value); });
        });
      }
      if (node.op == Operator::contains_all) {
        return slots.any_folded(node.slot, [&](const FoldedText& value) {
          return std::all_of(node.needles.begin(), node.needles.end(),
                             [&](const Needle& each) { return each.in(value); });
        });
      }
      if (node.op == Operator::glob) {
        return slots.any_folded(node.slot, [&](const FoldedText& value) {
          for (std::size_t at = 0; at < node.texts.size(); ++at) {
            if (node.needles[at].in(value) && glob_matches(node.texts[at], value.text)) {
              return true;
            }
          }
          return false;
        });
      }
      return slots.any(node.slot, [&](std::string_view value) { return passes(node, value); });
  }
  return false;
}

}  // namespace tocsin::verdict
