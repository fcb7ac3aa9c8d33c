#include "rules/sigma/detection.h"

#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "base/text.h"
#include "rules/sigma/condition.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

using wire::Yaml;
using wire::YamlMark;

// A named search, compiled by itself: `Node::leaf` counts its own leaves.
struct Search {
  std::string_view name;
  YamlMark mark;
  std::vector<Leaf> leaves;
  std::vector<Node> nodes;
  bool used = false;
  bool placed = false;           // its leaves are in the rule
  std::uint32_t first_leaf = 0;  // where
};

std::string decimal(std::string_view text) {
  std::string out;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    if (text[0] == '-') {
      out = "-";
    }
    text.remove_prefix(1);
  }
  if (text.starts_with("0x")) {
    const auto value = parse_uint64(text, true);
    return value ? out + std::to_string(*value) : out;
  }
  while (text.size() > 1 && text[0] == '0' && ascii_digit(text[1])) {
    text.remove_prefix(1);
  }
  return (out == "-" && text == "0" ? std::string() : out) + std::string(text);
}

class SearchReader {
 public:
  SearchReader(const Placeholders& placeholders, Problems& problems, std::vector<std::string>& missing)
      : placeholders_(placeholders), problems_(problems), missing_(missing) {}

  Search read(std::string_view name, YamlMark mark, const Yaml& definition) {
    search_ = {};
    search_.name = name;
    search_.mark = mark;
    define(definition, std::string(name));
    return std::move(search_);
  }

 private:
  std::uint32_t put(Node::Kind kind, std::vector<std::uint32_t> children, std::string label) {
    search_.nodes.push_back({.kind = kind, .children = std::move(children), .label = std::move(label)});
    return static_cast<std::uint32_t>(search_.nodes.size() - 1);
  }

  // Recursion is bounded by limits::nesting_max of the YAML tree.
  std::uint32_t define(const Yaml& definition, std::string label) {
    if (definition.kind == Yaml::Kind::map) {
      std::vector<std::uint32_t> items;
      for (const Yaml::Member& member : definition.members) {
        items.push_back(read_item(member.key, member.mark, member.value, member.key));
      }
      if (items.empty()) {
        problems_.error(definition.mark, quoted(label) + " has no fields", "add a field, or remove it");
      }
      return put(Node::Kind::all_of, std::move(items), std::move(label));
    }
    const bool values = definition.is_scalar() || std::all_of(definition.items.begin(), definition.items.end(),
                                                              [](const Yaml& item) { return item.is_scalar(); });
    if (values) {
      return read_item("", definition.mark, definition, label);
    }
    std::vector<std::uint32_t> alternatives;
    for (std::size_t i = 0; i < definition.items.size(); ++i) {
      alternatives.push_back(define(definition.items[i], label + "[" + std::to_string(i + 1) + "]"));
    }
    return put(Node::Kind::any_of, std::move(alternatives), std::move(label));
  }

  std::uint32_t read_item(std::string_view key, YamlMark mark, const Yaml& values, std::string_view label) {
    Item item;
    item.placeholders = &placeholders_;
    std::vector<const Modifier*> chain;
    const std::size_t bar = key.find('|');
    item.field = key.substr(0, bar);
    if (!read_chain(key, bar, mark, chain) || !read_values(values, mark, item)) {
      return put(Node::Kind::never, {}, std::string(label));
    }
    if (item.field.size() > limits::field_name_bytes_max) {
      problems_.error(ErrorCode::limit, mark, "the field name is too long");
      item.field.resize(limits::field_name_bytes_max);
    }
    const std::vector<YamlMark> marks = marks_of(item);
    std::size_t at = 0;
    if (auto problem = apply(chain, item, at)) {
      const YamlMark where = at < marks.size() ? marks[at] : mark;
      problems_.error(problem->code, where, std::move(problem->message), std::move(problem->hint));
      return put(Node::Kind::never, {}, std::string(label));
    }
    if (item.all && marks.size() == 1) {
      problems_.warning(mark, "|all on a single value says nothing", "remove |all, or add values");
    }
    std::move(item.missing.begin(), item.missing.end(), std::back_inserter(missing_));
    return build(item, mark, std::string(label));
  }

  static std::vector<YamlMark> marks_of(const Item& item) {
    std::vector<YamlMark> marks;
    marks.reserve(item.values.size());
    for (const Value& value : item.values) {
      marks.push_back({value.leaf.line, value.leaf.column});
    }
    return marks;
  }

  // `bar`: the first | of the key.
  bool read_chain(std::string_view key, std::size_t bar, YamlMark mark, std::vector<const Modifier*>& chain) {
    while (bar != std::string_view::npos) {
      const std::size_t begin = bar + 1;
      bar = key.find('|', begin);
      const std::string_view name = key.substr(begin, bar == std::string_view::npos ? bar : bar - begin);
      const Modifier* modifier = find_modifier(name);
      if (modifier == nullptr) {
        const YamlMark at{mark.line, mark.column + static_cast<std::uint32_t>(begin)};
        if (name.empty()) {
          problems_.error(at, "a modifier is missing behind '|'", "remove the '|'");
          return false;
        }
        std::vector<std::string_view> known;
        for (const Modifier* each : modifiers()) {
          known.push_back(each->name);
        }
        const std::string_view near = nearest(name, known);
        problems_.error(at, "the modifier " + quoted(name) + " is not known",
                        near.empty() ? "see the modifiers appendix of the Sigma specification"
                                     : "did you mean '" + std::string(near) + "'?");
        return false;
      }
      chain.push_back(modifier);
      if (chain.size() > limits::rule_modifiers_max) {
        problems_.error(ErrorCode::limit, mark, "too many modifiers on one field");
        return false;
      }
    }
    return true;
  }

  bool read_values(const Yaml& values, YamlMark mark, Item& item) {
    if (values.kind == Yaml::Kind::map) {
      problems_.error(values.mark, quoted(item.field) + " has a map where values are expected",
                      "write nested fields as one name with points: 'a.b'");
      return false;
    }
    if (values.is_scalar()) {
      return add_value(values, mark, 0, true, item);
    }
    if (values.items.empty()) {
      problems_.error(values.mark, "the list of values is empty", "use null for a field that is absent");
      return false;
    }
    if (values.items.size() > limits::rule_values_max) {
      problems_.error(ErrorCode::limit, values.mark,
                      "the list has more than " + std::to_string(limits::rule_values_max) + " values", "split it");
      return false;
    }
    item.values.reserve(values.items.size());
    for (std::size_t i = 0; i < values.items.size(); ++i) {
      if (!add_value(values.items[i], mark, static_cast<std::uint32_t>(i), values.items.size() == 1, item)) {
        return false;
      }
    }
    return true;
  }

  bool add_value(const Yaml& scalar, YamlMark, std::uint32_t group, bool alone, Item& item) {
    if (!scalar.is_scalar()) {
      problems_.error(scalar.mark, "a list of values has a list or map in it", "write the values one below the other");
      return false;
    }
    Value value;
    value.group = group;
    value.leaf.field = item.field;
    value.leaf.line = scalar.mark.line;
    value.leaf.column = scalar.mark.column;
    value.leaf.written = scalar.text;
    switch (scalar.kind) {
      case Yaml::Kind::null:
        if (item.field.empty()) {
          problems_.error(scalar.mark, "null needs a field", "quote 'null' to search for the word");
          return false;
        }
        if (!alone) {
          problems_.error(scalar.mark, "null stands in a list with other values",
                          "put it into a map of its own: a list of maps is an OR");
          return false;
        }
        value.kind = ValueKind::null;
        value.leaf.op = Operator::is_null;
        break;
      case Yaml::Kind::boolean:
        value.kind = ValueKind::boolean;
        value.leaf.op = Operator::equals_boolean;
        value.leaf.boolean = ascii_lower(scalar.text[0]) == 't';
        break;
      case Yaml::Kind::integer:
      case Yaml::Kind::real:
        value.kind = ValueKind::number;
        value.leaf.op = Operator::equals_number;
        value.leaf.number = decimal(scalar.text);
        break;
      case Yaml::Kind::text:
      case Yaml::Kind::list:
      case Yaml::Kind::map:
        value.kind = ValueKind::text;
        value.leaf.op = Operator::matches;
        value.leaf.pattern = parse_pattern(scalar.text);
        break;
    }
    item.values.push_back(std::move(value));
    return true;
  }

  // A keyword is searched anywhere in the event, and what is written is what is searched.
  static void open_keyword(Value& value, const Item& item) {
    Leaf& leaf = value.leaf;
    if ((value.kind == ValueKind::number && leaf.op == Operator::equals_number && leaf.part == TimePart::none) ||
        value.kind == ValueKind::boolean) {
      leaf.op = Operator::matches;
      leaf.pattern = literal_pattern(leaf.written);
      leaf.number.clear();
    }
    if (leaf.op == Operator::matches && !item.placed) {
      open_front(leaf.pattern);
      open_back(leaf.pattern);
    }
  }

  bool sound(const Value& value, YamlMark mark) {
    const auto& pieces = value.leaf.pattern.pieces;
    if (valid_utf8(value.leaf.other_field) &&
        std::all_of(pieces.begin(), pieces.end(), [](const auto& piece) { return valid_utf8(piece.text); })) {
      return true;
    }
    problems_.error(mark, "the UTF-16 bytes of text beyond ASCII cannot stand in a log as they are",
                    "put |base64 or |base64offset behind the encoding");
    return false;
  }

  std::uint32_t build(Item& item, YamlMark mark, std::string label) {
    std::vector<std::uint32_t> groups;
    std::vector<std::uint32_t> members;
    const auto close_group = [&] {
      if (members.size() == 1) {
        groups.push_back(members[0]);
      } else if (!members.empty()) {
        groups.push_back(put(Node::Kind::any_of, members, {}));
      }
      members.clear();
    };
    std::uint32_t group = 0;
    for (Value& value : item.values) {
      if (value.group != group) {
        close_group();
        group = value.group;
      }
      if (value.waiting) {
        members.push_back(put(Node::Kind::never, {}, value.leaf.written));
        continue;
      }
      if (item.field.empty()) {
        if (value.leaf.op == Operator::is_null || value.leaf.op == Operator::cidr ||
            value.kind == ValueKind::comparison || value.leaf.part != TimePart::none) {
          problems_.error(mark, "this modifier needs a field", "write it as 'FieldName|modifier'");
          break;
        }
        open_keyword(value, item);
      }
      if (!sound(value, {value.leaf.line, value.leaf.column})) {
        break;
      }
      search_.leaves.push_back(std::move(value.leaf));
      search_.nodes.push_back({.kind = Node::Kind::leaf,
                               .leaf = static_cast<std::uint32_t>(search_.leaves.size() - 1),
                               .children = {},
                               .label = {}});
      members.push_back(static_cast<std::uint32_t>(search_.nodes.size() - 1));
    }
    close_group();
    if (groups.empty()) {
      groups.push_back(put(Node::Kind::never, {}, {}));
    }
    if (item.negated) {
      if (item.all && groups.size() > 1) {
        groups = {put(Node::Kind::all_of, std::move(groups), {})};
      }
      return put(Node::Kind::none_of, std::move(groups), std::move(label));
    }
    if (groups.size() == 1) {
      search_.nodes[groups[0]].label = std::move(label);
      return groups[0];
    }
    return put(item.all ? Node::Kind::all_of : Node::Kind::any_of, std::move(groups), std::move(label));
  }

  const Placeholders& placeholders_;
  Problems& problems_;
  std::vector<std::string>& missing_;
  Search search_;
};

// Puts searches into the rule's tree as the condition names them.
class Searches final : public ConditionNames {
 public:
  Searches(std::vector<Search>& searches, Detection& out) : searches_(searches), out_(out) {}

  ConditionResult<std::uint32_t> name(std::string_view text, std::size_t at) override {
    for (Search& search : searches_) {
      if (search.name == text) {
        return place(search, at);
      }
    }
    std::vector<std::string_view> known;
    std::string list;
    for (const Search& search : searches_) {
      known.push_back(search.name);
      if (list.size() < 200) {
        list += (list.empty() ? "" : ", ") + std::string(search.name);
      }
    }
    const std::string_view near = nearest(text, known);
    return std::unexpected(
        ConditionProblem{ErrorCode::rule_invalid, "the detection has no " + quoted(text),
                         near.empty() ? "it has: " + list : "did you mean '" + std::string(near) + "'?", at});
  }

  ConditionResult<std::uint32_t> selector(bool all, std::string_view pattern, std::string_view written,
                                          std::size_t at) override {
    const bool them = pattern == "them";
    std::vector<std::uint32_t> children;
    for (Search& search : searches_) {
      const bool hidden = search.name.starts_with('_') && (them || !pattern.starts_with('_'));
      if (!hidden && (them || matches_name_pattern(pattern, search.name))) {
        auto node = place(search, at);
        if (!node) {
          return node;
        }
        children.push_back(*node);
      }
    }
    if (children.empty()) {
      return std::unexpected(ConditionProblem{ErrorCode::rule_invalid,
                                              quoted(written) + " matches no search of the detection",
                                              "names that begin with _ are left out of patterns", at});
    }
    return put(all ? Node::Kind::all_of : Node::Kind::any_of, std::move(children), std::string(written));
  }

  std::uint32_t put(Node::Kind kind, std::vector<std::uint32_t> children, std::string label) {
    out_.nodes.push_back({.kind = kind, .children = std::move(children), .label = std::move(label)});
    return static_cast<std::uint32_t>(out_.nodes.size() - 1);
  }

 private:
  // Leaves go in once; a search named again gets nodes of its own, so that the nodes stay a tree.
  ConditionResult<std::uint32_t> place(Search& search, std::size_t at) {
    if (out_.nodes.size() + search.nodes.size() > limits::rule_nodes_max ||
        (!search.placed && out_.leaves.size() + search.leaves.size() > limits::rule_leaves_max)) {
      return std::unexpected(ConditionProblem{
          ErrorCode::limit, "the condition grows beyond " + std::to_string(limits::rule_nodes_max) + " comparisons",
          "split the rule", at});
    }
    const auto first_node = static_cast<std::uint32_t>(out_.nodes.size());
    if (!search.placed) {
      search.first_leaf = static_cast<std::uint32_t>(out_.leaves.size());
      std::move(search.leaves.begin(), search.leaves.end(), std::back_inserter(out_.leaves));
      search.placed = true;
    }
    for (const Node& node : search.nodes) {
      Node copy = node;
      copy.leaf += node.kind == Node::Kind::leaf ? search.first_leaf : 0;
      for (std::uint32_t& child : copy.children) {
        child += first_node;
      }
      out_.nodes.push_back(std::move(copy));
    }
    search.used = true;
    return static_cast<std::uint32_t>(out_.nodes.size() - 1);
  }

  std::vector<Search>& searches_;
  Detection& out_;
};

bool legacy_timeframe(std::string_view name, const Yaml& value) { return name == "timeframe" && value.is_scalar(); }

void read_conditions(const Yaml& condition, std::vector<Search>& searches, Detection& out, Problems& problems) {
  std::vector<const Yaml*> written;
  if (condition.kind == Yaml::Kind::list) {
    for (const Yaml& each : condition.items) {
      written.push_back(&each);
    }
  } else {
    written.push_back(&condition);
  }
  if (written.empty() || written.size() > limits::condition_tokens_max) {
    problems.error(condition.mark, written.empty() ? "the list of conditions is empty" : "too many conditions",
                   "write: condition: selection");
    return;
  }
  Searches names(searches, out);
  std::vector<std::uint32_t> roots;
  for (const Yaml* each : written) {
    if (!each->is_scalar() || each->kind == Yaml::Kind::null) {
      problems.error(each->mark, "the condition must be text", "write: condition: selection");
      return;
    }
    auto root = parse_condition(each->text, names, out.nodes);
    if (!root) {
      problems.error(root.error().code, inside(*each, root.error().at), root.error().message, root.error().hint);
      return;
    }
    roots.push_back(*root);
  }
  if (roots.size() > 1) {
    names.put(Node::Kind::any_of, std::move(roots), "one of the conditions");
  }
  for (const Node& node : out.nodes) {
    out.negates = out.negates || node.kind == Node::Kind::none_of;
  }
}

}  // namespace

YamlMark inside(const Yaml& scalar, std::size_t byte) {
  if (scalar.text.find('\n') != std::string::npos || byte > scalar.text.size()) {
    return scalar.mark;
  }
  std::uint32_t column = scalar.mark.column + (scalar.plain ? 0 : 1);
  for (std::size_t at = 0; at < byte; ++column) {
    next_code_point(scalar.text, at);
  }
  return {scalar.mark.line, column};
}

Detection read_detection(const Yaml& section, YamlMark at, const Placeholders& placeholders, std::string_view skip,
                         Problems& problems) {
  Detection out;
  if (section.kind != Yaml::Kind::map) {
    problems.error(section.mark, "the detection must be a map of named searches and a condition",
                   "write: selection: …, condition: selection");
    return out;
  }
  std::vector<Search> searches;
  const Yaml* condition = nullptr;
  SearchReader reader(placeholders, problems, out.missing);
  for (const Yaml::Member& member : section.members) {
    if (member.key == "condition") {
      condition = &member.value;
    } else if (legacy_timeframe(member.key, member.value)) {
      problems.warning(ErrorCode::rule_unsupported, member.mark, "'timeframe' has no effect in a rule",
                       "a time span belongs to a correlation rule: timespan");
    } else if (member.key != skip) {
      searches.push_back(reader.read(member.key, member.mark, member.value));
    }
  }
  if (searches.empty()) {
    problems.error(at, "the detection has no searches", "add: selection: with fields and values");
  }
  if (condition == nullptr) {
    problems.error(at, "the condition is missing", "add: condition: selection");
  }
  std::sort(out.missing.begin(), out.missing.end());
  out.missing.erase(std::unique(out.missing.begin(), out.missing.end()), out.missing.end());
  if (condition == nullptr || searches.empty()) {
    return out;
  }
  read_conditions(*condition, searches, out, problems);
  for (const Search& search : searches) {
    if (!search.used && !problems.failed() && !search.name.starts_with('_')) {
      problems.warning(search.mark, "the condition does not use " + quoted(search.name),
                       "add it, or remove the search");
    }
  }
  return out;
}

}  // namespace tocsin::rules::sigma
