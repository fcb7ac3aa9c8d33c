// tacacs: accounting files of TACACS+ servers (tac_plus), what users typed on network devices.
// https://www.rfc-editor.org/rfc/rfc8907 section 7 names the arguments; the file form is tac_plus's own:
// https://www.shrubbery.net/tac_plus/
//
// A line is time, device, user, port, remote address and kind (start, stop, update) between tabs, then key=value pairs
// between tabs. Fields: device, user, port, src_ip, record and the pairs by their names (service, priv-lvl, cmd …).
#include <algorithm>
#include <array>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/text/leading_time.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

constexpr std::size_t front_columns = 6;

// The first six columns; `rest` is left with the pairs. False where the line is none.
bool take_front(std::string_view& rest, std::array<std::string_view, front_columns>& columns) {
  for (std::string_view& column : columns) {
    const std::size_t tab = rest.find('\t');
    column = rest.substr(0, tab);
    rest.remove_prefix(tab == std::string_view::npos ? rest.size() : tab + 1);
  }
  const std::string_view kind = columns.back();
  return (kind == "start" || kind == "stop" || kind == "update") && !columns[0].empty();
}

class TacacsReader {
 public:
  TacacsReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), fields_(fields), source_(event::log_source("cisco_aaa")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    std::string_view rest = line.text;
    std::array<std::string_view, front_columns> columns;
    if (!take_front(rest, columns)) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, source_);
    if (const auto time = parse_leading_time(columns[0], options_.modified_seconds)) {
      set_time(event, *time, options_);
    }
    event.host = columns[1];
    constexpr std::array<std::string_view, front_columns> names = {"", "device", "user", "port", "src_ip", "record"};
    for (std::size_t i = 1; i < front_columns; ++i) {
      if (!columns[i].empty()) {
        batch.add_field(fields_.id(names[i]), columns[i]);
      }
    }
    while (!rest.empty()) {
      const std::size_t tab = rest.find('\t');
      const std::string_view pair = rest.substr(0, tab);
      rest.remove_prefix(tab == std::string_view::npos ? rest.size() : tab + 1);
      const std::size_t equals = pair.find_first_of("=*");
      if (equals == std::string_view::npos || equals == 0) {
        continue;
      }
      if (batch.fields.size() - event.field_begin >= limits::event_fields_max) {
        batch.note("lines with too many pairs: the rest stands only in the raw line");
        break;
      }
      batch.add_field(fields_.id(pair.substr(0, equals)), pair.substr(equals + 1));
    }
    batch.end_event();
    return true;
  }

 private:
  DecodeOptions options_;
  event::FieldCache fields_;
  const event::LogSource* source_;
};

Confidence recognise_tacacs(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain, [](std::string_view line) {
    std::array<std::string_view, front_columns> columns;
    return take_front(line, columns);
  });
}

}  // namespace

extern const Format format_tacacs;
const Format format_tacacs = {
    .name = "tacacs",
    .doc = "TACACS+ accounting files: commands typed on network devices",
    .spec = "https://www.rfc-editor.org/rfc/rfc8907",
    .unit = Unit::line,
    .recognise = recognise_tacacs,
    .open = open_lines,
    .decoder = make_line_decoder<TacacsReader>,
};

}  // namespace tocsin::ingest
