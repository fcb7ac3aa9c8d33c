// tocsin consult gate: whether an action fits the defensive mandate.
#include <chrono>

#include "app/command.h"
#include "app/json_filter.h"
#include "base/time.h"
#include "gate/gate.h"

namespace tocsin::app {
namespace {

Time now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Time::from_seconds(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

Result<void> gate_line(const wire::Json& line, wire::JsonWriter& json) {
  TRY(const gate::Verdict verdict, gate::decide(line, now()));
  gate::write_verdict(verdict, json);
  return {};
}

int run_gate(const Arguments& arguments) {
  if (!arguments.has("--jsonl")) {
    return report_error({ErrorCode::usage, "'tocsin consult gate' needs --jsonl", {}, "see its --help"});
  }
  return filter_json_lines(arguments, gate_line);
}

}  // namespace

extern const Command command_consult_gate;
const Command command_consult_gate = {
    .name = "consult gate",
    .doc = "Say whether an action fits a strictly defensive mandate",
    .about =
        "A filter: every line of FILE, or of stdin, is one action, and gives one line {\"class\": \"A|B|C|D|L|R\", "
        "\"decision\": \"allow|sign|consent|record|refuse\", \"rule\": \"…\"} or {\"error\": {…}}. The table stands in "
        "docs/gate.md; what it does not name is refused.\n\nAn action is {\"action\": \"…\", \"scope\": "
        "\"own|other|third-party\", \"consent\": {…}|null, \"owner\": \"…\", \"context\": \"import|table|export\", "
        "\"source\": {\"format\": \"openc2|cacao|misp|text\", \"object\": {…}}}. The source is taken apart: steps of "
        "playbooks, commands in commands, JSON and base64 in text. A consent needs \"scope\" and \"until\"; the moment "
        "is \"at\", or now. \"review\" lists wording that a person should look at; it never decides.\n\nExit code 2 "
        "says that a line gave an error.",
    .example = "tocsin consult gate --jsonl options.jsonl",
    .positional = "[FILE]",
    .positional_min = 0,
    .options = {{"--jsonl", "", "Filter JSON lines from FILE or stdin"}},
    .run = run_gate,
};

}  // namespace tocsin::app
