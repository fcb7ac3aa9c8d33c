// A filter over JSON lines: one line in, one line out, same order; a bad line gives an error object in its place.
#pragma once

#include <functional>
#include <string>

#include "app/command.h"
#include "wire/json.h"

namespace tocsin::app {

// Reads the file named first, or stdin, and calls `answer` for each line: it writes members into an object that is
// begun. Where it fails, what it wrote is dropped and {"error":{"code","message"}} takes its place. The exit code is 0,
// or exit_failed where a line gave an error.
int filter_json_lines(const Arguments& arguments,
                      Result<void> (*answer)(const wire::Json& line, wire::JsonWriter& json));

// The same for answers that read the line themselves, of up to `line_bytes_max`, and give a whole line of JSON.
int filter_lines(const Arguments& arguments, std::size_t line_bytes_max,
                 const std::function<Result<std::string>(const std::string& line)>& answer);

}  // namespace tocsin::app
