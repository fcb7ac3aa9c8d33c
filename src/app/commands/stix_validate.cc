// tocsin stix validate: objects and bundles against the MUST and SHOULD rules of STIX 2.1.
#include <fmt/format.h>

#include <algorithm>

#include "app/command.h"
#include "app/json_filter.h"
#include "app/standard_output.h"
#include "app/stix_files.h"
#include "base/limits.h"
#include "stix/validate.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

void append_problems(wire::JsonWriter& json, std::string_view name, const std::vector<stix::Problem>& problems) {
  json.key(name).begin_array();
  for (const stix::Problem& problem : problems) {
    json.begin_object().member("code", stix::code_text(problem.code)).member("path", problem.path);
    json.member("message", problem.message);
    if (!problem.id.empty()) {
      json.member("id", problem.id);
    }
    json.end_object();
  }
  json.end_array();
}

struct Totals {
  std::uint64_t objects = 0, wrong = 0, errors = 0, warnings = 0, left_out = 0;
};

class FileReport {
 public:
  FileReport(const StixFile& file, bool show_warnings) : file_(file), show_warnings_(show_warnings) {}

  void add(const stix::Findings& findings, std::string_view bytes, std::uint64_t line, Totals& totals) {
    totals.objects += findings.objects;
    totals.wrong += findings.objects != 0 && !findings.valid() ? 1 : 0;
    totals.errors += findings.errors.size();
    totals.warnings += findings.warnings.size();
    totals.left_out += findings.left_out;
    for (const stix::Problem& problem : findings.errors) {
      show("error", problem, bytes, line);
    }
    if (show_warnings_) {
      for (const stix::Problem& problem : findings.warnings) {
        show("warning", problem, bytes, line);
      }
    }
  }

 private:
  void show(std::string_view grade, const stix::Problem& problem, std::string_view bytes, std::uint64_t line) const {
    const std::string_view before = bytes.substr(0, problem.offset);
    const auto lines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
    const std::string text =
        fmt::format("{}:{}: {} {}: {}{}{}{}\n", file_.name, line + lines, grade, stix::code_text(problem.code),
                    printable(problem.id, 100), problem.id.empty() ? "" : " ",
                    problem.path.empty() ? "" : printable(problem.path, 200) + ": ", printable(problem.message, 500));
    write_out(text);
  }

  const StixFile& file_;
  bool show_warnings_;
};

bool check_file(const StixFile& file, bool show_warnings, Totals& totals) {
  bool readable = true;
  stix::Validator validator;
  stix::Findings findings;
  FileReport report(file, show_warnings);
  const auto look = [&](std::string_view bytes, std::uint64_t line, auto check) {
    findings.clear();
    if (const Result<void> done = check(); !done) {
      readable = false;
      Error error = done.error();
      error.where = {.source = file.name, .line = line};
      report_error(error);
      return;
    }
    report.add(findings, bytes, line, totals);
  };
  for (const std::string& frame : file.frames) {
    look({}, 1, [&] { return validator.check_frame(frame, findings); });
  }
  for (const StixFile::Item& item : file.objects) {
    look(item.bytes, item.line, [&] { return validator.check_object(item.bytes, item.path, findings); });
  }
  return readable;
}

int run_validate(const Arguments& arguments) {
  const bool strict = arguments.has("--strict");
  if (arguments.has("--jsonl")) {
    stix::Validator validator;
    stix::Findings findings;
    const auto answer = [&](const std::string& line) -> Result<std::string> {
      findings.clear();
      TRY_VOID(validator.check(line, findings));
      std::string out;
      wire::JsonWriter json(out);
      json.begin_object().key("valid").boolean(findings.valid() && !(strict && !findings.warnings.empty()));
      append_problems(json, "errors", findings.errors);
      append_problems(json, "warnings", findings.warnings);
      if (findings.left_out != 0) {
        json.key("left_out").number(findings.left_out);
      }
      json.end_object();
      return out;
    };
    return filter_lines(arguments, limits::record_bytes_max, answer);
  }
  if (arguments.positional.empty()) {
    return report_error({ErrorCode::usage, "a FILE is needed, or --jsonl", {}, "- reads stdin"});
  }
  bool failed = false;
  Totals totals;
  for (const std::string& name : arguments.positional) {
    const auto file = read_stix_file(name);
    if (!file) {
      report_error(file.error());
      failed = true;
      continue;
    }
    failed = !check_file(*file, strict || arguments.has("--warnings"), totals) || failed;
  }
  message(
      fmt::format("{} objects, {} with errors; {} errors, {} warnings{}", totals.objects, totals.wrong, totals.errors,
                  totals.warnings,
                  totals.warnings != 0 && !strict && !arguments.has("--warnings") ? " (--warnings shows them)" : ""));
  if (totals.left_out != 0) {
    message(fmt::format("{} further problems are not shown", totals.left_out));
  }
  const bool found = totals.errors != 0 || (strict && totals.warnings != 0);
  return failed ? exit_failed : found ? exit_found : exit_nothing_found;
}

}  // namespace

extern const Command command_stix_validate;
const Command command_stix_validate = {
    .name = "stix validate",
    .doc = "Check STIX 2.1 objects and bundles against the standard",
    .about =
        "FILE is a bundle, an object, a list of objects, or JSON lines of these. What breaks a MUST rule of STIX 2.1 "
        "(with Errata 01) is an error, what breaks a SHOULD rule a warning; each is one line with the file and line, a "
        "stable code, the object's id, the place in it and what is wrong. Exit code 0 says that all is valid, 1 that "
        "something is not, 2 that a file could not be read.\n\nWith --jsonl it is a filter: every line of FILE, or of "
        "stdin, is an object or a bundle, and gives one line {\"valid\": true, \"errors\": [{\"code\", \"path\", "
        "\"message\"}], \"warnings\": […]}. A line that is no JSON gives {\"error\": {…}}, and exit code 2 at the end.",
    .example = "tocsin stix validate bundle.json",
    .positional = "FILE…",
    .positional_min = 0,
    .options = {{"--warnings", "", "Show broken SHOULD rules too"},
                {"--strict", "", "Broken SHOULD rules count like errors"},
                {"--jsonl", "", "Filter JSON lines from FILE or stdin"}},
    .run = run_validate,
};

}  // namespace tocsin::app
