#include "app/standard_output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "app/command.h"

namespace tocsin::app {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;

std::string buffer;
int first_error = 0;  // errno of the first write that failed

bool drain() {
  std::string_view rest = buffer;
  while (first_error == 0 && !rest.empty()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (wrote >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno != EINTR) {
      first_error = errno;
    }
  }
  buffer.clear();
  return first_error == 0;
}

}  // namespace

bool write_out(std::string_view text) {
  static const bool terminal = isatty(STDOUT_FILENO) == 1;
  if (first_error != 0) {
    return false;
  }
  buffer += text;
  return buffer.size() < buffer_bytes && !terminal ? true : drain();
}

bool flush_out() { return drain(); }

int finish_out(int exit) {
  if (drain() || first_error == EPIPE) {
    return exit;
  }
  return report_error({ErrorCode::io,
                       std::string("standard output cannot be written: ") + std::strerror(first_error),
                       {},
                       "the result is not complete; free space or choose another place"});
}

std::size_t out_columns(std::size_t otherwise) {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr && std::atoi(columns) > 0) {
    return static_cast<std::size_t>(std::atoi(columns));
  }
  return otherwise;
}

report::TerminalOptions terminal_options(bool full) {
  report::TerminalOptions out;
  out.full = full;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  out.colour = isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
               (term == nullptr || std::string_view(term) != "dumb");
  const char* language = std::getenv("LC_ALL");
  language = language != nullptr && *language != '\0' ? language : std::getenv("LANG");
  out.unicode = language == nullptr || std::string_view(language) != "C";
  out.width = out_columns(100);
  return out;
}

}  // namespace tocsin::app
