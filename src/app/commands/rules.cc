// tocsin rules check and rules test: do the rules load, and do they find what their recordings hold?
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "app/hunt.h"
#include "app/indicators.h"
#include "app/packs.h"
#include "app/pipeline.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "app/yara.h"
#include "base/limits.h"
#include "base/text.h"
#include "detect/program.h"
#include "report/visible.h"
#include "report/words.h"
#include "wire/json.h"
#include "wire/yaml.h"

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;

std::string_view severity_text(rules::Diagnostic::Severity severity) {
  switch (severity) {
    case rules::Diagnostic::Severity::error:
      return "error";
    case rules::Diagnostic::Severity::warning:
      return "warning";
    case rules::Diagnostic::Severity::note:
      return "note";
  }
  return "error";
}

std::string sarif(const std::vector<rules::Diagnostic>& diagnostics) {
  std::string out;
  wire::JsonWriter writer(out);
  writer.begin_object().member("$schema", "https://json.schemastore.org/sarif-2.1.0.json").member("version", "2.1.0");
  writer.key("runs").begin_array().begin_object();
  writer.key("tool").begin_object().key("driver").begin_object().member("name", "tocsin").member("version", version());
  std::set<std::string_view> codes;
  for (const rules::Diagnostic& diagnostic : diagnostics) {
    codes.insert(code_text(diagnostic.error.code));
  }
  writer.key("rules").begin_array();
  for (const std::string_view code : codes) {
    writer.begin_object().member("id", code).end_object();
  }
  writer.end_array().end_object().end_object();
  writer.key("results").begin_array();
  for (const rules::Diagnostic& diagnostic : diagnostics) {
    const Error& error = diagnostic.error;
    writer.begin_object().member("ruleId", code_text(error.code)).member("level", severity_text(diagnostic.severity));
    writer.key("message")
        .begin_object()
        .member("text", error.message + (error.hint.empty() ? "" : " (" + error.hint + ")"))
        .end_object();
    writer.key("locations").begin_array().begin_object().key("physicalLocation").begin_object();
    const std::string& path = error.where.source;
    writer.key("artifactLocation").begin_object();
    writer.member("uri", (path.starts_with('/') ? "file://" : "") + report::uri_of(path)).end_object();
    if (error.where.line != 0) {
      writer.key("region").begin_object().key("startLine").number(error.where.line);
      if (error.where.column != 0) {
        writer.key("startColumn").number(error.where.column);
      }
      writer.end_object();
    }
    writer.end_object().end_object().end_array().end_object();
  }
  writer.end_array().end_object().end_array().end_object();
  out += '\n';
  return out;
}

void print(const std::vector<rules::Diagnostic>& diagnostics) {
  for (const rules::Diagnostic& diagnostic : diagnostics) {
    print_out("{}: {}\n", severity_text(diagnostic.severity), report::visible(diagnostic.error.text()));
  }
}

int check_indicators(const Arguments& arguments, std::string_view form) {
  auto packs = all_packs();
  if (!packs) {
    return report_error(packs.error());
  }
  for (Pack& pack : *packs) {
    if (pack.kind == "false-friends") {
      if (const auto loaded = load_files(pack); !loaded) {
        return report_error(loaded.error());
      }
    }
  }
  const auto loaded = load_indicators(arguments, *packs);
  if (!loaded) {
    return report_error(loaded.error());
  }
  const report::IndicatorSummary& summary = loaded->summary;
  const std::string last =
      fmt::format("{} given, {} loaded, {} rejected, {} unsupported, {} of the loaded are whole STIX patterns",
                  summary.given, summary.loaded, summary.rejected, summary.unsupported, summary.patterns);
  if (form == "sarif") {
    write_out(sarif(loaded->diagnostics));
    message(last);
  } else {
    print(loaded->diagnostics);
    for (const auto& [type, count] : summary.unsupported_types) {
      print_out("note: {} of a type that cannot be searched: {}\n", count, report::visible(type));
    }
    print_out("{}\n", last);
  }
  return summary.given == 0 ? exit_failed : summary.rejected == 0 ? exit_nothing_found : exit_found;
}

int check_yara(const Arguments& arguments, std::string_view form) {
  const auto loaded = load_yara(arguments);
  if (!loaded) {
    return report_error(loaded.error());
  }
  const report::YaraSummary& summary = loaded->summary;
  const std::string last =
      fmt::format("{} given, {} loaded, {} rejected", summary.given, summary.loaded, summary.rejected);
  if (form == "sarif") {
    write_out(sarif(loaded->diagnostics));
    message(last);
  } else {
    print(loaded->diagnostics);
    print_out("{}\n", last);
  }
  const bool wrong = std::any_of(loaded->diagnostics.begin(), loaded->diagnostics.end(),
                                 [](const auto& one) { return one.severity == rules::Diagnostic::Severity::error; });
  return summary.given == 0 ? exit_failed : wrong ? exit_found : exit_nothing_found;
}

int run_check(const Arguments& arguments) {
  const std::string form = arguments.value("--format").value_or("text");
  if (form != "text" && form != "sarif") {
    return report_error({ErrorCode::usage, "--format takes text or sarif, not '" + form + "'", {}, {}});
  }
  if (arguments.has("--indicators")) {
    if (!arguments.positional.empty()) {
      return report_error({ErrorCode::usage, "either rules or --indicators", {}, "check them one after the other"});
    }
    return check_indicators(arguments, form);
  }
  if (arguments.has("--yara")) {
    if (!arguments.positional.empty()) {
      return report_error({ErrorCode::usage, "either rules or --yara", {}, "check them one after the other"});
    }
    return check_yara(arguments, form);
  }
  Arguments chosen = arguments;
  if (!arguments.positional.empty()) {
    chosen.options["--rules"] = arguments.positional;
  }
  const auto loaded = load_rules(chosen);
  if (!loaded) {
    return report_error(loaded.error());
  }
  const rules::RuleSet& set = *loaded->set;
  event::FieldTable fields;
  const auto program = detect::Program::compile(loaded->set, fields, detect::Engine::indexed);
  std::vector<rules::Diagnostic> diagnostics = set.diagnostics;
  diagnostics.insert(diagnostics.end(), program->diagnostics().begin(), program->diagnostics().end());
  const std::uint64_t rejected = set.rejected + rejected_rules(*program);
  const std::uint64_t loaded_count = set.given - set.hidden - rejected;
  std::uint64_t without_reader = 0;
  for (std::size_t i = 0; i < set.rules.size(); ++i) {
    const detect::RuleState& state = program->states()[i];
    const rules::RuleInfo& info = set.rules[i].info;
    if (!state.has_reader) {
      ++without_reader;
    }
    if ((!state.has_reader || state.slow) && !state.reason.empty()) {
      rules::Diagnostic& note = diagnostics.emplace_back();
      note.severity = rules::Diagnostic::Severity::note;
      note.error = {state.has_reader ? ErrorCode::rule_unsupported : ErrorCode::rule_reference,
                    state.reason,
                    {.source = info.source, .line = info.line},
                    {}};
      note.rule_id = info.id;
    }
  }
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const rules::Diagnostic& a, const rules::Diagnostic& b) {
    return std::tuple(std::string_view(a.error.where.source), a.error.where.line) <
           std::tuple(std::string_view(b.error.where.source), b.error.where.line);
  });
  const std::string last = fmt::format("{} given, {} loaded, {} rejected, {} without a reader", set.given, loaded_count,
                                       rejected, without_reader);
  if (form == "sarif") {
    write_out(sarif(diagnostics));
    message(last);
  } else {
    print(diagnostics);
    if (set.hidden != 0) {
      print_out("{} left out: {} by --level, {} by --status, {} by --tag, {} by --exclude\n", set.hidden,
                set.hidden_by.level, set.hidden_by.status, set.hidden_by.tag, set.hidden_by.exclude);
    }
    print_out("{}\n", last);
  }
  return rejected == 0 && set.given != 0 ? exit_nothing_found : set.given == 0 ? exit_failed : exit_found;
}

// ---- rules test --------------------------------------------------------------------------------------------

class CountWorker;

// Counts the hits of each rule over one recording.
class HitCounter final : public Consumer {
 public:
  HitCounter(std::shared_ptr<const detect::Program> program, event::FieldTable& fields)
      : program_(std::move(program)), fields_(fields) {}
  std::unique_ptr<BlockWorker> worker() override;
  void collect(const Input&, BlockResult&) override;
  void input_done(const Input&, const InputTotals& totals) override { events_ += totals.events; }
  void skipped(std::string_view name, const Error& why) override { problem_ = std::string(name) + ": " + why.text(); }
  void note(std::string_view, std::string_view) override {}

  std::map<std::uint32_t, std::uint64_t> hits_;
  std::uint64_t events_ = 0;
  std::string problem_;

 private:
  friend class CountWorker;
  std::shared_ptr<const detect::Program> program_;
  event::FieldTable& fields_;
};

struct CountBlock final : BlockResult {
  std::vector<detect::Hit> hits;
};

class CountWorker final : public BlockWorker {
 public:
  CountWorker(std::shared_ptr<const detect::Program> program, event::FieldTable& fields)
      : scanner_(std::move(program), fields) {}
  std::unique_ptr<BlockResult> work(const Input&, event::EventBatch& batch) override {
    auto out = std::make_unique<CountBlock>();
    scanner_.scan(batch, out->hits);
    return out;
  }

 private:
  detect::Scanner scanner_;
};

std::unique_ptr<BlockWorker> HitCounter::worker() { return std::make_unique<CountWorker>(program_, fields_); }

void HitCounter::collect(const Input&, BlockResult& result) {
  for (const detect::Hit& hit : static_cast<CountBlock&>(result).hits) {
    ++hits_[hit.rule];
  }
}

struct TestCase {
  std::string info;  // path of info.yml
  std::string recording;
  std::string name;
  std::vector<std::string> rule_ids;
  std::uint64_t count = 1;
  bool count_given = false;
};

Result<std::vector<TestCase>> find_cases(const std::string& folder) {
  std::vector<std::string> infos;
  std::error_code error;
  if (!fs::exists(folder, error)) {
    return failure(ErrorCode::not_found, "no such folder", {.source = folder});
  }
  for (fs::recursive_directory_iterator walk(folder, error); !error && walk != fs::recursive_directory_iterator();
       walk.increment(error)) {
    if (walk->path().filename() == "info.yml" && walk.depth() <= static_cast<int>(limits::folder_depth_max)) {
      infos.push_back(walk->path().string());
    }
  }
  std::sort(infos.begin(), infos.end());
  std::vector<TestCase> out;
  for (const std::string& info : infos) {
    TRY(const std::string text, read_whole(info, limits::yaml_bytes_max));
    auto documents = wire::parse_yaml(text);
    if (!documents) {
      Error failed = documents.error();
      failed.where.source = info;
      return std::unexpected(failed);
    }
    for (const wire::Yaml& document : *documents) {
      const wire::Yaml* tests = document.find("regression_tests_info");
      const wire::Yaml* metadata = document.find("rule_metadata");
      if (tests == nullptr || metadata == nullptr || tests->kind != wire::Yaml::Kind::list) {
        continue;
      }
      for (const wire::Yaml& test : tests->items) {
        const wire::Yaml* path = test.find("path");
        if (path == nullptr) {
          continue;
        }
        TestCase one;
        one.info = info;
        const std::size_t slash = path->text.find_last_of("/\\");
        one.recording =
            (fs::path(info).parent_path() / path->text.substr(slash == std::string::npos ? 0 : slash + 1)).string();
        if (const wire::Yaml* name = test.find("name")) {
          one.name = name->text;
        }
        if (const wire::Yaml* count = test.find("match_count")) {
          if (const auto number = parse_uint64(count->text)) {
            one.count = *number;
            one.count_given = true;
          }
        }
        for (const wire::Yaml& rule : metadata->items) {
          if (const wire::Yaml* id = rule.find("id")) {
            one.rule_ids.push_back(id->text);
          }
        }
        out.push_back(std::move(one));
      }
    }
  }
  return out;
}

int run_test(const Arguments& arguments) {
  auto loaded = load_rules(arguments);
  if (!loaded) {
    return report_error(loaded.error());
  }
  event::FieldTable fields;
  const auto program = detect::Program::compile(loaded->set, fields, detect::Engine::indexed);
  std::map<std::string, std::uint32_t, std::less<>> by_id;
  for (std::size_t i = 0; i < loaded->set->rules.size(); ++i) {
    by_id.emplace(loaded->set->rules[i].info.id, static_cast<std::uint32_t>(i));
  }
  std::uint64_t passed = 0;
  std::uint64_t given = 0;
  for (const std::string& folder : arguments.positional) {
    const auto cases = find_cases(folder);
    if (!cases) {
      return report_error(cases.error());
    }
    for (const TestCase& one : *cases) {
      if (interrupted()) {
        return exit_interrupted;
      }
      ++given;
      PipelineOptions options;
      options.arguments = {one.recording};
      HitCounter counter(program, fields);
      const auto totals = run_pipeline(options, fields, counter);
      std::string why;
      if (!totals) {
        why = totals.error().text();
      } else if (counter.events_ == 0) {
        why = counter.problem_.empty() ? "no events in " + one.recording : counter.problem_;
      } else {
        for (const std::string& id : one.rule_ids) {
          const auto rule = by_id.find(id);
          if (rule == by_id.end()) {
            why = "rule " + id + " is not in the rule set";
            break;
          }
          const auto hits = counter.hits_.find(rule->second);
          const std::uint64_t count = hits == counter.hits_.end() ? 0 : hits->second;
          if (count < one.count) {
            why = fmt::format("rule {} matched {} of {} events, expected {}", id, count, counter.events_, one.count);
          } else if (one.count_given && count > one.count) {
            print_out("warning: {}: rule {} matched {} events, expected {}\n", one.info, id, count, one.count);
          }
        }
        if (one.rule_ids.empty()) {
          why = "names no rule";
        }
      }
      if (why.empty()) {
        ++passed;
      } else {
        print_out("failed: {}: {}\n", one.info, report::visible(why));
      }
    }
  }
  if (given == 0) {
    message("no case: below what was given no info.yml holds both rule_metadata and regression_tests_info with a path");
  }
  print_out("{} of {} cases\n", passed, given);
  return given == 0 ? exit_failed : passed == given ? exit_nothing_found : exit_found;
}

}  // namespace

extern const Command command_rules_check;
const Command command_rules_check = {
    .name = "rules check",
    .doc = "Parse and compile rules; name every problem with its place and a hint",
    .about =
        "Reads every .yml below DIR (default: the built-in packs). A rule that waits for a placeholder list is loaded "
        "and never fires. The last line "
        "counts: N given, N loaded, N rejected, N without a reader. Exit code 0 only if none is rejected. With "
        "--indicators it reads lists of indicators in the same way, with --yara YARA rules.",
    .example = "tocsin rules check my-rules/ --format sarif > rules.sarif",
    .positional = "DIR…",
    .positional_min = 0,
    .options =
        [] {
          std::vector<Option> out = {{"--format", "text|sarif", "Form of the problems (default text)"}};
          for (const Option& option : rule_command_options()) {
            out.push_back(option);
          }
          out.push_back({"--indicators", "FILE", "Read these lists of indicators instead of rules", true});
          out.push_back({"--yara", "FILE", "Read these YARA files, or folders with them, instead of rules", true});
          return out;
        }(),
    .run = run_check,
};

extern const Command command_rules_test;
const Command command_rules_test = {
    .name = "rules test",
    .doc = "Run regression folders: every rule must find its recording",
    .about =
        "Reads info.yml files in the form of SigmaHQ's regression_data; the recording lies beside each. A case passes "
        "with at least match_count hits "
        "(1 where none is given); more is a warning. Rules come from --rules, else from the built-in packs.",
    .example = "tocsin rules test regression_data/",
    .positional = "DIR…",
    .positional_min = 1,
    .options = rule_command_options(),
    .run = run_test,
};

}  // namespace tocsin::app
