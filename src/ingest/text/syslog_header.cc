#include "ingest/text/syslog_header.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "ingest/text/log_time.h"

namespace tocsin::ingest {
namespace {

constexpr std::int64_t year_seconds = 31'536'000;

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word == "-" ? std::string_view{} : word;
}

// "<34>", at most 191 (RFC 5424 section 6.2.1).
bool take_priority(std::string_view& rest, std::optional<std::uint32_t>& priority) {
  if (!rest.starts_with('<')) {
    return true;
  }
  const std::size_t close = rest.substr(0, 5).find('>');
  if (close == std::string_view::npos || close < 2) {
    return false;
  }
  const auto number = parse_uint64(rest.substr(1, close - 1));
  if (!number || *number > 191) {
    return false;
  }
  priority = static_cast<std::uint32_t>(*number);
  rest.remove_prefix(close + 1);
  return true;
}

// "[id name="value"]…" with \" \\ \] escaped inside values; shortens rest by it.
std::string_view take_structured_data(std::string_view& rest) {
  std::size_t at = 0;
  while (at < rest.size() && rest[at] == '[') {
    bool quoted = false;
    std::size_t end = at + 1;
    while (end < rest.size() && (quoted || rest[end] != ']')) {
      if (rest[end] == '\\' && quoted) {
        ++end;
      } else if (rest[end] == '"') {
        quoted = !quoted;
      }
      ++end;
    }
    if (end >= rest.size()) {
      break;  // never closed: it is text
    }
    at = end + 1;
  }
  const std::string_view data = rest.substr(0, at);
  rest.remove_prefix(at);
  if (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  return data;
}

bool parse_rfc5424(std::string_view rest, SyslogHeader& out) {
  if (!rest.starts_with("1 ")) {
    return false;
  }
  rest.remove_prefix(2);
  const std::string_view stamp = take_word(rest);
  if (!stamp.empty()) {
    const auto time = parse_iso8601(stamp);
    if (!time) {
      return false;
    }
    out.time = time;
  }
  out.host = take_word(rest);
  out.program = take_word(rest);
  out.process = take_word(rest);
  out.message_id = take_word(rest);
  if (rest == "-" || rest.starts_with("- ")) {
    rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  } else {
    out.structured_data = take_structured_data(rest);
  }
  if (rest.starts_with("\xEF\xBB\xBF")) {
    rest.remove_prefix(3);
  }
  out.message = rest;
  out.rfc5424 = true;
  return true;
}

bool is_program_char(char c) {
  return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == '(' || c == ')' ||
         c == '@' || c == '\\';
}

// "sshd[123]: ", "kernel: ", "CRON[1]: ": the tag of RFC 3164 with its colon.
bool take_tag(std::string_view& rest, SyslogHeader& out) {
  std::size_t end = 0;
  while (end < rest.size() && end < 64 && is_program_char(rest[end])) {
    ++end;
  }
  if (end == 0 || end == rest.size() || rest.find_first_not_of("0123456789") == end) {
    return false;
  }
  const std::string_view program = rest.substr(0, end);
  std::string_view process;
  if (rest[end] == '[') {
    const std::size_t close = rest.find(']', end);
    if (close == std::string_view::npos || close - end > 32) {
      return false;
    }
    process = rest.substr(end + 1, close - end - 1);
    end = close + 1;
  }
  if (end >= rest.size() || rest[end] != ':' || (end + 1 < rest.size() && rest[end + 1] != ' ')) {
    return false;
  }
  out.program = program;
  out.process = process;
  rest.remove_prefix(std::min(end + 2, rest.size()));
  return true;
}

// What applications write where a host would stand.
bool is_level(std::string_view word) {
  constexpr std::array<std::string_view, 13> levels = {"TRACE",   "DEBUG",    "INFO",  "NOTICE", "WARN",
                                                       "WARNING", "ERROR",    "FATAL", "CRIT",   "ALERT",
                                                       "SEVERE",  "CRITICAL", "EMERG"};
  return std::any_of(levels.begin(), levels.end(), [&](std::string_view level) { return ascii_iequals(word, level); });
}

bool is_host(std::string_view word) {
  return !word.empty() && word.size() <= 255 &&
         std::all_of(word.begin(), word.end(),
                     [](char c) {
                       return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '_' || c == '.' || c == ':' ||
                              c == '%';
                     }) &&
         word.back() != ':' && !is_level(word);
}

// "000123: ", Cisco's sequence number.
void skip_sequence_number(std::string_view& rest) {
  const std::size_t end = rest.find_first_not_of("0123456789");
  if (end != std::string_view::npos && end != 0 && end < 12 && rest.substr(end).starts_with(": ")) {
    rest.remove_prefix(end + 2);
  }
}

bool take_time(std::string_view& rest, std::int64_t modified_seconds, SyslogHeader& out) {
  std::size_t used = 0;
  if (const auto time = parse_syslog_time(rest, modified_seconds, used)) {
    out.time = time;
    out.year_assumed = modified_seconds <= 0 && time->time < Time::from_seconds(3 * year_seconds);
    rest.remove_prefix(used);
    // Cisco: "Mar  7 2021 14:12:30 UTC: …", "Mar  7 14:12:30.123 CET: …"
    if (rest.starts_with(" UTC") || rest.starts_with(" GMT")) {
      out.time->has_zone = true;
      rest.remove_prefix(4);
    }
  } else {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    const auto iso = blank > 10 ? parse_iso8601(rest.substr(0, blank)) : std::nullopt;
    if (!iso || rest[10] == '/') {
      return false;
    }
    out.time = iso;
    rest.remove_prefix(blank);
  }
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest.front() != ' ') {
    return false;
  }
  while (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  return true;
}

}  // namespace

std::optional<SyslogHeader> parse_syslog_header(std::string_view line, std::int64_t modified_seconds) {
  SyslogHeader out;
  std::string_view rest = line;
  // RFC 6587 section 3.4.1: senders over TCP put the length before the message.
  if (const std::size_t digits = rest.find_first_not_of("0123456789");
      digits != 0 && digits < 8 && rest.substr(digits).starts_with(" <")) {
    rest.remove_prefix(digits + 1);
  }
  if (!take_priority(rest, out.priority)) {
    return std::nullopt;
  }
  if (parse_rfc5424(rest, out)) {
    return out.priority || out.time ? std::optional(out) : std::nullopt;
  }
  const auto priority = out.priority;
  out = {};
  out.priority = priority;
  skip_sequence_number(rest);
  bool timed = take_time(rest, modified_seconds, out);
  if (!timed && out.priority) {
    // Cisco with an origin: "46: r1: Mar  7 14:12:30.123: %SYS-5-…"
    const std::size_t colon = rest.find(": ");
    std::string_view behind =
        rest.substr(std::min(colon == std::string_view::npos ? rest.size() : colon + 2, rest.size()));
    if (colon != std::string_view::npos && is_host(rest.substr(0, colon)) && take_time(behind, modified_seconds, out)) {
      out.host = rest.substr(0, colon);
      out.message = behind;
      return out;
    }
  }
  if (!timed && !out.priority) {
    return std::nullopt;
  }
  if (timed && !take_tag(rest, out)) {
    // A host, and then a tag or none. A word such as "last" in "last message repeated" counts as host only before a
    // tag.
    std::string_view after = rest;
    const std::string_view word = take_word(after);
    if (is_host(word)) {
      SyslogHeader tagged = out;
      std::string_view behind = after;
      if (take_tag(behind, tagged)) {
        out = tagged;
        rest = behind;
        out.host = word;
      } else if (word.find_first_of("0123456789.-") != std::string_view::npos || out.priority ||
                 after.starts_with('%') || after.starts_with(": %") || after.starts_with("CEF:") ||
                 after.starts_with("LEEF:")) {
        out.host = word;
        rest = after;
        if (rest.starts_with(": ")) {
          rest.remove_prefix(2);
        }
        skip_sequence_number(rest);
      }
    }
  } else if (!timed) {
    take_tag(rest, out);
  }
  out.message = rest;
  return out;
}

}  // namespace tocsin::ingest
