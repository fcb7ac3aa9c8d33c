// csv: tables with a header line, separated by comma, semicolon, tab or '|', as exported by PowerShell, Event Viewer,
// EvtxECmd, Excel and most tools.
// https://www.rfc-editor.org/rfc/rfc4180
//
// An empty value without quotes is absent, "" in quotes is empty text. Columns with one name are one multi-valued
// field. A quote that is never closed ends before the next line that is a row by itself. The event's time comes from
// the first of a list of usual columns. A table with a column for the event id and one for the channel or provider
// holds Windows events: EventID, Channel, Provider_Name and Computer are added where the columns have other names;
// EvtxECmd's column Payload (the event's data as JSON) gives its fields, and its times are UTC. The column AuditData of
// exports from the Microsoft 365 audit log is the record itself. A
// line "sep=;" (Excel) and a line "#TYPE …" (PowerShell) before the header are understood.
#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "ingest/json/flattener.h"
#include "ingest/json/profile.h"
#include "ingest/text/columns.h"
#include "ingest/text/log_time.h"
#include "ingest/text/row_framer.h"
#include "ingest/text/text_head.h"
#include "ingest/text/text_lines.h"
#include "wire/csv.h"

namespace tocsin::ingest {
namespace {

constexpr std::string_view time_names[] = {
    "TimeCreated",  "@timestamp",      "UtcTime",  "EventTime", "SystemTime",
    "Timestamp",    "Date and Time",   "DateTime", "date-time", "TimeGenerated",
    "time_created", "event_time",      "datetime", "_time",     "time",
    "eventTime",    "CreationDate",    "Date",     "ts",        "TimeGenerated [UTC]",

    "Date (UTC)",   "activityDateTime"};
constexpr std::string_view id_names[] = {"EventID", "Event ID", "event_id", "Id"};
constexpr std::string_view channel_names[] = {"Channel", "LogName", "Log Name", "log_name"};
constexpr std::string_view provider_names[] = {"Provider_Name", "ProviderName", "Provider", "SourceName", "Source"};
constexpr std::string_view host_names[] = {"Computer", "MachineName", "ComputerName", "Computer Name", "Hostname"};

// Before the header: nothing but a separator or type line. `delimiter` is set by the former.
bool is_preamble(std::string_view line, char& delimiter) {
  if (ascii_istarts_with(line, "sep=") && line.size() == 5) {
    delimiter = line[4];
    return true;
  }
  return trim(line).empty() || line.starts_with("#TYPE ");
}

std::size_t count_fields(std::string_view line, char delimiter) {
  std::size_t fields = 1;
  bool quoted = false;
  for (const char c : line) {
    quoted = quoted != (c == '"');
    fields += c == delimiter && !quoted ? 1 : 0;
  }
  return fields;
}

char sniff_delimiter(std::string_view header) {
  char best = ',';
  std::size_t most = 1;
  for (const char delimiter : {'\t', ',', ';', '|'}) {
    const std::size_t fields = count_fields(header, delimiter);
    if (fields > most) {
      best = delimiter;
      most = fields;
    }
  }
  return best;
}

std::vector<std::string> header_names(std::string_view line, char delimiter) {
  Arena arena;
  std::vector<wire::CsvField> fields;
  wire::split_csv_row(line, delimiter, arena, fields);
  std::vector<std::string> names;
  for (const wire::CsvField& field : fields) {
    std::string_view name = trim(field.text);
    if (!field.quoted && name.size() >= 2 && name.front() == '"' && name.back() == '"') {
      name = name.substr(1, name.size() - 2);  // "a", "b" with a blank behind the comma
    }
    names.emplace_back(name);
  }
  return names;
}

// Event Viewer writes a header of five columns over rows of six: the last is the message.
void add_message_column(Columns& columns) {
  if (find_column(columns, {"Event ID"}) != no_column && find_column(columns, {"Task Category"}) != no_column &&
      find_column(columns, {"Message", "Description"}) == no_column) {
    columns.names.emplace_back("Message");
  }
}

class CsvFramer final : public RowFramer {
 public:
  CsvFramer(ByteSource& source, const DecodeOptions& options) : RowFramer(source, options, {}) {}

 protected:
  bool starts_block(std::string_view line, bool) override {
    if (columns_ != nullptr || is_preamble(line, delimiter_)) {
      return false;
    }
    Columns columns;
    columns.delimiter = delimiter_ != '\0' ? delimiter_ : sniff_delimiter(line);
    columns.names = header_names(line, columns.delimiter);
    columns.line = line;
    add_message_column(columns);
    shape_.delimiter = columns.delimiter;
    shape_.columns = columns.names.size();
    columns_ = std::make_shared<const Columns>(std::move(columns));
    return false;
  }

  void finish(Block& block) override { block.context = columns_; }

 private:
  std::shared_ptr<const Columns> columns_;
  char delimiter_ = '\0';
};

class CsvDecoder final : public BlockDecoder {
 public:
  CsvDecoder(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), page_(codepage_of(options)), fields_(fields) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    if (bound_.bind(block.context, fields_) && bound_.columns() != nullptr) {
      find_roles(*bound_.columns());
    }
    if (bound_.columns() == nullptr) {
      return;  // nothing but a preamble
    }
    const wire::CsvShape shape{.delimiter = bound_.columns()->delimiter, .comment = '\0', .columns = bound_.size()};
    Rows rows(block, shape, page_, batch.arena);
    TextLine row;
    wire::CsvEnd end{};
    while (rows.next(row, end)) {
      char delimiter = '\0';
      if (row.text == bound_.columns()->line || is_preamble(row.text, delimiter)) {
        continue;
      }
      decode_row(row, end, batch);
    }
  }

 private:
  // A column that a Windows event's identity comes from, and the usual name where the column has another.
  struct Identity {
    std::size_t column = no_column;
    bool renamed = false;
    event::FieldId id{};
  };

  Identity identity(const Columns& columns, std::span<const std::string_view> names, std::string_view usual) {
    Identity found;
    found.column = find_column(columns, names);
    found.id = fields_.id(usual);
    found.renamed = found.column != no_column && !ascii_iequals(columns.names[found.column], usual);
    return found;
  }

  void find_roles(const Columns& columns) {
    time_ = find_column(columns, time_names);
    event_id_ = identity(columns, id_names, "EventID");
    channel_ = identity(columns, channel_names, "Channel");
    provider_ = identity(columns, provider_names, "Provider_Name");
    host_ = identity(columns, host_names, "Computer");
    windows_ = event_id_.column != no_column && (channel_.column != no_column || provider_.column != no_column);
    payload_ = find_column(columns, {windows_ ? "Payload" : "AuditData"});
    utc_ = find_column(columns, {"MapDescription", "PayloadData1"}) != no_column;
  }

  void decode_row(const TextLine& row, wire::CsvEnd end, event::EventBatch& batch) {
    wire::split_csv_row(row.text, bound_.columns()->delimiter, batch.arena, values_);
    if (values_.size() == 1 && bound_.size() > 1) {
      ++batch.unreadable;
      batch.note(row.cut ? "the last line is cut short and could not be read" : "lines that are not rows were skipped");
      return;
    }
    event::Event& event = begin_text_event(batch, row, nullptr);
    const std::size_t count = std::min(values_.size(), bound_.size());
    for (std::size_t i = 0; i < count; ++i) {
      if (!values_[i].text.empty() || values_[i].quoted) {
        batch.add_field(bound_.id(i), values_[i].text);
      }
    }
    if (time_ < count) {
      if (auto time = parse_log_time(values_[time_].text)) {
        time->has_zone = time->has_zone || utc_;
        set_time(event, *time, options_);
      }
    }
    if (host_.column < count) {
      event.host = values_[host_.column].text;
    }
    if (windows_) {
      set_identity(event, count, batch);
    }
    if (payload_ < count) {
      add_payload(values_[payload_].text, batch);
    }
    if (row.cut && (end == wire::CsvEnd::unclosed || values_.size() < bound_.size())) {
      batch.note("the last line is cut short");
    } else if (end == wire::CsvEnd::unclosed) {
      batch.note("a quote was never closed: its row ends before the next line that is a row");
    } else if (values_.size() > bound_.size()) {
      batch.note("rows with more values than columns: the rest stands only in the raw line");
    }
    batch.end_event();
  }

  // {"EventData":{"Data":[{"@Name":"Image","#text":"…"},…]}}, or the record of an audit log.
  void add_payload(std::string_view text, event::EventBatch& batch) {
    if (!text.starts_with('{')) {
      return;
    }
    if (payload_reader_ == nullptr) {
      payload_reader_ = std::make_unique<json::Flattener>(fields_.table());
    }
    const std::size_t before = batch.fields.size();
    if (payload_reader_->flatten(text, batch) != wire::JsonFault::none) {
      batch.fields.resize(before);
      batch.note("a Payload column that is not readable JSON");
      return;
    }
    if (windows_) {
      payload_reader_->set_shape(json::Shape::velociraptor);
      payload_reader_->apply_windows_names(batch, false);
    } else {
      json::Record record(batch, *payload_reader_, options_);
      json::apply_profiles_inside(record);
    }
  }

  void set_identity(event::Event& event, std::size_t count, event::EventBatch& batch) const {
    const auto take = [&](const Identity& identity) -> std::string_view {
      if (identity.column >= count || values_[identity.column].text.empty()) {
        return {};
      }
      const std::string_view text = values_[identity.column].text;
      if (identity.renamed) {
        batch.add_field(identity.id, text);
      }
      return text;
    };
    const auto number = parse_uint64(take(event_id_));
    if (number && *number < event::no_event_id) {
      event.event_id = static_cast<std::uint32_t>(*number);
    }
    event.channel = take(channel_);
    event.provider = take(provider_);
    take(host_);
  }

  DecodeOptions options_;
  const Codepage& page_;
  event::FieldCache fields_;
  BoundColumns bound_;
  std::size_t time_ = no_column;
  Identity event_id_, channel_, provider_, host_;
  bool windows_ = false;
  bool utc_ = false;
  std::size_t payload_ = no_column;
  std::unique_ptr<json::Flattener> payload_reader_;  // made when the first payload is met
  std::vector<wire::CsvField> values_;               // of the row at hand, kept for its memory
};

// A column name: short, begins like a word, and is neither a number, a time nor key=value.
bool is_name(std::string_view name) {
  if (name.empty() || name.size() > 80 || std::count(name.begin(), name.end(), ' ') > 5) {
    return false;
  }
  const char first = name.front();
  if (!ascii_alpha(first) && first != '@' && first != '_' && first != '#' && first != '$' &&
      static_cast<std::uint8_t>(first) < 0x80) {
    return false;
  }
  return name.find_first_of("={}<>\"\\;\t") == std::string_view::npos && !parse_log_time(name);
}

Confidence recognise_csv(const Head& head) {
  const TextHead text(head);
  if (!text.is_text()) {
    return Confidence::none;
  }
  char delimiter = '\0';
  std::size_t at = 0;
  const auto& lines = text.lines();
  while (at < lines.size() && is_preamble(lines[at], delimiter)) {
    ++at;
  }
  if (at == lines.size()) {
    return Confidence::none;
  }
  const std::string_view header = lines[at];
  const bool declared = delimiter != '\0';
  Columns columns;
  columns.delimiter = declared ? delimiter : sniff_delimiter(header);
  columns.names = header_names(header, columns.delimiter);
  while (columns.names.size() > 1 && columns.names.back().empty()) {
    columns.names.pop_back();
  }
  if (columns.names.size() < 2 || !std::all_of(columns.names.begin(), columns.names.end(), is_name)) {
    return Confidence::none;
  }
  add_message_column(columns);
  // Rows, not lines: a quoted field may hold any number of line endings.
  const wire::CsvShape shape{.delimiter = columns.delimiter, .comment = '\0', .columns = columns.names.size()};
  std::string_view rest = text.text().substr(static_cast<std::size_t>(header.data() - text.text().data()));
  std::size_t rows = 0;
  std::size_t good = 0;
  Arena arena;
  std::vector<wire::CsvField> values;
  while (!rest.empty() && rows < 20) {
    const wire::CsvRow row = wire::next_csv_row(rest, shape, head.whole);
    if (row.end == wire::CsvEnd::more) {
      break;
    }
    const std::string_view line = trim(rest.substr(0, row.bytes));
    rest.remove_prefix(row.bytes);
    if (line.empty() || row.end == wire::CsvEnd::unclosed) {
      continue;
    }
    wire::split_csv_row(line, columns.delimiter, arena, values);
    ++rows;
    // Prose has commas too: few columns must be met exactly.
    const std::size_t slack = columns.names.size() > 3 ? 1 : 0;
    good += values.size() + slack >= columns.names.size() && values.size() <= columns.names.size() + slack ? 1 : 0;
  }
  if (rows < 2) {
    return rows == 1 && head.whole ? Confidence::weak : Confidence::none;
  }
  if (good * 4 < rows * 3) {
    return Confidence::none;
  }
  return declared ? Confidence::certain : Confidence::likely;
}

}  // namespace

extern const Format format_csv;
const Format format_csv = {
    .name = "csv",
    .doc = "tables with a header line (CSV, TSV, semicolons), also exported Windows events",
    .spec = "https://www.rfc-editor.org/rfc/rfc4180",
    .unit = Unit::line,
    .recognise = recognise_csv,
    .open = [](ByteSource& source, const DecodeOptions& options) -> std::unique_ptr<Framer> {
      return std::make_unique<CsvFramer>(source, options);
    },
    .decoder = [](event::FieldTable& fields, const DecodeOptions& options) -> std::unique_ptr<BlockDecoder> {
      return std::make_unique<CsvDecoder>(fields, options);
    },
    .named_by_first_line = true,
};

}  // namespace tocsin::ingest
