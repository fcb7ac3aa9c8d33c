// tocsin search: events that contain a text, match a regular expression, or hold a field value.
#include <ctime>
#include <filesystem>
#include <optional>

#include "app/event_json.h"
#include "app/hunt.h"
#include "app/text_consumer.h"
#include "detect/program.h"
#include "report/report.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

void append_wildcards(rules::Pattern& pattern, std::string_view text) {
  using Element = rules::Pattern::Element;
  const auto push = [&](Element element) {
    if (element != Element::any_run || pattern.pieces.empty() || pattern.pieces.back().element != Element::any_run) {
      pattern.pieces.push_back({element, ""});
    }
  };
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) {
      pattern.pieces.push_back({Element::literal, std::move(literal)});
      literal.clear();
    }
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '?')) {
      literal += text[++i];
    } else if (text[i] == '*' || text[i] == '?') {
      flush();
      push(text[i] == '*' ? Element::any_run : Element::any_one);
    } else {
      literal += text[i];
    }
  }
  flush();
}

// Where the field of FIELD=VALUE ends. Fields begin like words and hold no blanks or signs of command lines and URLs:
// "key == value", "-enc=…" and "/a?b=c" are texts.
std::optional<std::size_t> end_of_field(std::string_view term) {
  const std::size_t equals = term.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return std::nullopt;
  }
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '@' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  for (const char c : term.substr(0, equals)) {
    if (!is_word(c) && std::string_view(".-()#:").find(c) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  return is_word(term[0]) ? std::optional(equals) : std::nullopt;
}

// The terms as one rule without a log source: all of them must hold.
rules::Rule search_rule(const std::vector<std::string>& terms, bool regex, bool cased) {
  rules::Rule rule;
  rule.info.id = "search";
  rule.info.title = "Search";
  rule.info.kind = "search";
  rules::Node all;
  all.kind = rules::Node::Kind::all_of;
  for (const std::string& term : terms) {
    rules::Leaf leaf;
    std::string_view value = term;
    if (const auto end = end_of_field(term)) {
      leaf.field = term.substr(0, *end);
      value.remove_prefix(*end + 1);
    }
    leaf.written = value;
    leaf.cased = cased;
    if (regex) {
      leaf.op = rules::Operator::regex;
      leaf.regex = value;
      leaf.regex_ignore_case = !cased;
    } else {
      if (leaf.field.empty()) {
        leaf.pattern.pieces.push_back({rules::Pattern::Element::any_run, ""});
      }
      append_wildcards(leaf.pattern, value);
      if (leaf.field.empty() && leaf.pattern.pieces.back().element != rules::Pattern::Element::any_run) {
        leaf.pattern.pieces.push_back({rules::Pattern::Element::any_run, ""});
      }
    }
    all.children.push_back(static_cast<std::uint32_t>(rule.nodes.size()));
    rules::Node& node = rule.nodes.emplace_back();
    node.kind = rules::Node::Kind::leaf;
    node.leaf = static_cast<std::uint32_t>(rule.leaves.size());
    rule.leaves.push_back(std::move(leaf));
  }
  rule.nodes.push_back(std::move(all));
  return rule;
}

int run_search(const Arguments& arguments) {
  // The first word is a term; further words are terms as long as they name a field's value and no file.
  std::size_t split = 1;
  std::error_code error;
  while (split < arguments.positional.size() && end_of_field(arguments.positional[split]) &&
         !std::filesystem::exists(arguments.positional[split], error)) {
    ++split;
  }
  Arguments rest = arguments;
  rest.positional.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(split), arguments.positional.end());
  if (rest.positional.empty()) {
    return report_error({ErrorCode::usage, "no PATH to search in", {}, "tocsin search PATTERN PATH…"});
  }
  auto options = pipeline_options(rest);
  if (!options) {
    return report_error(options.error());
  }
  rules::RuleSet set;
  const std::vector<std::string> terms(arguments.positional.begin(),
                                       arguments.positional.begin() + static_cast<std::ptrdiff_t>(split));
  set.rules.push_back(search_rule(terms, arguments.has("--regex"), arguments.has("--case-sensitive")));
  set.given = 1;
  const auto shared = std::make_shared<const rules::RuleSet>(std::move(set));
  event::FieldTable fields;
  const auto program = detect::Program::compile(shared, fields, detect::Engine::plain);
  for (const rules::Diagnostic& diagnostic : program->diagnostics()) {
    if (diagnostic.severity == rules::Diagnostic::Severity::error) {
      return report_error(diagnostic.error);
    }
  }

  if (const auto found = arguments.options.find("--out"); found != arguments.options.end()) {
    HuntOptions hunt_options;
    hunt_options.pipeline = std::move(*options);
    hunt_options.rules.set = shared;
    hunt_options.engine = detect::Engine::plain;
    hunt_options.command_line = arguments.command_line;
    hunt_options.started = rfc3339(Time::from_seconds(std::time(nullptr)));
    const auto result = hunt(hunt_options);
    if (!result) {
      return report_error(result.error());
    }
    report::Report& report = (*result)->report;
    for (const std::string& path : found->second) {
      const report::Output* output = report::output_for(path);
      if (output == nullptr) {
        return report_error(
            {ErrorCode::usage, "the suffix of --out " + path + " names no form", {}, "as with 'tocsin hunt --out'"});
      }
      if (const auto written =
              write_atomically(path, [&](const report::Sink& sink) { return output->write(report, sink); });
          !written) {
        return report_error(written.error());
      }
    }
    message(std::to_string(report.summary.detections) + " events found");
    if (report.summary.interrupted) {
      return exit_interrupted;
    }
    return report.summary.sources_read == 0 ? exit_failed
           : report.summary.detections != 0 ? exit_found
                                            : exit_nothing_found;
  }

  struct PerThread {
    explicit PerThread(std::shared_ptr<const detect::Program> program, event::FieldTable& table)
        : scanner(std::move(program), table) {}
    detect::Scanner scanner;
    std::vector<detect::Hit> hits;
  };
  TextConsumer consumer([&](const Input& input, event::EventBatch& batch, TextBlock& out) {
    // One scanner per thread for the life of the run.
    thread_local std::unique_ptr<PerThread> own;
    if (own == nullptr) {
      own = std::make_unique<PerThread>(program, fields);
    }
    own->hits.clear();
    own->scanner.scan(batch, own->hits);
    for (const detect::Hit& hit : own->hits) {
      const event::Event& event = batch.events[hit.event];
      out.text += "{\"source\":";
      wire::append_json_string(out.text, input.name);
      out.text += ",\"record\":" + std::to_string(event.record) + ",\"offset\":" + std::to_string(event.offset);
      if (event.time.known()) {
        out.text += ",\"time\":\"" + rfc3339(event.time) + "\"";
      }
      out.text += ",\"fields\":";
      if (batch.fields_of(event).empty()) {
        wire::JsonWriter(out.text).begin_object().member("raw", event.raw).end_object();
      } else {
        append_event_fields(out.text, batch, event, fields);
      }
      out.text += "}\n";
    }
    out.found += own->hits.size();
  });
  const auto totals = run_pipeline(*options, fields, consumer);
  return text_exit(totals, consumer, arguments.has("--strict"), true);
}

std::vector<Option> search_options() {
  std::vector<Option> out = {
      {"--regex", "", "The terms are regular expressions (RE2 syntax, unanchored)"},
      {"--case-sensitive", "", "Letters must match in case"},
      {"--out", "FILE", "Write the events to FILE in a form of 'tocsin hunt --out'", true},
      {"--strict", "", "Exit with 2 if any input was skipped or any record unreadable"},
  };
  for (const Option& option : pipeline_command_options()) {
    out.push_back(option);
  }
  return out;
}

}  // namespace

extern const Command command_search;
const Command command_search = {
    .name = "search",
    .doc = "Find events that contain a text, a pattern or a field value",
    .about =
        "PATTERN is searched in every value and in the raw record; FIELD=VALUE compares one field, whose name has no "
        "blanks. * and ? are "
        "wildcards. Several FIELD=VALUE "
        "terms must all hold. Case does not matter unless asked for. Prints one JSON object per event found.",
    .example =
        "tocsin search 203.0.113.44 /mnt/evidence\ntocsin search EventID=4624 LogonType=10 Security.evtx\ntocsin "
        "search --regex 'a(dm|uth)\\w+' access.log",
    .positional = "PATTERN|FIELD=VALUE… PATH…",
    .positional_min = 2,
    .options = search_options(),
    .run = run_search,
};

}  // namespace tocsin::app
