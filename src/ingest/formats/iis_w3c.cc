// iis-w3c: W3C extended log files: IIS, HTTP.sys errors, TMG, Windows firewall, Blue Coat, CloudFront.
// https://www.w3.org/TR/WD-logfile.html and https://learn.microsoft.com/windows/win32/http/w3c-logging
//
// Columns are bound by name; a "#Fields:" line in mid-file changes them for the lines below it. A value "-" means that
// there is none: the field is left out. Values are as written, but
//   - a user agent whose blanks IIS wrote as '+' has both spellings as values, because rules are written with blanks;
//   - cs-uri is added from stem, '?' and query where the log has no such column.
// Times are UTC by the specification, except under "#Time Format: Local".
#include <algorithm>
#include <array>
#include <memory>

#include "base/byte_places.h"
#include "base/text.h"
#include "ingest/line_framer.h"
#include "ingest/text/columns.h"
#include "ingest/text/log_time.h"
#include "ingest/text/text_head.h"
#include "ingest/text/text_lines.h"
#include "ingest/text/undouble.h"

namespace tocsin::ingest {
namespace {

// The separator that a "#Fields:" list uses; a comma marks the CSV logs of Exchange, which have their own format.
char delimiter_of(std::string_view fields) {
  if (fields.find('\t') != std::string_view::npos) {
    return '\t';
  }
  return fields.find(' ') == std::string_view::npos && fields.find(',') != std::string_view::npos ? ',' : ' ';
}

bool is_fields_line(std::string_view line) {
  return ascii_istarts_with(line, "#Fields:") && delimiter_of(trim(line.substr(8))) != ',';
}

class W3cFramer final : public LineFramer {
 public:
  W3cFramer(ByteSource& source, const DecodeOptions& options) : LineFramer(source, options) { sees_lines_ = true; }

 protected:
  bool starts_block(std::string_view line) override {
    if (!line.starts_with('#')) {
      ++lines_;
      return false;
    }
    std::string_view fields;
    if (!read_header_line(line, header_, fields)) {
      ++lines_;
      return false;
    }
    header_.delimiter = delimiter_of(fields);
    header_.names = split_names(fields, header_.delimiter);
    if (columns_ != nullptr && *columns_ == header_) {
      ++lines_;
      return false;
    }
    if (lines_ != 0) {
      return true;  // shown again as the first line of the next block
    }
    ++lines_;
    columns_ = std::make_shared<const Columns>(header_);
    return false;
  }

  void finish(Block& block) override {
    lines_ = 0;
    block.context = columns_;
  }

 private:
  Columns header_;  // as read so far
  std::shared_ptr<const Columns> columns_;
  std::size_t lines_ = 0;  // in the block so far
};

const event::LogSource* source_of(const Columns& columns) {
  const std::string_view software = columns.software;
  const auto says = [&](std::string_view text) { return ascii_ifind(software, text) != std::string_view::npos; };
  if (says("Firewall")) {
    return event::log_source("firewall");
  }
  if (says("SGOS") || says("Proxy") || says("Acceleration Server") || says("Threat Management Gateway")) {
    return event::log_source("proxy");
  }
  const bool web = find_column(columns, {"cs-uri-stem", "cs-uri", "cs-method"}) != no_column;
  const bool only_iis = find_column(columns, {"sc-win32-status", "sc-substatus", "s-siteid"}) != no_column;
  if (says("Internet Information Services") || says("HTTP API") || (software.empty() && only_iis)) {
    return event::log_source("iis");
  }
  return event::log_source(web ? "webserver" : "plain");
}

class W3cDecoder final : public BlockDecoder {
 public:
  W3cDecoder(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), page_(codepage_of(options)), fields_(fields), uri_id_(fields_.id("cs-uri")) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    if (bound_.bind(block.context, fields_) && bound_.columns() != nullptr) {
      find_roles(*bound_.columns());
    }
    TextLines lines(block, page_, batch.arena);
    TextLine line;
    while (lines.next(line)) {
      if (line.text.empty() || line.text.front() == '#' || trim(line.text).empty()) {
        continue;
      }
      if (bound_.columns() == nullptr) {
        begin_text_event(batch, line, event::log_source("iis"));
        batch.end_event();
        batch.note("rows before the first #Fields line have no columns");
        continue;
      }
      decode_row(line, batch);
    }
  }

 private:
  struct Roles {
    std::size_t date, time, stem, query, uri, user_agent, host;
    bool quotes;       // the log writes strings in quotes (W3C), unlike IIS
    bool plus_blanks;  // blanks in values were written as '+'
    const event::LogSource* source;
  };

  enum class Role : std::uint8_t { none, date, time, stem, query, host, user_agent };

  void find_roles(const Columns& columns) {
    roles_.date = find_column(columns, {"date"});
    roles_.time = find_column(columns, {"time"});
    roles_.stem = find_column(columns, {"cs-uri-stem"});
    roles_.query = find_column(columns, {"cs-uri-query"});
    roles_.uri = find_column(columns, {"cs-uri", "c-uri"});
    roles_.user_agent = find_column(columns, {"cs(User-Agent)", "c-agent", "cs-user-agent"});
    roles_.host = find_column(columns, {"s-computername", "computer"});
    const bool microsoft = ascii_ifind(columns.software, "Internet Information Services") != std::string_view::npos ||
                           ascii_ifind(columns.software, "HTTP API") != std::string_view::npos ||
                           columns.software.empty();
    roles_.quotes = !microsoft;
    roles_.plus_blanks = columns.delimiter == ' ';
    roles_.source = source_of(columns);
    role_of_.assign(columns.names.size(), Role::none);
    const auto give = [&](std::size_t column, Role role) {
      if (column != no_column && role_of_[column] == Role::none) {
        role_of_[column] = role;
      }
    };
    give(roles_.date, Role::date);
    give(roles_.time, Role::time);
    give(roles_.stem, Role::stem);
    give(roles_.query, Role::query);
    give(roles_.host, Role::host);
    give(roles_.user_agent, Role::user_agent);
    names_date_ = columns.date.substr(0, std::min(columns.date.find_first_of(" T"), columns.date.size()));
  }

  // One value from `rest`, which it shortens; blanks between values may repeat, tabs may not.
  std::string_view take_value(std::string_view& rest, char delimiter, Arena& arena) const {
    if (delimiter == ' ') {
      while (rest.starts_with(' ')) {
        rest.remove_prefix(1);
      }
    }
    if (roles_.quotes && rest.starts_with('"')) {
      std::size_t close = rest.find('"', 1);
      bool doubled = false;
      while (close != std::string_view::npos && close + 1 < rest.size() && rest[close + 1] == '"') {
        doubled = true;
        close = rest.find('"', close + 2);
      }
      if (close != std::string_view::npos && (close + 1 == rest.size() || rest[close + 1] == delimiter)) {
        const std::string_view value = rest.substr(1, close - 1);
        rest.remove_prefix(std::min(close + 2, rest.size()));
        return doubled ? undouble(value, '"', arena) : value;
      }
    }
    const std::size_t end = std::min(rest.find(delimiter), rest.size());
    const std::string_view value = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return value;
  }

  void decode_row(const TextLine& line, event::EventBatch& batch) {
    const Columns& columns = *bound_.columns();
    if (decode_plain_row(line, columns, batch)) {
      return;
    }
    // CloudFront lists its names with blanks and its values with tabs.
    const char delimiter =
        columns.delimiter == ' ' && line.text.find('\t') != std::string_view::npos ? '\t' : columns.delimiter;
    event::Event& event = begin_text_event(batch, line, roles_.source);
    std::string_view rest = line.text;
    std::string_view date;
    std::string_view time;
    std::string_view stem;
    std::string_view query;
    std::size_t column = 0;
    for (; column < bound_.size() && !rest.empty(); ++column) {
      const std::string_view value = take_value(rest, delimiter, batch.arena);
      if (value.empty() || value == "-") {
        continue;
      }
      batch.add_field(bound_.id(column), value);
      if (column == roles_.date) {
        date = value;
      } else if (column == roles_.time) {
        time = value;
      } else if (column == roles_.stem) {
        stem = value;
      } else if (column == roles_.query) {
        query = value;
      } else if (column == roles_.host) {
        event.host = value;
      } else if (column == roles_.user_agent && roles_.plus_blanks && value.find('+') != std::string_view::npos) {
        batch.add_field(bound_.id(column), with_blanks(value, batch.arena));
      }
    }
    set_w3c_time(event, date, time, columns);
    if (column < bound_.size() && !plausible(line, event, column, batch)) {
      return;
    }
    if (!trim(rest).empty()) {
      batch.note("rows with more values than columns: the rest stands only in the raw line");
    }
    if (!stem.empty() && roles_.uri == no_column) {
      batch.add_field(uri_id_, join_uri(stem, query, batch.arena));
    }
    batch.end_event();
  }

  // Most rows have one value for each column with one delimiter between them: these are cut at once.
  bool decode_plain_row(const TextLine& line, const Columns& columns, event::EventBatch& batch) {
    const std::string_view text = line.text;
    const std::size_t count = bound_.size();
    if (roles_.quotes || columns.delimiter != ' ' || count == 0 || count > places_.size()) {
      return false;
    }
    const auto found = byte_places(text, ' ', '\t', std::span(places_).first(count - 1));
    if (!found || *found != count - 1) {
      return false;
    }
    places_[count - 1] = static_cast<std::uint32_t>(text.size());
    std::size_t begin = 0;
    for (const std::uint32_t end : std::span(places_).first(count)) {
      if (end == begin) {
        return false;  // blanks side by side, or at an end
      }
      begin = end + 1;
    }
    event::Event& event = begin_text_event(batch, line, roles_.source);
    std::string_view date;
    std::string_view time;
    std::string_view stem;
    std::string_view query;
    begin = 0;
    for (std::size_t column = 0; column < count; ++column) {
      const std::string_view value = text.substr(begin, places_[column] - begin);
      begin = places_[column] + 1;
      if (value.size() == 1 && value.front() == '-') {
        continue;
      }
      batch.add_field(bound_.id(column), value);
      switch (role_of_[column]) {
        case Role::none:
          break;
        case Role::date:
          date = value;
          break;
        case Role::time:
          time = value;
          break;
        case Role::stem:
          stem = value;
          break;
        case Role::query:
          query = value;
          break;
        case Role::host:
          event.host = value;
          break;
        case Role::user_agent:
          if (roles_.plus_blanks && value.find('+') != std::string_view::npos) {
            batch.add_field(bound_.id(column), with_blanks(value, batch.arena));
          }
          break;
      }
    }
    set_w3c_time(event, date, time, columns);
    if (!stem.empty() && roles_.uri == no_column) {
      batch.add_field(uri_id_, join_uri(stem, query, batch.arena));
    }
    batch.end_event();
    return true;
  }

  // A row with too few values: keeps it where it begins as a row must, else drops it.
  bool plausible(const TextLine& line, const event::Event& event, std::size_t column, event::EventBatch& batch) const {
    if (event.time.known() || (roles_.time == no_column && column > 1)) {
      batch.note(line.cut ? "the last line is cut short" : "rows with fewer values than columns");
      return true;
    }
    batch.drop_event();
    ++batch.unreadable;
    batch.note(line.cut ? "the last line is cut short and could not be read" : "lines that are not rows were skipped");
    return false;
  }

  void set_w3c_time(event::Event& event, std::string_view date, std::string_view time, const Columns& columns) const {
    if (roles_.date == no_column) {
      date = names_date_;
    }
    const auto moment = parse_date_and_time(date, time);
    if (moment) {
      set_time(event, {*moment, !columns.local_time}, options_);
    }
  }

  static std::string_view with_blanks(std::string_view value, Arena& arena) {
    char* out = arena.allocate(value.size());
    std::replace_copy(value.begin(), value.end(), out, '+', ' ');
    return {out, value.size()};
  }

  static std::string_view join_uri(std::string_view stem, std::string_view query, Arena& arena) {
    if (query.empty()) {
      return stem;
    }
    char* out = arena.allocate(stem.size() + 1 + query.size());
    char* end = std::copy(stem.begin(), stem.end(), out);
    *end++ = '?';
    std::copy(query.begin(), query.end(), end);
    return {out, stem.size() + 1 + query.size()};
  }

  DecodeOptions options_;
  const Codepage& page_;
  event::FieldCache fields_;
  event::FieldId uri_id_;
  BoundColumns bound_;
  Roles roles_{};
  std::vector<Role> role_of_;                // by column
  std::array<std::uint32_t, 128> places_{};  // of the row at hand: ends of its values
  std::string names_date_;                   // of the "#Date:" line, for logs whose rows have a time alone
};

Confidence recognise_w3c(const Head& head) {
  const TextHead text(head);
  if (!text.is_text()) {
    return Confidence::none;
  }
  bool rows_before = false;
  for (const std::string_view line : text.lines()) {
    if (is_fields_line(line)) {
      return rows_before ? Confidence::likely : Confidence::certain;
    }
    rows_before = rows_before || !(line.empty() || line.front() == '#');
  }
  return Confidence::none;
}

}  // namespace

extern const Format format_iis_w3c;
const Format format_iis_w3c = {
    .name = "iis-w3c",
    .doc = "W3C extended log files (IIS, HTTPERR, TMG, Windows firewall, Blue Coat, CloudFront)",
    .spec = "https://www.w3.org/TR/WD-logfile.html",
    .unit = Unit::line,
    .recognise = recognise_w3c,
    .open = [](ByteSource& source, const DecodeOptions& options) -> std::unique_ptr<Framer> {
      return std::make_unique<W3cFramer>(source, options);
    },
    .decoder = [](event::FieldTable& fields, const DecodeOptions& options) -> std::unique_ptr<BlockDecoder> {
      return std::make_unique<W3cDecoder>(fields, options);
    },
};

}  // namespace tocsin::ingest
