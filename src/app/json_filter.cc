#include "app/json_filter.h"

#include <fmt/format.h>

#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/limits.h"

namespace tocsin::app {
namespace {

std::string error_line(const Error& error) {
  std::string text = error.message;
  if (error.where.line != 0) {
    text = fmt::format("{}:{}: {}", error.where.line, error.where.column, text);
  }
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().key("error").begin_object().member("code", code_text(error.code));
  json.member("message", error.hint.empty() ? text : text + " (" + error.hint + ")").end_object().end_object();
  return out;
}

}  // namespace

int filter_json_lines(const Arguments& arguments, Result<void> (*answer)(const wire::Json&, wire::JsonWriter&)) {
  if (arguments.positional.size() > 1) {
    return report_error({ErrorCode::usage, "a filter reads one file, or stdin", {}, {}});
  }
  const auto file = open_input(arguments.positional.empty() ? "-" : arguments.positional.front());
  if (!file) {
    return report_error(file.error());
  }
  LineReader reader(file->get(), limits::record_bytes_max);
  bool failed = false;
  std::string out;
  while (auto line = reader.next()) {
    const auto read = *line ? wire::parse_json(**line) : Result<wire::Json>(std::unexpected(line->error()));
    std::string written;
    Result<void> result;
    if (read) {
      wire::JsonWriter json(written);
      json.begin_object();
      result = answer(*read, json);
      json.end_object();
    } else {
      result = std::unexpected(read.error());
    }
    if (!result) {
      failed = true;
      written = error_line(result.error());
    }
    if (!write_out(written += '\n')) {
      break;
    }
  }
  return failed ? exit_failed : exit_nothing_found;
}

}  // namespace tocsin::app
