// tocsin stix id: the deterministic identifiers of cyber observables.
#include <fmt/format.h>

#include "app/command.h"
#include "app/json_filter.h"
#include "app/standard_output.h"
#include "app/stix_files.h"
#include "base/limits.h"
#include "stix/deterministic_id.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

Result<std::string> answer_line(const std::string& line, stix::Document& document) {
  TRY_VOID(document.parse(line));
  if (document[0].kind != stix::Node::Kind::object || document.string(0, "type").empty()) {
    return failure(ErrorCode::usage, "the line is no object with a type", {},
                   R"({"type":"ipv4-addr","value":"198.51.100.3"})");
  }
  TRY(const auto id, stix::deterministic_id(document, 0));
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().key("id");
  (id ? json.string(*id) : json.null()).end_object();
  return out;
}

int run_id(const Arguments& arguments) {
  stix::Document document;
  if (arguments.has("--jsonl")) {
    return filter_lines(arguments, limits::record_bytes_max,
                        [&](const std::string& line) { return answer_line(line, document); });
  }
  if (arguments.positional.empty()) {
    return report_error({ErrorCode::usage, "a FILE is needed, or --jsonl", {}, "- reads stdin"});
  }
  bool failed = false;
  std::uint64_t differ = 0, given = 0, computed = 0;
  for (const std::string& name : arguments.positional) {
    const auto file = read_stix_file(name);
    if (!file) {
      report_error(file.error());
      failed = true;
      continue;
    }
    for (const StixFile::Item& item : file->objects) {
      const auto parsed = document.parse(item.bytes);
      auto id = parsed ? stix::deterministic_id(document, 0)
                       : Result<std::optional<std::string>>(std::unexpected(parsed.error()));
      if (!id) {
        Error error = std::move(id).error();
        error.where = {.source = name, .line = item.line};
        report_error(error);
        failed = true;
        continue;
      }
      if (!*id) {
        continue;
      }
      ++computed;
      const std::string_view has = document.string(0, "id");
      given += has.empty() ? 0 : 1;
      const bool other = !has.empty() && has != **id;
      differ += other ? 1 : 0;
      const std::string line =
          fmt::format("{}:{}: {}{}\n", name, item.line, **id, other ? "  instead of " + printable(has, 100) : "");
      write_out(line);
    }
  }
  message(fmt::format("{} deterministic ids; {} of {} given ids differ", computed, differ, given));
  return failed ? exit_failed : differ != 0 ? exit_found : exit_nothing_found;
}

}  // namespace

extern const Command command_stix_id;
const Command command_stix_id = {
    .name = "stix id",
    .doc = "Compute the deterministic ids of cyber observables",
    .about =
        "For every cyber observable in FILE (a bundle, an object, a list or JSON lines) whose type has properties that "
        "contribute to its id, prints the id that section 2.9 of STIX 2.1 gives: UUID version 5 over the canonical "
        "JSON "
        "(RFC 8785) of these properties. Exit code 1 says that an object carries another id, 2 that something could "
        "not "
        "be read.\n\nWith --jsonl it is a filter: every line of FILE, or of stdin, is an observable, with or without "
        "id, "
        "and gives one line {\"id\": \"…\"}; null where the standard gives no deterministic id.",
    .example = "tocsin stix id bundle.json",
    .positional = "FILE…",
    .positional_min = 0,
    .options = {{"--jsonl", "", "Filter JSON lines from FILE or stdin"}},
    .run = run_id,
};

}  // namespace tocsin::app
