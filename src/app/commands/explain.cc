// tocsin explain: why a rule does or does not fire on an event, leaf by leaf.
#include <fmt/format.h>

#include <cstdio>
#include <mutex>

#include "app/packs.h"
#include "app/pipeline.h"
#include "app/text_consumer.h"
#include "base/text.h"
#include "detect/program.h"

namespace tocsin::app {
namespace {

struct Target {
  std::string file;
  bool by_offset = false;
  std::uint64_t number = 0;
};

Result<Target> parse_target(const std::string& text) {
  const std::size_t mark = text.find_last_of("#@");
  if (mark != std::string::npos && mark != 0) {
    if (const auto number = parse_uint64(std::string_view(text).substr(mark + 1))) {
      return Target{text.substr(0, mark), text[mark] == '@', *number};
    }
  }
  return failure(ErrorCode::usage, "--event does not understand '" + text + "'", {},
                 "write FILE#RECORD or FILE@OFFSET");
}

// Evidence goes to a terminal: control characters must not.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
    if (out.size() > 400) {
      return out + "…";
    }
  }
  return out;
}

std::string_view kind_text(rules::Node::Kind kind) {
  switch (kind) {
    case rules::Node::Kind::leaf:
      return "";
    case rules::Node::Kind::all_of:
      return "all of";
    case rules::Node::Kind::any_of:
      return "any of";
    case rules::Node::Kind::none_of:
      return "none of";
    case rules::Node::Kind::always:
      return "always";
    case rules::Node::Kind::never:
      return "never";
  }
  return "";
}

std::string operator_text(const rules::Leaf& leaf) {
  switch (leaf.op) {
    case rules::Operator::matches:
      return "matches " + leaf.pattern.text();
    case rules::Operator::regex:
      return "matches the regular expression " + leaf.regex;
    case rules::Operator::cidr:
      return "is an address in " + leaf.written;
    case rules::Operator::less:
      return "< " + leaf.number;
    case rules::Operator::less_equal:
      return "<= " + leaf.number;
    case rules::Operator::greater:
      return "> " + leaf.number;
    case rules::Operator::greater_equal:
      return ">= " + leaf.number;
    case rules::Operator::equals_number:
      return "= " + leaf.number;
    case rules::Operator::equals_boolean:
      return leaf.boolean ? "is true" : "is false";
    case rules::Operator::is_null:
      return "is absent or null";
    case rules::Operator::exists:
      return leaf.boolean ? "is present" : "is absent";
    case rules::Operator::field_equals:
      return "equals field " + leaf.other_field;
    case rules::Operator::field_contains:
      return "contains field " + leaf.other_field;
    case rules::Operator::field_starts_with:
      return "starts with field " + leaf.other_field;
    case rules::Operator::field_ends_with:
      return "ends with field " + leaf.other_field;
  }
  return {};
}

std::string render(detect::Scanner& scanner, const rules::Rule& rule, std::uint32_t rule_index, const Input& input,
                   const event::EventBatch& batch, std::uint32_t at, const detect::RuleState& state) {
  const event::Event& event = batch.events[at];
  std::string out =
      fmt::format("rule   {}  {}\nevent  {}#{} (offset {})  {}  {}\n", rule.info.id, printable(rule.info.title),
                  printable(input.name), event.record, event.offset, rfc3339(event.time), printable(event.host));
  const bool applies = scanner.applies(batch, at, rule_index);
  out += fmt::format("log source  product={} category={} service={}: {}\n",
                     rule.log_source.product.empty() ? "*" : rule.log_source.product,
                     rule.log_source.category.empty() ? "*" : rule.log_source.category,
                     rule.log_source.service.empty() ? "*" : rule.log_source.service,
                     applies             ? "applies to this event"
                     : !state.has_reader ? "no reader gives such events yet"
                                         : "does NOT apply to this event");
  if (!state.active) {
    out += fmt::format("the rule does not run: {}\n", printable(state.reason));
  }
  const std::vector<bool> truth = scanner.explain(batch, at, rule_index);
  struct Visit {
    std::uint32_t node;
    std::size_t depth;
  };
  std::vector<Visit> stack = {{static_cast<std::uint32_t>(rule.nodes.size() - 1), 0}};
  std::vector<std::string_view> values;
  while (!stack.empty()) {
    const Visit visit = stack.back();
    stack.pop_back();
    const rules::Node& node = rule.nodes[visit.node];
    out += std::string(2 * visit.depth, ' ') + (truth[visit.node] ? "[x] " : "[ ] ");
    if (node.kind == rules::Node::Kind::leaf) {
      const rules::Leaf& leaf = rule.leaves[node.leaf];
      out += (leaf.field.empty() ? "any value" : printable(leaf.field)) + " " + printable(operator_text(leaf));
      if (!leaf.field.empty()) {
        values.clear();
        scanner.values(batch, at, rule_index, leaf.field, values);
        out += "   met: ";
        if (values.empty()) {
          out += "(absent)";
        }
        for (std::size_t i = 0; i < values.size() && i < 5; ++i) {
          out += (i == 0 ? "\"" : ", \"") + printable(values[i]) + "\"";
        }
      }
    } else {
      out += std::string(kind_text(node.kind)) + (node.label.empty() ? "" : " (" + printable(node.label) + ")");
      for (std::size_t i = node.children.size(); i-- > 0;) {
        stack.push_back({node.children[i], visit.depth + 1});
      }
    }
    out += '\n';
  }
  out += truth.back() && applies ? "=> the rule fires\n" : "=> the rule does not fire\n";
  return out;
}

int run_explain(const Arguments& arguments) {
  const auto rule_id = arguments.value("--rule");
  const auto event_text = arguments.value("--event");
  if (!rule_id || !event_text) {
    return report_error(
        {ErrorCode::usage, "--rule and --event are both needed", {}, "tocsin explain --rule ID --event FILE#N"});
  }
  const auto target = parse_target(*event_text);
  if (!target) {
    return report_error(target.error());
  }
  auto loaded = load_rules(arguments);
  if (!loaded) {
    return report_error(loaded.error());
  }
  const rules::RuleSet& set = *loaded->set;
  std::uint32_t index = 0;
  while (index < set.rules.size() && set.rules[index].info.id != *rule_id && set.rules[index].info.name != *rule_id &&
         set.rules[index].info.title != *rule_id) {
    ++index;
  }
  if (index == set.rules.size()) {
    for (const rules::Diagnostic& diagnostic : set.diagnostics) {
      if (diagnostic.rule_id == *rule_id) {
        return report_error(diagnostic.error);
      }
    }
    return report_error({ErrorCode::not_found,
                         "no rule has the id, name or title '" + *rule_id + "'",
                         {},
                         "--rules DIR names your own rules"});
  }
  Arguments inputs = arguments;
  inputs.positional = {target->file};
  auto options = pipeline_options(inputs);
  if (!options) {
    return report_error(options.error());
  }
  options->threads = 1;
  options->progress = false;
  event::FieldTable fields;
  const auto program = detect::Program::compile(loaded->set, fields, detect::Engine::plain);
  detect::Scanner scanner(program, fields);
  std::vector<std::string> found;
  std::vector<std::string> candidates;
  TextConsumer consumer([&](const Input& input, event::EventBatch& batch, TextBlock&) {
    for (std::uint32_t i = 0; i < batch.events.size(); ++i) {
      const event::Event& event = batch.events[i];
      if ((target->by_offset ? event.offset : event.record) == target->number) {
        candidates.push_back(fmt::format("{}@{}  record {}  {}  {}", input.name, event.offset, event.record,
                                         rfc3339(event.time), printable(event.host)));
        if (found.empty()) {
          found.push_back(render(scanner, set.rules[index], index, input, batch, i, program->states()[index]));
        }
      }
    }
  });
  const auto totals = run_pipeline(*options, fields, consumer);
  if (!totals) {
    return report_error(totals.error());
  }
  if (candidates.empty()) {
    return report_error({ErrorCode::not_found,
                         fmt::format("{} has no event with {} {}", target->file,
                                     target->by_offset ? "offset" : "record", target->number),
                         {},
                         {}});
  }
  if (candidates.size() > 1) {
    std::printf("%zu events fit; name one by its offset:\n", candidates.size());
    for (const std::string& candidate : candidates) {
      std::printf("  %s\n", candidate.c_str());
    }
    return exit_failed;
  }
  std::printf("%s", found[0].c_str());
  return found[0].ends_with("=> the rule fires\n") ? exit_found : exit_nothing_found;
}

}  // namespace

extern const Command command_explain;
const Command command_explain = {
    .name = "explain",
    .doc = "Show why a rule fires or does not fire on one event",
    .about =
        "Prints the rule's condition as a tree; each leaf with true [x] or false [ ] and the value it met. FILE#N "
        "names an event by its record number or line, "
        "FILE@OFFSET by its place in bytes; where N is not unique the candidates are listed.",
    .example = "tocsin explain --rule 5f113a8f-8b61-41ca-b90f-d374fa7e4a39 --event Security.evtx#4711",
    .positional = "",
    .positional_min = 0,
    .options =
        [] {
          std::vector<Option> out = {{"--rule", "ID", "Id, name or title of the rule"},
                                     {"--event", "FILE#N|FILE@OFFSET", "The event"}};
          for (auto more : {rule_command_options(), pipeline_command_options()}) {
            out.insert(out.end(), more.begin(), more.end());
          }
          return out;
        }(),
    .run = run_explain,
};

}  // namespace tocsin::app
