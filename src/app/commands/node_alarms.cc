// tocsin node alarms: what authors signed twice, with the proof.
#include "app/command.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "exchange/ledger.h"
#include "report/visible.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

void tell(const exchange::Alarm& one, std::string_view form) {
  if (form == "proof") {
    write_out(one.one + "\n" + one.two + "\n");
  } else if (form == "json") {
    std::string line;
    wire::JsonWriter json(line);
    json.begin_object().member("kind", one.kind).member("id", one.id).member("version", one.version);
    json.member("author", one.author).member("at", one.at).member("from", one.from);
    json.member("one", one.one).member("two", one.two).end_object();
    write_out(line + "\n");
  } else {
    print_out("{} {}: {} signed two different objects as {} {}{}\n", report::visible(one.at), one.kind,
              report::visible(one.author), report::visible(one.id), report::visible(one.version),
              one.from.empty() ? "" : ", the second came from the peer with key " + report::visible(one.from));
  }
}

Result<int> alarms(const Arguments& arguments) {
  const std::string form = arguments.value("--format").value_or("text");
  if (form != "text" && form != "json" && form != "proof") {
    return failure(ErrorCode::usage, "--format takes text, json or proof, not '" + form + "'");
  }
  const std::string folder = arguments.value("--data").value_or(std::string(data_folder_default));
  TRY(const NodeData node, open_node(folder));
  TRY(const auto notes, open_node_notes(folder));
  TRY(const std::vector<exchange::Alarm> kept, exchange::Ledger(*notes).alarms());
  const std::string id = arguments.positional.empty() ? "" : arguments.positional[0];
  int exit = exit_nothing_found;
  for (const exchange::Alarm& one : kept) {
    if (id.empty() || one.id == id) {
      tell(one, form);
      exit = exit_found;
    }
  }
  return exit;
}

int run_alarms(const Arguments& arguments) {
  const auto exit = alarms(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_node_alarms;
const Command command_node_alarms = {
    .name = "node alarms",
    .doc = "Show which authors signed two different objects as one version",
    .about =
        "One id and version with two contents, both validly signed by one author, is an alarm, whoever brought the "
        "second "
        "one: a user, a TAXII server or a peer. The node knows the keys of its own identity, of its peers, and those "
        "given "
        "to 'tocsin serve --author-keys'. The first content stays where it is; what no signature decides is no alarm, "
        "and "
        "kept as a conflicting copy (docs/log.md).\n\n--format proof prints both objects, one a line, as 'tocsin stix "
        "verify' reads them: they prove it to anybody who has the author's key.\n\nExit code 1 says that there is an "
        "alarm.",
    .example = "tocsin node alarms --format proof | tocsin stix verify --keys authors.pub -",
    .positional = "[ID]",
    .positional_min = 0,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--format", "text|json|proof", "json: one object a line for each alarm, with both copies"}},
    .run = run_alarms,
};

}  // namespace tocsin::app
