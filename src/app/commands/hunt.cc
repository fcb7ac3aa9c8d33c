// tocsin hunt: rules and playbooks over evidence, the verdict first.
#include <algorithm>
#include <ctime>

#include "app/hunt.h"
#include "app/standard_output.h"
#include "report/terminal.h"
#include "report/visible.h"

namespace tocsin::app {
namespace {

int run_hunt(const Arguments& arguments) {
  HuntOptions options;
  auto pipeline = pipeline_options(arguments);
  if (!pipeline) {
    return report_error(pipeline.error());
  }
  options.pipeline = std::move(*pipeline);
  std::vector<std::pair<std::string, const report::Output*>> outputs;
  if (const auto found = arguments.options.find("--out"); found != arguments.options.end()) {
    for (const std::string& path : found->second) {
      const report::Output* output = report::output_for(path);
      if (output == nullptr) {
        std::string known;
        for (const report::Output* one : report::outputs()) {
          known += (known.empty() ? "" : " ") + std::string(one->suffix);
        }
        return report_error(
            {ErrorCode::usage, "the suffix of --out " + path + " names no form", {}, "one of " + known});
      }
      if (const auto writable = check_writable(path); !writable) {
        return report_error(writable.error());
      }
      outputs.emplace_back(path, output);
    }
  }
  if (const auto engine = arguments.value("--engine")) {
    if (*engine != "plain" && *engine != "indexed") {
      return report_error({ErrorCode::usage, "--engine takes indexed or plain, not '" + *engine + "'", {}, {}});
    }
    options.engine = *engine == "plain" ? detect::Engine::plain : detect::Engine::indexed;
  }
  auto rules = load_rules(arguments);
  if (!rules) {
    return report_error(rules.error());
  }
  options.rules = std::move(*rules);
  auto indicators = load_indicators(arguments, options.rules.false_friends);
  if (!indicators) {
    return report_error(indicators.error());
  }
  options.indicators = std::move(*indicators);
  for (const rules::Diagnostic& diagnostic : options.indicators.diagnostics) {
    message("indicators: " + report::visible(diagnostic.error.text()));
  }
  auto yara = load_yara(arguments);
  if (!yara) {
    return report_error(yara.error());
  }
  options.yara = std::move(*yara);
  options.pipeline.file_bytes_max = options.yara.file_bytes_max;
  for (const rules::Diagnostic& diagnostic : options.yara.diagnostics) {
    if (diagnostic.severity == rules::Diagnostic::Severity::error) {
      message("yara: " + report::visible(diagnostic.error.text()));
    }
  }
  options.command_line = arguments.command_line;
  options.started = rfc3339(Time::from_seconds(std::time(nullptr)));
  auto result = hunt(options);
  if (!result) {
    return report_error(result.error());
  }
  HuntResult& found = **result;
  report::Report& report = found.report;
  int exit = exit_nothing_found;
  bool hit = report.summary.detections != 0 || report.summary.correlations != 0;
  for (const verdict::Verdict& verdict : report.verdicts) {
    hit = hit || verdict.state == verdict::State::compromised ||
          verdict.state == verdict::State::attacked_no_sign_of_success;
  }
  if (hit) {
    exit = exit_found;
  }
  if (report.summary.sources_read == 0 && report.summary.yara.files_scanned == 0) {
    message("nothing could be read");
    exit = exit_failed;
  }
  if (arguments.has("--strict") && (report.summary.sources_skipped != 0 || report.summary.unreadable != 0)) {
    message("--strict: some input was skipped or unreadable");
    exit = exit_failed;
  }
  if (report.summary.interrupted) {
    exit = exit_interrupted;
  }
  if (std::any_of(outputs.begin(), outputs.end(), [](const auto& one) { return one.second->suffix == ".stix.json"; })) {
    std::set<std::string, std::less<>> fired;
    for (const report::RuleTotal& total : report.totals) {
      if (report.rules[total.rule].source != "indicator" && report.rules[total.rule].source != "yara") {
        fired.insert(report.rules[total.rule].file);
      }
    }
    const auto texts = rule_texts(arguments, fired);
    for (const report::RuleTotal& total : report.totals) {
      report::RuleRef& rule = report.rules[total.rule];
      if (rule.source == "indicator" || rule.source == "yara") {
        continue;
      }
      if (const auto known = texts.find(rule.file); known != texts.end()) {
        rule.text = known->second;
      }
    }
  }
  for (const auto& [path, output] : outputs) {
    const auto written = write_atomically(path, [&](const report::Sink& sink) { return output->write(report, sink); });
    if (!written) {
      exit = report_error(written.error());
    } else {
      message("wrote " + path);
    }
  }
  // Last: whatever becomes of the terminal, the files are there.
  write_out(report::render_terminal(report, terminal_options(arguments.has("--verbose"))));
  return exit;
}

std::vector<Option> hunt_options() {
  std::vector<Option> out = {
      {"--out", "FILE",
       "Write the result to FILE; the suffix says how: .jsonl .json .csv .html .stix.json .sarif .timesketch.jsonl "
       ".navigator.json",
       true},
      {"--strict", "",
       "Exit with 2 if any input was skipped or any record unreadable. Links that lead out of a folder that was given, "
       "pipes and devices in it are notes, not skipped input"},
  };
  for (auto more :
       {rule_command_options(), indicator_command_options(), yara_command_options(), pipeline_command_options()}) {
    out.insert(out.end(), more.begin(), more.end());
  }
  out.push_back(
      {"--engine", "NAME", "indexed (default), or plain: the slow reference that walks every rule over every event"});
  return out;
}

}  // namespace

extern const Command command_hunt;
const Command command_hunt = {
    .name = "hunt",
    .doc = "Find out what happened: rules, indicators, YARA, playbooks; the verdict first",
    .about =
        "Reads files, folders, archives or - (standard input), recognises every format by its content, and runs all "
        "rules, indicators, YARA rules and playbooks in one pass. Prints the verdict of each playbook, then detections "
        "by severity, then what was covered and what "
        "was not. Inputs "
        "are only ever opened for reading.",
    .example = "tocsin hunt /mnt/evidence --out report.html --out findings.jsonl",
    .positional = "PATH…",
    .positional_min = 1,
    .options = hunt_options(),
    .run = run_hunt,
};

}  // namespace tocsin::app
