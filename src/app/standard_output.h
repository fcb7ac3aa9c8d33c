// Standard output: the one way in which commands write their result, so that a full disk is never reported as success.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "report/terminal.h"

namespace tocsin::app {

// Buffered; false once writing has failed (a full disk, a reader that went away), and nothing more is written then. One
// thread at a time.
bool write_out(std::string_view text);

template <typename... Values>
bool print_out(fmt::format_string<Values...> form, Values&&... values) {
  return write_out(fmt::format(form, std::forward<Values>(values)...));
}

// Writes what is buffered; false as above.
bool flush_out();
// At the end of a command whose exit code would be `exit`: exit_failed with a message where the result could not be
// written. A reader that went away on purpose (`| head`) is no failure: the exit code stays.
int finish_out(int exit);

// Columns of the terminal behind standard output, else $COLUMNS, else `otherwise`.
std::size_t out_columns(std::size_t otherwise);
// How a report is drawn there: width, colour (a terminal without NO_COLOR), the characters that the locale has.
report::TerminalOptions terminal_options(bool full);

}  // namespace tocsin::app
