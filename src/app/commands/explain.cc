// tocsin explain: why a rule does or does not fire on an event, leaf by leaf.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "app/packs.h"
#include "app/pipeline.h"
#include "app/standard_output.h"
#include "app/text_consumer.h"
#include "base/text.h"
#include "detect/program.h"
#include "report/visible.h"
#include "source/source.h"

namespace tocsin::app {
namespace {

constexpr std::size_t candidates_max = 1'000;

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

std::string printable(std::string_view text) {
  const std::string shown = report::visible(text);
  const report::Cut cut = report::cut_to_width(shown, 400);
  return std::string(cut.text) + (cut.text.size() < shown.size() ? "…" : "");
}

// What to read for a --event: a file, and inside an archive the member's name behind it.
struct Place {
  std::string argument;
  std::string member;  // "!/inner/path"; empty: whatever the file holds
};

// The path on disk that a hunt shows as `shown`: a collection's "C%3A" is shown as "C:". Empty where there is none.
std::string on_disk(const std::string& shown) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(shown, error)) {
    return shown;
  }
  fs::path found = shown.starts_with('/') ? "/" : ".";
  for (const fs::path& part : fs::path(shown).relative_path()) {
    if (fs::exists(found / part, error)) {
      found /= part;
      continue;
    }
    fs::path next;
    for (fs::directory_iterator entry(found, error), end; !error && entry != end; entry.increment(error)) {
      if (source::shown_name(entry->path().filename().string()) == part.string()) {
        next = entry->path();
        break;
      }
    }
    if (next.empty()) {
      return {};
    }
    found = std::move(next);
  }
  return found.string();
}

Place find_place(const std::string& file) {
  if (std::string whole = on_disk(file); !whole.empty()) {
    return {std::move(whole), ""};
  }
  for (std::size_t mark = file.find("!/"); mark != std::string::npos; mark = file.find("!/", mark + 1)) {
    if (std::string outer = on_disk(file.substr(0, mark)); !outer.empty()) {
      return {std::move(outer), file.substr(mark)};
    }
  }
  return {file, ""};
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
                   const event::EventBatch& batch, std::uint32_t at, const detect::RuleState& state, bool& fires) {
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
  if (!rule.waiting_for.empty()) {
    out += "the rule does not run: it waits for";
    for (const std::string& list : rule.waiting_for) {
      out += fmt::format("{} list {} (--list {}=FILE)", &list == rule.waiting_for.data() ? "" : ",", printable(list),
                         printable(list));
    }
    out += '\n';
  } else if (!state.active) {
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
  fires = truth.back() && applies && state.active;
  out += fires ? "=> the rule fires\n" : "=> the rule does not fire\n";
  return out;
}

std::string_view type_text(rules::Correlation::Type type) {
  constexpr std::array<std::string_view, 8> names = {"event_count",      "value_count", "temporal",
                                                     "temporal_ordered", "value_sum",   "value_avg",
                                                     "value_percentile", "value_median"};
  return names.at(static_cast<std::size_t>(type));
}

// What --rule names: a rule, or a correlation with all rules that it counts.
struct Subject {
  std::vector<std::uint32_t> rules;
  std::string heading;  // of a correlation
};

Result<Subject> find_subject(const rules::RuleSet& set, const std::string& wanted) {
  const auto fits = [&](const rules::RuleInfo& info) {
    return ascii_iequals(info.id, wanted) || info.name == wanted || info.title == wanted;
  };
  for (std::uint32_t i = 0; i < set.rules.size(); ++i) {
    if (fits(set.rules[i].info)) {
      return Subject{{i}, ""};
    }
  }
  const auto found = std::find_if(set.correlations.begin(), set.correlations.end(),
                                  [&](const rules::Correlation& one) { return fits(one.info); });
  if (found == set.correlations.end()) {
    for (const rules::Diagnostic& diagnostic : set.diagnostics) {
      if (diagnostic.severity == rules::Diagnostic::Severity::error && diagnostic.rule_id == wanted) {
        return std::unexpected(diagnostic.error);
      }
    }
    return failure(ErrorCode::not_found, "no rule has the id, name or title '" + wanted + "'", {},
                   "--rules DIR names your own rules");
  }
  Subject out;
  out.heading = fmt::format("correlation  {}  {}\n{} within {} s", found->info.id, printable(found->info.title),
                            type_text(found->type), found->timespan_seconds);
  for (const std::string& field : found->group_by) {
    out.heading += (&field == found->group_by.data() ? ", for each " : ", ") + printable(field);
  }
  out.heading += "\nOne event never fires a correlation; these are the rules whose events it counts.\n";
  // Correlations of correlations: down to the rules.
  std::vector<std::uint32_t> open = found->inputs;
  std::set<std::uint32_t> met;
  while (!open.empty()) {
    const std::uint32_t input = open.back();
    open.pop_back();
    if (!met.insert(input).second) {
      continue;
    }
    if (input < set.rules.size()) {
      out.rules.push_back(input);
    } else {
      const auto& inner = set.correlations[input - set.rules.size()].inputs;
      open.insert(open.end(), inner.begin(), inner.end());
    }
  }
  std::sort(out.rules.begin(), out.rules.end());
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
  const auto subject = find_subject(set, *rule_id);
  if (!subject) {
    return report_error(subject.error());
  }
  const Place place = find_place(target->file);
  Arguments inputs = arguments;
  inputs.positional = {place.argument};
  auto options = pipeline_options(inputs);
  if (!options) {
    return report_error(options.error());
  }
  options->threads = 1;
  options->progress = false;
  event::FieldTable fields;
  const auto program = detect::Program::compile(loaded->set, fields, detect::Engine::plain);
  detect::Scanner scanner(program, fields);
  std::string found = subject->heading;
  bool any_fires = false;
  std::vector<std::string> candidates;
  TextConsumer consumer([&](const Input& input, event::EventBatch& batch, TextBlock&) {
    const std::size_t inner = input.name.find("!/");
    if (!place.member.empty() && (inner == std::string::npos || input.name.substr(inner) != place.member)) {
      return;
    }
    for (std::uint32_t i = 0; i < batch.events.size(); ++i) {
      const event::Event& event = batch.events[i];
      if ((target->by_offset ? event.offset : event.record) != target->number || candidates.size() >= candidates_max) {
        continue;
      }
      candidates.push_back(fmt::format("{}@{}  record {}  {}  {}", printable(input.name), event.offset, event.record,
                                       rfc3339(event.time), printable(event.host)));
      if (candidates.size() > 1) {
        continue;
      }
      for (const std::uint32_t rule : subject->rules) {
        bool fires = false;
        found += (found.empty() ? "" : "\n") +
                 render(scanner, set.rules[rule], rule, input, batch, i, program->states()[rule], fires);
        any_fires = any_fires || fires;
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
    print_out("{} events fit; name one by its offset:\n", candidates.size());
    for (const std::string& candidate : candidates) {
      print_out("  {}\n", candidate);
    }
    return exit_failed;
  }
  if (!subject->heading.empty()) {
    found += any_fires ? "\n=> the event counts towards the correlation\n"
                       : "\n=> the event does not count towards the correlation\n";
  }
  write_out(found);
  return any_fires ? exit_found : exit_nothing_found;
}

}  // namespace

extern const Command command_explain;
const Command command_explain = {
    .name = "explain",
    .doc = "Show why a rule fires or does not fire on one event",
    .about =
        "Prints the rule's condition as a tree; each leaf with true [x] or false [ ] and the value it met. FILE#N "
        "names an event by its record number or line, "
        "FILE@OFFSET by its place in bytes; where N is not unique the candidates are listed. FILE may be a name that a "
        "hunt printed, also of a member of an archive (outer.zip!/inner/path). Of a correlation, the rules whose "
        "events "
        "it counts are explained.",
    .example =
        "tocsin explain --rule 502b42de-4306-40b4-9596-6f590c81f073 --event Security.evtx#4711\n"
        "tocsin explain --rule 'Whoami.EXE Execution From Privileged Process' --event 'case.zip!/logs/Sysmon.evtx#12'",
    .positional = "",
    .positional_min = 0,
    .options =
        [] {
          std::vector<Option> out = {{"--rule", "ID", "Id, name or title of the rule or correlation"},
                                     {"--event", "FILE#N|FILE@OFFSET", "The event"}};
          for (auto more : {rule_command_options(), pipeline_command_options()}) {
            out.insert(out.end(), more.begin(), more.end());
          }
          return out;
        }(),
    .run = run_explain,
};

}  // namespace tocsin::app
