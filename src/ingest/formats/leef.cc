// leef: IBM QRadar Log Event Extended Format 1.0 and 2.0, one message a line, with or without a syslog header.
// https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components
//
// How a message becomes fields is told in text/cef_message.h. Without devTime it has the time of the header.
#include "ingest/text/cef_message.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/syslog_header.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

class LeefReader {
 public:
  LeefReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), message_(fields, options), source_(event::log_source("plain")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    const std::size_t at = find_leef(line.text);
    if (at == std::string_view::npos) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, source_);
    if (at != 0) {
      if (const auto header = parse_syslog_header(line.text, options_.modified_seconds)) {
        event.host = header->host;
        if (header->time) {
          set_time(event, *header->time, options_);
        }
      }
    }
    if (!message_.add(line.text.substr(at), batch)) {
      batch.drop_event();
      return false;
    }
    batch.end_event();
    return true;
  }

 private:
  DecodeOptions options_;
  LeefMessage message_;
  const event::LogSource* source_;
};

Confidence recognise_leef(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain,
                     [](std::string_view line) { return find_leef(line) != std::string_view::npos; });
}

}  // namespace

extern const Format format_leef;
const Format format_leef = {
    .name = "leef",
    .doc = "IBM QRadar Log Event Extended Format",
    .spec = "https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components",
    .unit = Unit::line,
    .recognise = recognise_leef,
    .open = open_lines,
    .decoder = make_line_decoder<LeefReader>,
};

}  // namespace tocsin::ingest
