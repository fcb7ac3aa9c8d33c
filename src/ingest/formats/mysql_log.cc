// mysql-log: the general query log of MySQL and MariaDB.
// https://dev.mysql.com/doc/refman/8.0/en/query-log.html
//
// A line is time, connection, command and argument: "2021-03-07T14:12:30.123456Z\t    8 Query\tDROP TABLE x". Fields:
// connection, command, statement. Lines of a statement that goes on, and the lines that the server writes when it
// starts, are lines for keyword rules. MariaDB's and older times ("210307 14:12:30") have no zone, and stand only where
// the second changed: a line without one has none.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

constexpr std::array<std::string_view, 18> commands = {
    "Query",      "Connect",    "Quit",        "Init DB",    "Execute",     "Prepare",
    "Close stmt", "Field List", "Statistics",  "Reset stmt", "Change user", "Shutdown",
    "Kill",       "Ping",       "Binlog Dump", "Create DB",  "Drop DB",     "Refresh"};

struct Statement {
  std::string_view time, connection, command, argument;
};

bool split(std::string_view line, Statement& out) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos || tab > 32) {
    return false;
  }
  out.time = trim(line.substr(0, tab));
  std::string_view rest = line.substr(tab + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const std::size_t blank = rest.find(' ');
  out.connection = rest.substr(0, blank);
  if (blank == std::string_view::npos || out.connection.empty() ||
      out.connection.find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  rest.remove_prefix(blank + 1);
  const std::size_t end = std::min(rest.find('\t'), rest.size());
  out.command = trim(rest.substr(0, end));
  out.argument = rest.substr(std::min(end + 1, rest.size()));
  return std::find(commands.begin(), commands.end(), out.command) != commands.end();
}

// "210307 14:12:30", "210307  4:12:30"
std::optional<ParsedTime> parse_short_time(std::string_view text) {
  if (text.size() < 14 || text[6] != ' ' ||
      text.substr(0, 6).find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string date = "20";
  date.append(text.substr(0, 2)).append("-").append(text.substr(2, 2)).append("-").append(text.substr(4, 2));
  const auto time = parse_date_and_time(date, trim(text.substr(7)));
  return time ? std::optional(ParsedTime{*time, false}) : std::nullopt;
}

class MysqlReader {
 public:
  MysqlReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options),
        source_(event::log_source("database")),
        connection_(fields.intern("connection")),
        command_(fields.intern("command")),
        statement_(fields.intern("statement")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    Statement statement;
    if (!split(line.text, statement)) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, source_);
    if (const auto time = parse_short_time(statement.time)) {
      set_time(event, *time, options_);
    } else if (const auto iso = parse_log_time(statement.time)) {
      set_time(event, *iso, options_);
    }
    batch.add_field(connection_, statement.connection);
    batch.add_field(command_, statement.command);
    if (!statement.argument.empty()) {
      batch.add_field(statement_, statement.argument);
    }
    batch.end_event();
    return true;
  }

 private:
  DecodeOptions options_;
  const event::LogSource* source_;
  event::FieldId connection_, command_, statement_;
};

Confidence recognise_mysql(const Head& head) {
  const TextHead text(head);
  std::size_t statements = 0;
  for (const std::string_view line : text.lines()) {
    Statement statement;
    if (line.starts_with("Time ") && line.find(" Id Command ") != std::string_view::npos) {
      return Confidence::certain;
    }
    statements += split(line, statement) ? 1 : 0;
  }
  return statements * 4 >= text.lines().size() && statements != 0 ? Confidence::certain : Confidence::none;
}

}  // namespace

extern const Format format_mysql_log;
const Format format_mysql_log = {
    .name = "mysql-log",
    .doc = "general query logs of MySQL and MariaDB",
    .spec = "https://dev.mysql.com/doc/refman/8.0/en/query-log.html",
    .unit = Unit::line,
    .recognise = recognise_mysql,
    .open = open_lines,
    .decoder = make_line_decoder<MysqlReader>,
};

}  // namespace tocsin::ingest
