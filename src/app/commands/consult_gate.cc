// tocsin consult gate: whether an action fits the defensive mandate.
#include <chrono>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/json_filter.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/time.h"
#include "council/paper_acts.h"
#include "council/paper_gate.h"
#include "gate/recognise.h"
#include "report/visible.h"

namespace tocsin::app {
namespace {

constexpr std::size_t document_bytes_max = 16 << 20;
constexpr std::size_t consent_bytes_max = 64 << 10;

Time now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Time::from_seconds(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

Result<void> gate_line(const wire::Json& line, wire::JsonWriter& json) {
  TRY(const gate::Verdict verdict, gate::decide(line, now()));
  gate::write_verdict(verdict, json);
  return {};
}

void print_verdict(const std::string& file, const gate::Recognised& about, const gate::Verdict& verdict, bool as_json) {
  if (as_json) {
    std::string line;
    wire::JsonWriter json(line);
    json.begin_object().member("file", file).member("what", about.what);
    gate::write_verdict(verdict, json);
    json.end_object();
    print_out("{}\n", line);
    return;
  }
  print_out("{}: {}\n", report::visible(file), report::visible(about.what));
  print_out("  class {}: {} ({})\n", gate::name_of(verdict.verdict), council::words_of(verdict.verdict),
            gate::code_text(verdict.rule));
  print_out("  {}\n", gate::sentence(verdict.rule));
  if (!verdict.about.empty()) {
    print_out("  because of: {}\n", report::visible(verdict.about));
  }
  for (const std::string& word : verdict.review) {
    print_out("  for a person to look at: \"{}\"\n", word);
  }
}

Result<wire::Json> read_document(const std::string& file, const std::string& text) {
  auto document = wire::parse_json(text);
  if (!document) {
    return failure(document.error().code, document.error().message, {.source = file}, document.error().hint);
  }
  return document;
}

Result<int> gate_files(const Arguments& arguments) {
  const std::string action = arguments.value("--action").value_or("playbook");
  const std::string scope = arguments.value("--scope").value_or("own");
  const std::string owner = arguments.value("--owner").value_or("");
  const std::string context = arguments.value("--context").value_or("import");
  wire::Json consent;
  if (const auto file = arguments.value("--consent")) {
    TRY(const std::string text, read_whole(*file, consent_bytes_max));
    TRY(consent, read_document(*file, text));
  }
  const gate::About said{.action = action,
                         .scope = scope,
                         .owner = owner,
                         .context = context,
                         .consent = arguments.has("--consent") ? &consent : nullptr};
  int exit = exit_nothing_found;
  for (const std::string& file : arguments.positional) {
    TRY(const std::string text, read_whole(file, document_bytes_max));
    TRY(const wire::Json document, read_document(file, text));
    const std::vector<gate::Recognised> found = gate::recognise(document);
    if (found.empty()) {
      return failure(ErrorCode::unreadable, "nothing in it says what would be done", {.source = file},
                     "a CACAO playbook, an OpenC2 command, a MISP event or object, a STIX course of action or bundle; "
                     "other actions as lines with --jsonl");
    }
    for (const gate::Recognised& about : found) {
      const gate::Verdict verdict = gate::decide(about, said, now());
      print_verdict(file, about, verdict, arguments.has("--json"));
      if (verdict.verdict != gate::Class::R) {
        continue;
      }
      exit = exit_found;
      if (!arguments.has("--journal")) {
        continue;
      }
      std::string object;
      wire::JsonWriter json(object);
      wire::write_json(*about.object, json);
      const int laid = lay_paper(arguments, [&](const council::Situation& situation) {
        return council::import_refusal_paper(situation, about.format, object, verdict);
      });
      if (laid != exit_found) {
        return laid;
      }
    }
  }
  return exit;
}

int run_gate(const Arguments& arguments) {
  if (arguments.has("--jsonl")) {
    return filter_json_lines(arguments, gate_line);
  }
  if (arguments.positional.empty()) {
    return report_error({ErrorCode::usage, "'tocsin consult gate' needs a file, or --jsonl", {}, "see its --help"});
  }
  const auto exit = gate_files(arguments);
  return exit ? *exit : report_error(exit.error());
}

std::vector<Option> gate_options() {
  std::vector<Option> out = {
      {"--jsonl", "", "Filter JSON lines from FILE or stdin"},
      {"--action", "NAME", "What is to be done, if the files do not say: patch, hunt… (default: what they say)"},
      {"--scope", "WHOSE", "Whose systems: own (default), other or third-party"},
      {"--owner", "NAME", "Whose actuator it is"},
      {"--consent", "FILE", "The consent: JSON with \"scope\" and \"until\""},
      {"--context", "WORD", "import (default), table or export"},
      {"--json", "", "One JSON line for each document"}};
  for (Option& each : signing_options({})) {
    out.push_back(each);
  }
  return out;
}

}  // namespace

extern const Command command_consult_gate;
const Command command_consult_gate = {
    .name = "consult gate",
    .doc = "Say whether an action fits a strictly defensive mandate",
    .about =
        "Files hold CACAO playbooks, OpenC2 commands, MISP events or objects, or STIX courses of action (also in a "
        "bundle); each is taken apart (steps of playbooks, commands in commands, JSON and base64 in text) and gets a "
        "class, the rule behind it, and the wording that a person should look at, which never decides. The table "
        "stands in docs/gate.md; what it does not name is refused. Nothing is run. Exit code 1 says that something is "
        "refused. With --journal and --key the refusal is signed into that consultation: the document's digest, and "
        "the rule.\n\nWith --jsonl it is a filter: every line of FILE, or of stdin, is one action, and gives one line "
        "{\"class\": \"A|B|C|D|L|R\", \"decision\": \"allow|sign|consent|record|refuse\", \"rule\": \"…\"} or "
        "{\"error\": {…}}. An action is {\"action\": \"…\", \"scope\": \"own|other|third-party\", \"consent\": "
        "{…}|null, \"owner\": \"…\", \"context\": \"import|table|export\", \"source\": {\"format\": "
        "\"openc2|cacao|misp|text\", \"object\": {…}}}. A consent needs \"scope\" and \"until\"; the moment is \"at\", "
        "or now. Exit code 2 says that a line gave an error.",
    .example = "tocsin consult gate --scope own contain-and-evict.json",
    .positional = "[FILE…]",
    .positional_min = 0,
    .options = gate_options(),
    .run = run_gate,
};

}  // namespace tocsin::app
