// tocsin release: what may be told to whom.
#include "app/command.h"
#include "app/json_filter.h"
#include "app/standard_output.h"
#include "policy/release_json.h"
#include "policy/truth_table.h"

namespace tocsin::app {
namespace {

Result<void> decide_line(const wire::Json& line, wire::JsonWriter& json) {
  TRY(const policy::Request request, policy::read_request(line));
  policy::write_release(policy::decide(request), json);
  return {};
}

int run_decide(const Arguments& arguments) {
  if (!arguments.has("--jsonl")) {
    return report_error({ErrorCode::usage, "'tocsin release decide' needs --jsonl", {}, "see its --help"});
  }
  return filter_json_lines(arguments, decide_line);
}

int run_table(const Arguments&) {
  write_out(policy::truth_table());
  return exit_nothing_found;
}

}  // namespace

extern const Command command_release_decide;
const Command command_release_decide = {
    .name = "release decide",
    .doc = "Say whether an object may be given to somebody, and why",
    .about =
        "A filter: every line of FILE, or of stdin, is one question, and gives one line {\"decision\": "
        "\"allow|redact|deny\", \"because\": [{\"code\", \"message\"}]} or {\"error\": {…}}. The rules stand in "
        "docs/release.md.\n\nA question is {\"object\": {…}, \"markings\": […], \"audience\": […]|null, \"holder\": "
        "\"author|recipient\", \"recipient\": {\"person\", \"organisation\", \"client_of\", \"communities\": […]}, "
        "\"purpose\": \"read|forward|publish|backup\", \"at\": \"…\"}. \"markings\" holds the definitions that the "
        "object "
        "refers to, or, where it names none itself, its markings; text is an id or a name such as \"TLP:AMBER\". "
        "\"audience\" is who the author released it to: [] is nobody, null the readers of the collection. Optional: "
        "\"holder_organisation\", \"embargo_until\", \"with_a_released_object\".\n\nExit code 2 says that a line "
        "gave an error.",
    .example = "tocsin release decide --jsonl questions.jsonl",
    .positional = "[FILE]",
    .positional_min = 0,
    .options = {{"--jsonl", "", "Filter JSON lines from FILE or stdin"}},
    .run = run_decide,
};

extern const Command command_release_table;
const Command command_release_table = {
    .name = "release table",
    .doc = "Print the table of who may have what under which marking",
    .about =
        "The truth table of docs/release.md in Markdown, made by asking the function that decides, for every marking, "
        "kind of recipient, and audience.",
    .example = "tocsin release table",
    .positional = "",
    .positional_min = 0,
    .options = {},
    .run = run_table,
};

}  // namespace tocsin::app
