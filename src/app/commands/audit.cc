// tocsin node audit: who did what to a node, and whether the log of it is whole.
#include <fmt/format.h>

#include "app/audit.h"
#include "app/command.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "report/visible.h"

namespace tocsin::app {
namespace {

constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;

// "12:4f6c…", as --verify prints it.
Result<AuditHead> parse_head(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto lines = parse_uint64(text.substr(0, colon));
  if (!lines || *lines == 0 || colon == std::string_view::npos || text.size() - colon - 1 != 64) {
    return failure(ErrorCode::usage, "--held takes what --verify printed before: NUMBER:DIGEST");
  }
  return AuditHead{*lines, std::string(text.substr(colon + 1))};
}

Result<int> print_lines(const AuditLog& log, const std::string& mark) {
  auto file = open_input(log.path());
  if (!file) {
    return file.error().code == ErrorCode::not_found ? Result<int>(exit_nothing_found) : std::unexpected(file.error());
  }
  LineReader lines(file->get(), line_bytes_max);
  while (const auto line = lines.next()) {
    if (*line && (mark.empty() || (*line)->find(mark) != std::string::npos)) {
      print_out("{}\n", report::visible(**line));
    }
  }
  return exit_nothing_found;
}

Result<int> audit(const Arguments& arguments) {
  const std::string folder = arguments.value("--data").value_or(std::string(data_folder_default));
  TRY(const NodeData node, open_node(folder));
  TRY(const auto notes, open_node_notes(folder));
  const SystemClock clock;
  const AuditLog log(folder, *notes, node.key, clock);
  const auto object = arguments.value("--object");
  if (!arguments.has("--verify") && !arguments.has("--held")) {
    return print_lines(log, object ? log.mark(*object) : std::string());
  }
  AuditHead held;
  if (const auto text = arguments.value("--held")) {
    TRY(held, parse_head(*text));
  }
  TRY(const AuditReport report, log.verify(held));
  for (const std::string& one : report.wrong) {
    print_out("{}\n", one);
  }
  if (report.wrong_count > report.wrong.size()) {
    print_out("and {} more\n", report.wrong_count - report.wrong.size());
  }
  print_out("{} lines, {}; {}:{}\n", report.head.lines, report.wrong_count == 0 ? "all hold" : "not all hold",
            report.head.lines, report.head.digest);
  return report.wrong_count == 0 ? exit_nothing_found : exit_found;
}

}  // namespace

extern const Command command_node_audit;
const Command command_node_audit = {
    .name = "node audit",
    .doc = "Who did what to a node, and whether the log of it is whole",
    .about =
        "Prints the audit log, one JSON object a line: failed logins, users, tokens, certificates, collections and "
        "peers that changed, deleted objects, starts and stops. Objects stand there by a mark that says nothing "
        "without the node's key; --object finds the lines of one.\n\nWith --verify it is read as a chain: each line "
        "holds the digest of the one before and is sealed with a key of the node, and the database knows the last one. "
        "Exit 1 where something was changed, left out, added or cut off. Who holds the whole folder and rolls all of "
        "it back, or has the node's key, is noticed only by what others hold: note down the last part of the output "
        "elsewhere and give it as --held later.",
    .example = "tocsin node audit --data /var/lib/tocsin --verify",
    .positional = "",
    .positional_min = 0,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--verify", "", "Say whether the log is whole"},
                {"--held", "NUMBER:DIGEST", "Verify, and that this line, noted down before, is still there"},
                {"--object", "ID", "Only lines about this object"}},
    .run =
        [](const Arguments& arguments) {
          const auto done = audit(arguments);
          return done ? *done : report_error(done.error());
        },
};

}  // namespace tocsin::app
