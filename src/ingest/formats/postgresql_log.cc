// postgresql-log: server logs of PostgreSQL (log_destination stderr).
// https://www.postgresql.org/docs/current/runtime-config-logging.html
//
// A line is a prefix, a severity and a message: "2021-03-07 14:12:30.123 UTC [812] app@shop LOG:  statement: DROP …".
// The prefix is the administrator's choice (also Amazon's "%t:%r:%u@%d:[%p]:"): time, process and user@database are
// taken where they stand in the usual form. Fields: process_id, user, database, severity, message, statement. Lines of
// a message that goes on are lines for keyword rules.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/named_fields.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

constexpr std::array<std::string_view, 15> severities = {"LOG",   "ERROR",    "STATEMENT", "DETAIL", "HINT",
                                                         "FATAL", "WARNING",  "NOTICE",    "PANIC",  "CONTEXT",
                                                         "INFO",  "LOCATION", "QUERY",     "DEBUG1", "DEBUG"};

struct Line {
  std::string_view time, zone, process, user, database, severity, message;
};

bool split(std::string_view line, Line& out) {
  // The time is needed: without it any text with a severity in it would do.
  if (line.size() < 24 || line[4] != '-' || line[10] != ' ' || line[13] != ':') {
    return false;
  }
  const std::size_t colon = line.find(":  ");
  if (colon == std::string_view::npos || colon > 256) {
    return false;
  }
  std::string_view prefix = line.substr(0, colon);
  const std::size_t word = prefix.find_last_of(" :");
  if (word == std::string_view::npos || word < 19) {
    return false;
  }
  out.severity = prefix.substr(word + 1);
  if (std::find(severities.begin(), severities.end(), out.severity) == severities.end()) {
    return false;
  }
  out.message = line.substr(colon + 3);
  const std::size_t time_end = std::min(line.find(' ', 11), word);
  out.time = line.substr(0, time_end);
  prefix = trim(prefix.substr(std::min(time_end, word), word - std::min(time_end, word)));
  out.zone = prefix.substr(0, prefix.find_first_of(" :["));
  if (const std::size_t open = prefix.find('['); open != std::string_view::npos) {
    const std::size_t close = std::min(prefix.find(']', open), prefix.size());
    out.process = prefix.substr(open + 1, close - open - 1);
  }
  if (const std::size_t at = prefix.find('@'); at != std::string_view::npos) {
    const std::size_t begin = prefix.find_last_of(" ]:", at);
    const std::size_t from = begin == std::string_view::npos ? 0 : begin + 1;
    out.user = prefix.substr(from, at - from);
    out.database = prefix.substr(at + 1, prefix.find_first_of(" :[", at) - at - 1);
  }
  return true;
}

// What the server was asked to do: "statement: …", "execute <unnamed>: …", "duration: 0.1 ms  statement: …".
std::string_view statement_of(const Line& line) {
  if (line.severity == "STATEMENT") {
    return line.message;
  }
  for (const std::string_view mark : {"statement: ", "execute "}) {
    const std::size_t at = line.message.substr(0, 64).find(mark);
    if (at != std::string_view::npos) {
      const std::size_t colon = line.message.find(": ", at);
      return colon == std::string_view::npos ? std::string_view{} : line.message.substr(colon + 2);
    }
  }
  return {};
}

class PostgresqlReader {
 public:
  PostgresqlReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), source_(event::log_source("database")), named_(fields, names) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& text, event::EventBatch& batch) {
    Line line;
    if (!split(text.text, line)) {
      return false;
    }
    event::Event& event = begin_text_event(batch, text, source_);
    if (auto time = parse_iso8601(line.time)) {
      // "UTC", "GMT", "+01": other abbreviations mean different zones in different places.
      if (line.zone == "UTC" || line.zone == "GMT") {
        time->has_zone = true;
      } else if (const auto offset = parse_utc_offset(line.zone); offset && !time->has_zone) {
        time = ParsedTime{{time->time.ticks - *offset * Time::ticks_per_second}, true};
      }
      set_time(event, *time, options_);
    }
    named_.add(batch, process, line.process);
    named_.add(batch, user, line.user);
    named_.add(batch, database, line.database);
    named_.add(batch, severity, line.severity);
    named_.add(batch, message, line.message);
    named_.add(batch, statement, statement_of(line));
    batch.end_event();
    return true;
  }

 private:
  enum Name : std::uint8_t { process, user, database, severity, message, statement };
  static constexpr std::array<std::string_view, 6> names = {"process_id", "user",    "database",
                                                            "severity",   "message", "statement"};

  DecodeOptions options_;
  const event::LogSource* source_;
  NamedFields<names.size()> named_;
};

Confidence recognise_postgresql(const Head& head) {
  const TextHead text(head);
  std::size_t good = 0;
  for (const std::string_view line : text.lines()) {
    Line parts;
    good += split(line, parts) ? 1 : 0;
  }
  // Statements go over many lines.
  return good != 0 && good * 4 >= text.lines().size() ? Confidence::certain : Confidence::none;
}

}  // namespace

extern const Format format_postgresql_log;
const Format format_postgresql_log = {
    .name = "postgresql-log",
    .doc = "server logs of PostgreSQL",
    .spec = "https://www.postgresql.org/docs/current/runtime-config-logging.html",
    .unit = Unit::line,
    .recognise = recognise_postgresql,
    .open = open_lines,
    .decoder = make_line_decoder<PostgresqlReader>,
};

}  // namespace tocsin::ingest
