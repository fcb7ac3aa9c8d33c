// exchange-log: the comma separated logs of Microsoft Exchange: HttpProxy, ECP, EWS, cmdlets, message tracking, SMTP.
// https://learn.microsoft.com/exchange/mail-flow/transport-logs/message-tracking#structure-of-the-message-tracking-log-files
// (the header lines that all of these logs share) and RFC 4180 for the rows.
//
// Columns come from "#Fields: a,b,c", or from a first line that is the bare list of columns; either may repeat in
// mid-file with other columns. An empty value without quotes is left out. Added to each event where the header says it:
// "#Log-type" and "#Version". The column EventData of ECP logs ("S:KEY=value;'S:KEY=…''…''…';…") is kept as written
// and its text entries are added as EventData_KEY, without their quotes.
#include <algorithm>
#include <memory>

#include "base/text.h"
#include "ingest/text/columns.h"
#include "ingest/text/log_time.h"
#include "ingest/text/row_framer.h"
#include "ingest/text/text_head.h"
#include "ingest/text/text_lines.h"
#include "ingest/text/undouble.h"
#include "wire/csv.h"

namespace tocsin::ingest {
namespace {

constexpr std::string_view time_names[] = {"DateTime", "date-time", "TimeStamp", "Timestamp",
                                           "Date",     "Time",      "StartTime"};
constexpr std::string_view host_names[] = {"ServerHostName", "ServerName", "server-hostname", "Server", "HostName"};

// True for a line that lists columns as Exchange does without "#Fields:": it begins with a column for the time, every
// entry is a name, and one more is known from these logs.
bool is_bare_header(std::string_view line) {
  if (line.empty() || !ascii_alpha(line.front()) || line.find(',') == std::string_view::npos) {
    return false;
  }
  const std::string_view first = trim(line.substr(0, line.find(',')));
  if (!ascii_iequals(first, "DateTime") && !ascii_iequals(first, "TimeStamp") && !ascii_iequals(first, "date-time")) {
    return false;
  }
  bool known = false;
  std::size_t names = 0;
  std::string_view rest = line;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view name = trim(rest.substr(0, end));
    for (const char c : name) {
      if (!ascii_alpha(c) && !ascii_digit(c) && c != '-' && c != '_' && c != '.') {
        return false;
      }
    }
    for (const std::string_view own : {"RequestId", "ServerName", "EventData", "ServerHostName", "MajorVersion",
                                       "session-id", "connector-id", "client-hostname", "AnchorMailbox", "SessionId"}) {
      known = known || ascii_iequals(name, own);
    }
    ++names;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return known && names >= 3;
}

bool is_fields_line(std::string_view line) {
  return ascii_istarts_with(line, "#Fields:") && line.find(',') != std::string_view::npos &&
         trim(line.substr(8)).find_first_of(" \t") == std::string_view::npos;
}

class ExchangeFramer final : public RowFramer {
 public:
  ExchangeFramer(ByteSource& source, const DecodeOptions& options)
      : RowFramer(source, options, {.delimiter = ',', .comment = '#', .columns = 0}) {}

 protected:
  bool starts_block(std::string_view line, bool first) override {
    std::string_view fields;
    if (!line.starts_with('#')) {
      if (!is_bare_header(line)) {
        return false;
      }
      fields = line;
    } else if (!read_header_line(line, header_, fields)) {
      return false;
    }
    header_.names = split_names(fields, ',');
    if (columns_ != nullptr && *columns_ == header_) {
      return false;
    }
    if (first) {
      columns_ = std::make_shared<const Columns>(header_);
      shape_.columns = columns_->names.size();
    }
    return true;
  }

  void finish(Block& block) override { block.context = columns_; }

 private:
  Columns header_;
  std::shared_ptr<const Columns> columns_;
};

class ExchangeDecoder final : public BlockDecoder {
 public:
  ExchangeDecoder(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options),
        page_(codepage_of(options)),
        fields_(fields),
        log_type_id_(fields_.id("#Log-type")),
        version_id_(fields_.id("#Version")),
        source_(event::log_source("exchange")) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    if (bound_.bind(block.context, fields_) && bound_.columns() != nullptr) {
      time_ = find_column(*bound_.columns(), time_names);
      host_ = find_column(*bound_.columns(), host_names);
      event_data_ = find_column(*bound_.columns(), {"EventData"});
    }
    const wire::CsvShape shape{.delimiter = ',', .comment = '#', .columns = bound_.size()};
    Rows rows(block, shape, page_, batch.arena);
    TextLine line;
    wire::CsvEnd end{};
    while (rows.next(line, end)) {
      decode_row(line, end, batch);
    }
  }

 private:
  void decode_row(const TextLine& line, wire::CsvEnd end, event::EventBatch& batch) {
    if (line.text.empty() || line.text.front() == '#' || trim(line.text).empty() || is_bare_header(line.text)) {
      return;
    }
    event::Event& event = begin_text_event(batch, line, source_);
    if (bound_.columns() == nullptr) {
      batch.end_event();
      batch.note("rows before the first list of columns have no columns");
      return;
    }
    const Columns& columns = *bound_.columns();
    wire::split_csv_row(line.text, ',', batch.arena, values_);
    if (end == wire::CsvEnd::unclosed && !line.cut) {
      batch.note("a quote was never closed: its row ends before the next line that is a row");
    }
    const std::size_t count = std::min(values_.size(), bound_.size());
    for (std::size_t i = 0; i < count; ++i) {
      const wire::CsvField& value = values_[i];
      if (!value.text.empty() || value.quoted) {
        batch.add_field(bound_.id(i), value.text);
      }
    }
    if (time_ < count) {
      if (const auto time = parse_log_time(values_[time_].text)) {
        set_time(event, *time, options_);
      }
    }
    const bool cut_inside = line.cut && end == wire::CsvEnd::unclosed;
    const bool nothing = batch.fields.size() == event.field_begin;
    if ((values_.size() != bound_.size() || cut_inside || nothing) && !plausible(line, event, batch)) {
      return;
    }
    if (host_ < count) {
      event.host = values_[host_].text;
    }
    if (event_data_ < count) {
      add_event_data(values_[event_data_].text, batch);
    }
    if (!columns.log_type.empty()) {
      batch.add_field(log_type_id_, columns.log_type);
    }
    if (!columns.version.empty()) {
      batch.add_field(version_id_, columns.version);
    }
    batch.end_event();
  }

  // A row with another number of values than columns: keeps it where it begins as a row must, else drops it.
  bool plausible(const TextLine& line, const event::Event& event, event::EventBatch& batch) const {
    const bool few = values_.size() <= bound_.size();
    if (event.time.known()) {
      batch.note(!few       ? "rows with more values than columns: the rest stands only in the raw line"
                 : line.cut ? "the last line is cut short"
                            : "rows with fewer values than columns");
      return true;
    }
    batch.drop_event();
    ++batch.unreadable;
    batch.note(line.cut ? "the last line is cut short and could not be read" : "lines that are not rows were skipped");
    return false;
  }

  // "S:TIME=13;S:CMD=Get-InboxRule;'S:CMD=Set-X.Url=''a;b''';Dbl:WLM.TS=0": entries of type S become fields.
  void add_event_data(std::string_view data, event::EventBatch& batch) {
    while (!data.empty()) {
      std::string_view entry;
      bool doubled = false;
      if (data.front() == '\'') {
        std::size_t close = data.find('\'', 1);
        while (close != std::string_view::npos && close + 1 < data.size() && data[close + 1] == '\'') {
          doubled = true;
          close = data.find('\'', close + 2);
        }
        entry = data.substr(1, close == std::string_view::npos ? close : close - 1);
        data.remove_prefix(std::min(data.find(';', std::min(close, data.size())), data.size()));
      } else {
        entry = data.substr(0, data.find(';'));
        data.remove_prefix(entry.size());
      }
      data.remove_prefix(data.empty() ? 0 : 1);
      const std::size_t equals = entry.find('=');
      if (equals == std::string_view::npos || equals < 3 || equals > 34 || !entry.starts_with("S:")) {
        continue;
      }
      const std::string_view key = entry.substr(2, equals - 2);
      // Other keys name servers and mailboxes: as field names they would be without number.
      if (!std::all_of(key.begin(), key.end(), [](char c) { return ascii_alpha(c) || ascii_digit(c) || c == '_'; })) {
        continue;
      }
      name_.assign("EventData_");
      name_ += key;
      std::string_view value = entry.substr(equals + 1);
      if (doubled) {
        value = undouble(value, '\'', batch.arena);
      }
      batch.add_field(fields_.id(name_), value);
    }
  }

  DecodeOptions options_;
  const Codepage& page_;
  event::FieldCache fields_;
  event::FieldId log_type_id_;
  event::FieldId version_id_;
  const event::LogSource* source_;
  BoundColumns bound_;
  std::size_t time_ = no_column;
  std::size_t host_ = no_column;
  std::size_t event_data_ = no_column;
  std::vector<wire::CsvField> values_;  // of the row at hand, kept for its memory
  std::string name_;
};

Confidence recognise_exchange(const Head& head) {
  const TextHead text(head);
  if (!text.is_text()) {
    return Confidence::none;
  }
  bool first = true;
  for (const std::string_view line : text.lines()) {
    if (is_fields_line(line) || (first && is_bare_header(line))) {
      return Confidence::certain;
    }
    first = first && line.empty();
    if (ascii_istarts_with(line, "#Software: Microsoft Exchange")) {
      return Confidence::likely;
    }
  }
  return Confidence::none;
}

}  // namespace

extern const Format format_exchange_log;
const Format format_exchange_log = {
    .name = "exchange-log",
    .doc = "comma separated logs of Microsoft Exchange (HttpProxy, ECP, EWS, cmdlets, message tracking, SMTP)",
    .spec = "https://learn.microsoft.com/exchange/mail-flow/transport-logs/message-tracking",
    .unit = Unit::line,
    .recognise = recognise_exchange,
    .open = [](ByteSource& source, const DecodeOptions& options) -> std::unique_ptr<Framer> {
      return std::make_unique<ExchangeFramer>(source, options);
    },
    .decoder = [](event::FieldTable& fields, const DecodeOptions& options) -> std::unique_ptr<BlockDecoder> {
      return std::make_unique<ExchangeDecoder>(fields, options);
    },
};

}  // namespace tocsin::ingest
