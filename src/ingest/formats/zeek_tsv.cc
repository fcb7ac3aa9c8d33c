// zeek-tsv: logs of Zeek (Bro) in its tab separated form.
// https://docs.zeek.org/en/master/log-formats.html#zeek-tsv-format-logs
//
// The header (#separator, #set_separator, #empty_field, #unset_field, #path, #fields, #types) may come again with other
// columns. An unset value is left out; sets and vectors are multi-valued fields, "(empty)" ones an empty text. \xHH is
// undone. Event time is ts. The log's path ("conn") says which rules apply.
#include <algorithm>
#include <memory>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/line_framer.h"
#include "ingest/text/columns.h"
#include "ingest/text/log_time.h"
#include "ingest/text/text_head.h"
#include "ingest/text/text_lines.h"
#include "wire/json.h"

namespace tocsin::ingest {
namespace {

enum class ZeekType : std::uint8_t { text, integer, real, boolean };

struct ZeekColumn {
  std::string name;
  ZeekType type = ZeekType::text;
  bool many = false;  // set or vector
  bool operator==(const ZeekColumn&) const = default;
};

struct ZeekColumns final : BlockContext {
  char separator = '\t';
  std::string set_separator = ",";
  std::string empty = "(empty)";
  std::string unset = "-";
  std::string path;
  std::vector<ZeekColumn> columns;

  bool operator==(const ZeekColumns& other) const {
    return separator == other.separator && set_separator == other.set_separator && empty == other.empty &&
           unset == other.unset && path == other.path && columns == other.columns;
  }
};

std::optional<char> hex_byte(std::string_view two) {
  const auto digit = [](char c) -> int {
    return ascii_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  if (two.size() < 2 || digit(two[0]) < 0 || digit(two[1]) < 0) {
    return std::nullopt;
  }
  return static_cast<char>(digit(two[0]) * 16 + digit(two[1]));
}

std::string undo_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\\x")) {
      if (const auto byte = hex_byte(text.substr(i + 2))) {
        out += *byte;
        i += 3;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

void set_type(ZeekColumn& column, std::string_view type) {
  column.many = type.starts_with("set[") || type.starts_with("vector[");
  if (column.many) {
    type = type.substr(type.find('[') + 1);
    type = type.substr(0, type.find(']'));
  }
  column.type = type == "count" || type == "int" || type == "port"         ? ZeekType::integer
                : type == "double" || type == "interval" || type == "time" ? ZeekType::real
                : type == "bool"                                           ? ZeekType::boolean
                                                                           : ZeekType::text;
}

// Reads a header line into the columns; true for "#types" and for "#fields", behind which the columns are new.
bool read_zeek_header(std::string_view line, ZeekColumns& out) {
  if (line.starts_with("#separator ")) {
    const std::string separator = undo_hex(line.substr(11));
    out.separator = separator.empty() ? '\t' : separator.front();
    return false;
  }
  const std::size_t end = std::min(line.find(out.separator), line.size());
  const std::string_view key = line.substr(0, end);
  const std::string_view value = line.substr(std::min(end + 1, line.size()));
  if (key == "#set_separator") {
    out.set_separator = undo_hex(value);
  } else if (key == "#empty_field") {
    out.empty = value;
  } else if (key == "#unset_field") {
    out.unset = value;
  } else if (key == "#path") {
    out.path = value;
  } else if (key == "#fields") {
    out.columns.clear();
    for (std::string& name : split_names(value, out.separator)) {
      out.columns.push_back({std::move(name), ZeekType::text, false});
    }
    return true;
  } else if (key == "#types") {
    const std::vector<std::string> types = split_names(value, out.separator);
    for (std::size_t i = 0; i < types.size() && i < out.columns.size(); ++i) {
      set_type(out.columns[i], types[i]);
    }
    return true;
  }
  return false;
}

class ZeekFramer final : public LineFramer {
 public:
  ZeekFramer(ByteSource& source, const DecodeOptions& options) : LineFramer(source, options) { sees_lines_ = true; }

 protected:
  bool starts_block(std::string_view line) override {
    if (line.starts_with('#')) {
      // Rows before a header line must keep the columns they had.
      if (rows_ != 0) {
        return true;
      }
      changed_ = read_zeek_header(line, header_) || changed_;
      return false;
    }
    if (changed_) {
      changed_ = false;
      columns_ = std::make_shared<const ZeekColumns>(header_);
    }
    ++rows_;
    return false;
  }

  void finish(Block& block) override {
    rows_ = 0;
    block.context = columns_;
  }

 private:
  ZeekColumns header_;
  std::shared_ptr<const ZeekColumns> columns_;
  bool changed_ = false;
  std::size_t rows_ = 0;  // in the block so far
};

class ZeekDecoder final : public BlockDecoder {
 public:
  ZeekDecoder(event::FieldTable& fields, const DecodeOptions& options)
      : page_(codepage_of(options)), fields_(fields), source_(event::log_source("zeek")) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    if (block.context.get() != columns_.get()) {
      bind(std::dynamic_pointer_cast<const ZeekColumns>(block.context));
    }
    TextLines lines(block, page_, batch.arena);
    TextLine line;
    while (lines.next(line)) {
      if (!line.text.empty() && line.text.front() != '#') {
        decode_row(line, batch);
      }
    }
  }

 private:
  void bind(std::shared_ptr<const ZeekColumns> columns) {
    columns_ = std::move(columns);
    ids_.clear();
    time_ = no_column;
    source_ = event::log_source("zeek");
    if (columns_ == nullptr) {
      return;
    }
    for (std::size_t i = 0; i < columns_->columns.size(); ++i) {
      ids_.push_back(fields_.id(columns_->columns[i].name));
      time_ = columns_->columns[i].name == "ts" && time_ == no_column ? i : time_;
    }
    if (const auto* own = event::log_source("zeek_" + columns_->path)) {
      source_ = own;
    }
  }

  void decode_row(const TextLine& line, event::EventBatch& batch) {
    event::Event& event = begin_text_event(batch, line, source_);
    std::size_t column = 0;
    std::size_t at = 0;
    while (columns_ != nullptr && column < ids_.size() && at <= line.text.size()) {
      const std::size_t end = std::min(line.text.find(columns_->separator, at), line.text.size());
      const std::string_view value = line.text.substr(at, end - at);
      at = end + 1;
      if (value != columns_->unset) {
        add(batch, column, value);
        if (column == time_) {
          set_zeek_time(event, value);
        }
      }
      ++column;
    }
    if (column < ids_.size() && !event.time.known()) {
      batch.drop_event();
      ++batch.unreadable;
      batch.note(line.cut ? "the last line is cut short and could not be read"
                          : "lines that are not rows were skipped");
      return;
    }
    if (column < ids_.size()) {
      batch.note(line.cut ? "the last line is cut short" : "rows with fewer values than columns");
    } else if (columns_ == nullptr) {
      batch.note("rows before the first #fields line have no columns");
    } else if (at <= line.text.size()) {
      batch.note("rows with more values than columns: the rest stands only in the raw line");
    }
    batch.end_event();
  }

  static void set_zeek_time(event::Event& event, std::string_view value) {
    if (const auto time = parse_epoch_seconds(value)) {
      event.time = *time;
    } else if (const auto iso = parse_iso8601(value)) {
      event.time = iso->time;  // LogAscii::use_json_timestamps and exports; UTC
    }
  }

  void add(event::EventBatch& batch, std::size_t column, std::string_view value) const {
    const ZeekColumn& kind = columns_->columns[column];
    if (value == columns_->empty) {
      batch.add_field(ids_[column], {});
      return;
    }
    if (!kind.many || columns_->set_separator.empty()) {
      add_one(batch, column, value);
      return;
    }
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t end = std::min(value.find(columns_->set_separator, at), value.size());
      if (batch.fields.size() - batch.events.back().field_begin < limits::event_fields_max) {
        add_one(batch, column, value.substr(at, end - at));
      }
      at = end + columns_->set_separator.size();
    }
  }

  void add_one(event::EventBatch& batch, std::size_t column, std::string_view value) const {
    switch (columns_->columns[column].type) {
      case ZeekType::boolean:
        if (value == "T" || value == "F") {
          batch.add_field(ids_[column], value == "T" ? "true" : "false", event::ValueKind::boolean);
          return;
        }
        break;
      case ZeekType::integer:
        if (wire::is_json_number(value) && value.find_first_of(".eE") == std::string_view::npos) {
          batch.add_field(ids_[column], value, event::ValueKind::integer);
          return;
        }
        break;
      case ZeekType::real:
        if (wire::is_json_number(value)) {
          batch.add_field(ids_[column], value, event::ValueKind::real);
          return;
        }
        break;
      case ZeekType::text:
        break;
    }
    batch.add_field(ids_[column],
                    value.find("\\x") == std::string_view::npos ? value : batch.arena.copy(undo_hex(value)));
  }

  const Codepage& page_;
  event::FieldCache fields_;
  std::shared_ptr<const ZeekColumns> columns_;
  std::vector<event::FieldId> ids_;
  std::size_t time_ = no_column;
  const event::LogSource* source_;
};

Confidence recognise_zeek(const Head& head) {
  const TextHead text(head);
  if (!text.is_text()) {
    return Confidence::none;
  }
  for (const std::string_view line : text.lines()) {
    if (line.starts_with("#separator \\x") || line.starts_with("#fields\t")) {
      return Confidence::certain;
    }
    if (!line.empty() && line.front() != '#') {
      break;
    }
  }
  return Confidence::none;
}

}  // namespace

extern const Format format_zeek_tsv;
const Format format_zeek_tsv = {
    .name = "zeek-tsv",
    .doc = "tab separated logs of Zeek",
    .spec = "https://docs.zeek.org/en/master/log-formats.html",
    .unit = Unit::line,
    .recognise = recognise_zeek,
    .open = [](ByteSource& source, const DecodeOptions& options) -> std::unique_ptr<Framer> {
      return std::make_unique<ZeekFramer>(source, options);
    },
    .decoder = [](event::FieldTable& fields, const DecodeOptions& options) -> std::unique_ptr<BlockDecoder> {
      return std::make_unique<ZeekDecoder>(fields, options);
    },
};

}  // namespace tocsin::ingest
