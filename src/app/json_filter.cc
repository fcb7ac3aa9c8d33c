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

int filter_lines(const Arguments& arguments, std::size_t line_bytes_max,
                 const std::function<Result<std::string>(const std::string& line)>& answer) {
  if (arguments.positional.size() > 1) {
    return report_error({ErrorCode::usage, "a filter reads one file, or stdin", {}, {}});
  }
  const auto file = open_input(arguments.positional.empty() ? "-" : arguments.positional.front());
  if (!file) {
    return report_error(file.error());
  }
  LineReader reader(file->get(), line_bytes_max);
  bool failed = false;
  while (auto line = reader.next()) {
    auto written = *line ? answer(**line) : Result<std::string>(std::unexpected(line->error()));
    failed = failed || !written;
    if (!write_out((written ? *std::move(written) : error_line(written.error())) + "\n")) {
      break;
    }
  }
  return failed ? exit_failed : exit_nothing_found;
}

int filter_json_lines(const Arguments& arguments, Result<void> (*answer)(const wire::Json&, wire::JsonWriter&)) {
  return filter_lines(arguments, limits::record_bytes_max, [&](const std::string& line) -> Result<std::string> {
    TRY(const wire::Json read, wire::parse_json(line));
    std::string written;
    wire::JsonWriter json(written);
    json.begin_object();
    TRY_VOID(answer(read, json));
    json.end_object();
    return written;
  });
}

}  // namespace tocsin::app
