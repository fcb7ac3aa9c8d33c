#include "ingest/text/leading_time.h"

#include <algorithm>

#include "base/text.h"
#include "ingest/text/log_time.h"

namespace tocsin::ingest {

std::optional<ParsedTime> parse_leading_time(std::string_view line, std::int64_t modified_seconds) {
  while (!line.empty() && (line.front() == '[' || line.front() == '"' || line.front() == '(' || line.front() == ' ')) {
    line.remove_prefix(1);
  }
  if (line.size() < 8) {
    return std::nullopt;
  }
  if (ascii_alpha(line.front())) {
    std::size_t used = 0;
    if (auto time = parse_syslog_time(line, modified_seconds, used)) {
      return time;
    }
    if (line[3] != ' ' && line[3] != ',') {
      return std::nullopt;
    }
  } else if (!ascii_digit(line.front())) {
    return std::nullopt;
  }
  // Every time but a date alone and a bare number has a clock: lines that begin with addresses or counts need no closer
  // look.
  if (line.substr(0, 28).find(':') == std::string_view::npos && line[4] != '-' &&
      std::min(line.find_first_not_of("0123456789"), line.size()) < 10) {
    return std::nullopt;
  }
  // A time holds at most five blanks: try the longest piece that ends before a separator, then shorter ones.
  constexpr std::size_t longest = 40;
  std::string_view piece = line.substr(0, longest);
  for (int tries = 0; tries < 12; ++tries) {
    if (tries != 0 || line.size() > longest) {
      const std::size_t end = piece.find_last_of(" \t,;|])\"");
      if (end == std::string_view::npos || end < 8) {
        return std::nullopt;
      }
      piece = piece.substr(0, end);
    }
    // A bare number is a time only where it is a plausible one: 2001 to 2033 in seconds or milliseconds.
    const bool number = piece.find_first_not_of("0123456789") == std::string_view::npos;
    if (number && (piece.front() != '1' || (piece.size() != 10 && piece.size() != 13))) {
      return std::nullopt;
    }
    if (auto time = parse_log_time(piece)) {
      return time;
    }
  }
  return std::nullopt;
}

}  // namespace tocsin::ingest
