#include "rules/dump.h"

#include <string_view>
#include <vector>

#include "wire/json.h"

namespace tocsin::rules {
namespace {

std::string_view operator_text(Operator op) {
  switch (op) {
    case Operator::matches:
      return "matches";
    case Operator::regex:
      return "regex";
    case Operator::cidr:
      return "cidr";
    case Operator::less:
      return "less";
    case Operator::less_equal:
      return "less_equal";
    case Operator::greater:
      return "greater";
    case Operator::greater_equal:
      return "greater_equal";
    case Operator::equals_number:
      return "equals_number";
    case Operator::equals_boolean:
      return "equals_boolean";
    case Operator::is_null:
      return "is_null";
    case Operator::exists:
      return "exists";
    case Operator::field_equals:
      return "field_equals";
    case Operator::field_contains:
      return "field_contains";
    case Operator::field_starts_with:
      return "field_starts_with";
    case Operator::field_ends_with:
      return "field_ends_with";
  }
  return "";
}

std::string_view part_text(TimePart part) {
  switch (part) {
    case TimePart::none:
      return "";
    case TimePart::minute:
      return "minute";
    case TimePart::hour:
      return "hour";
    case TimePart::day:
      return "day";
    case TimePart::week:
      return "week";
    case TimePart::month:
      return "month";
    case TimePart::year:
      return "year";
  }
  return "";
}

std::string_view kind_text(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::leaf:
      return "leaf";
    case Node::Kind::all_of:
      return "all of";
    case Node::Kind::any_of:
      return "any of";
    case Node::Kind::none_of:
      return "none of";
    case Node::Kind::always:
      return "always";
    case Node::Kind::never:
      return "never";
  }
  return "";
}

std::string_view type_text(Correlation::Type type) {
  switch (type) {
    case Correlation::Type::event_count:
      return "event_count";
    case Correlation::Type::value_count:
      return "value_count";
    case Correlation::Type::temporal:
      return "temporal";
    case Correlation::Type::temporal_ordered:
      return "temporal_ordered";
    case Correlation::Type::value_sum:
      return "value_sum";
    case Correlation::Type::value_avg:
      return "value_avg";
    case Correlation::Type::value_percentile:
      return "value_percentile";
    case Correlation::Type::value_median:
      return "value_median";
  }
  return "";
}

std::string_view element_text(Pattern::Element element) {
  switch (element) {
    case Pattern::Element::literal:
      return "literal";
    case Pattern::Element::any_run:
      return "any_run";
    case Pattern::Element::any_one:
      return "any_one";
    case Pattern::Element::dash:
      return "dash";
  }
  return "";
}

void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  constexpr char digits[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      if (special.find(c) != std::string_view::npos) {
        out += '\\';
      }
      out += c;
    }
  }
}

std::string pattern_text(const Pattern& pattern) {
  std::string out = "\"";
  for (const Pattern::Piece& piece : pattern.pieces) {
    switch (piece.element) {
      case Pattern::Element::literal:
        append_escaped(out, piece.text, "*?\\\"{");
        break;
      case Pattern::Element::any_run:
        out += '*';
        break;
      case Pattern::Element::any_one:
        out += '?';
        break;
      case Pattern::Element::dash:
        out += "{-}";
        break;
    }
  }
  return out + '"';
}

std::string network_text(const Network& network) {
  std::string out;
  if (network.v6) {
    constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < 16; ++i) {
      if (i != 0 && i % 2 == 0) {
        out += ':';
      }
      out += digits[network.bytes[i] >> 4];
      out += digits[network.bytes[i] & 15];
    }
  } else {
    for (std::size_t i = 0; i < 4; ++i) {
      out += (i == 0 ? "" : ".") + std::to_string(network.bytes[i]);
    }
  }
  return out + "/" + std::to_string(network.prefix_bits);
}

std::string flags_text(const Leaf& leaf) {
  std::string flags;
  for (const auto& [set, letter] :
       {std::pair{leaf.regex_ignore_case, 'i'}, {leaf.regex_multiline, 'm'}, {leaf.regex_dot_all, 's'}}) {
    if (set) {
      flags += letter;
    }
  }
  return flags;
}

void line(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    out.append(name).append(": ");
    append_escaped(out, value, "");
    out += '\n';
  }
}

void list(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) {
    joined += (joined.empty() ? "" : ", ") + value;
  }
  line(out, name, joined);
}

void info(std::string& out, const RuleInfo& info) {
  line(out, "title", info.title);
  line(out, "id", info.id);
  line(out, "name", info.name);
  line(out, "level", level_text(info.level));
  line(out, "status", info.status);
  line(out, "taxonomy", info.taxonomy == "sigma" ? "" : info.taxonomy);
  line(out, "author", info.author);
  line(out, "license", info.license);
  line(out, "date", info.date);
  line(out, "modified", info.modified);
  line(out, "description", info.description);
  list(out, "tags", info.tags);
  list(out, "references", info.references);
  list(out, "false positives", info.false_positives);
  list(out, "fields", info.fields);
  list(out, "scope", info.scope);
}

// Walks a tree without recursion. `leaf` gives the text of a leaf.
template <class LeafText>
void tree(std::string& out, const std::vector<Node>& nodes, const LeafText& leaf) {
  struct Step {
    std::uint32_t node;
    std::size_t depth;
  };
  std::vector<Step> open;
  if (!nodes.empty()) {
    open.push_back({static_cast<std::uint32_t>(nodes.size() - 1), 0});
  }
  while (!open.empty()) {
    const Step step = open.back();
    open.pop_back();
    const Node& node = nodes[step.node];
    out.append(2 * step.depth, ' ');
    out += node.kind == Node::Kind::leaf ? leaf(node.leaf) : std::string(kind_text(node.kind));
    if (!node.label.empty()) {
      out += "   # ";
      append_escaped(out, node.label, "");
    }
    out += '\n';
    for (std::size_t i = node.children.size(); i-- > 0;) {
      open.push_back({node.children[i], step.depth + 1});
    }
  }
}

}  // namespace

std::string dump(const Leaf& leaf) {
  std::string out;
  append_escaped(out, leaf.field.empty() ? std::string_view("(any field)") : leaf.field, "");
  if (leaf.part != TimePart::none) {
    out.append("|").append(part_text(leaf.part));
  }
  out.append(" ").append(operator_text(leaf.op));
  if (leaf.cased) {
    out += " cased";
  }
  switch (leaf.op) {
    case Operator::matches:
      return out + ' ' + pattern_text(leaf.pattern);
    case Operator::regex: {
      out += " /";
      append_escaped(out, leaf.regex, "");
      return out + '/' + flags_text(leaf);
    }
    case Operator::cidr:
      return out + ' ' + network_text(leaf.network);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
    case Operator::equals_number:
      return out + ' ' + leaf.number;
    case Operator::equals_boolean:
    case Operator::exists:
      return out + (leaf.boolean ? " true" : " false");
    case Operator::is_null:
      return out;
    case Operator::field_equals:
    case Operator::field_contains:
    case Operator::field_starts_with:
    case Operator::field_ends_with:
      out += ' ';
      append_escaped(out, leaf.other_field, "");
      return out;
  }
  return out;
}

std::string dump(const Rule& rule) {
  std::string out;
  info(out, rule.info);
  line(out, "product", rule.log_source.product);
  line(out, "category", rule.log_source.category);
  line(out, "service", rule.log_source.service);
  list(out, "waiting for", rule.waiting_for);
  list(out, "filters", rule.filters);
  if (!rule.emits) {
    out += "emits: no\n";
  }
  tree(out, rule.nodes, [&](std::uint32_t leaf) { return dump(rule.leaves[leaf]); });
  return out;
}

std::string dump(const Correlation& correlation) {
  std::string out;
  info(out, correlation.info);
  line(out, "type", type_text(correlation.type));
  for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
    line(out, "input", correlation.rules[i] + " = " + std::to_string(correlation.inputs[i]));
  }
  list(out, "group by", correlation.group_by);
  for (const Correlation::Alias& alias : correlation.aliases) {
    for (const auto& [rule, field] : alias.fields) {
      line(out, "alias " + alias.name, std::string(rule).append(" → ").append(field));
    }
  }
  line(out, "seconds", std::to_string(correlation.timespan_seconds));
  for (const Correlation::Bound& bound : correlation.bounds) {
    std::string value = std::to_string(bound.value);
    value.erase(value.find_last_not_of('0') + 1);
    if (value.back() == '.') {
      value.pop_back();
    }
    line(out, "bound", std::string(bound.negated ? "not " : "") + std::string(operator_text(bound.op)) + " " + value);
  }
  list(out, "value of", correlation.value_fields);
  if (correlation.type == Correlation::Type::value_percentile) {
    line(out, "percentile", std::to_string(static_cast<int>(correlation.percentile)));
  }
  if (correlation.generate) {
    out += "generate: yes\n";
  }
  if (!correlation.emits) {
    out += "emits: no\n";
  }
  tree(out, correlation.condition, [&](std::uint32_t leaf) { return "input " + std::to_string(leaf); });
  return out;
}

std::string dump(const RuleSet& set) {
  std::string out;
  for (const Rule& rule : set.rules) {
    out += dump(rule) + "\n";
  }
  for (const Correlation& correlation : set.correlations) {
    out += dump(correlation) + "\n";
  }
  for (const Diagnostic& diagnostic : set.diagnostics) {
    switch (diagnostic.severity) {
      case Diagnostic::Severity::error:
        out += "error: ";
        break;
      case Diagnostic::Severity::warning:
        out += "warning: ";
        break;
      case Diagnostic::Severity::note:
        out += "note: ";
        break;
    }
    out += diagnostic.error.text() + "\n";
  }
  out += std::to_string(set.given) + " given, " + std::to_string(set.rules.size() + set.correlations.size()) +
         " loaded, " + std::to_string(set.rejected) + " rejected, " + std::to_string(set.filters) + " filters, " +
         std::to_string(set.hidden) + " hidden\n";
  return out;
}

std::string dump_json(const Rule& rule) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object()
      .member("source", rule.info.source)
      .member("id", rule.info.id)
      .key("root")
      .number(static_cast<std::uint64_t>(rule.nodes.size() - 1));
  json.key("nodes").begin_array();
  for (const Node& node : rule.nodes) {
    json.begin_object();
    if (node.kind != Node::Kind::leaf) {
      json.member("kind", kind_text(node.kind)).key("of").begin_array();
      for (const std::uint32_t child : node.children) {
        json.number(static_cast<std::uint64_t>(child));
      }
      json.end_array().end_object();
      continue;
    }
    const Leaf& leaf = rule.leaves[node.leaf];
    json.member("kind", operator_text(leaf.op)).member("field", leaf.field).key("cased").boolean(leaf.cased);
    json.member("written", leaf.written).member("part", part_text(leaf.part));
    switch (leaf.op) {
      case Operator::matches:
        json.key("pieces").begin_array();
        for (const Pattern::Piece& piece : leaf.pattern.pieces) {
          json.begin_array().string(element_text(piece.element)).string(piece.text).end_array();
        }
        json.end_array();
        break;
      case Operator::regex:
        json.member("regex", leaf.regex).member("flags", flags_text(leaf));
        break;
      case Operator::cidr:
        json.member("network", network_text(leaf.network));
        break;
      case Operator::less:
      case Operator::less_equal:
      case Operator::greater:
      case Operator::greater_equal:
      case Operator::equals_number:
        json.member("number", leaf.number);
        break;
      case Operator::equals_boolean:
      case Operator::exists:
        json.key("boolean").boolean(leaf.boolean);
        break;
      case Operator::is_null:
        break;
      case Operator::field_equals:
      case Operator::field_contains:
      case Operator::field_starts_with:
      case Operator::field_ends_with:
        json.member("other", leaf.other_field);
        break;
    }
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace tocsin::rules
