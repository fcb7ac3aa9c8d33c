// cef: ArcSight Common Event Format, one message a line, with or without a syslog header.
// https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/pdfdoc/common-event-format-v25/common-event-format-v25.pdf
//
// How a message becomes fields is told in text/cef_message.h. Without a time of its own it has that of the header.
#include "ingest/text/cef_message.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/syslog_header.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

class CefReader {
 public:
  CefReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), message_(fields, options), source_(event::log_source("plain")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    const std::size_t at = find_cef(line.text);
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
  CefMessage message_;
  const event::LogSource* source_;
};

Confidence recognise_cef(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain,
                     [](std::string_view line) { return find_cef(line) != std::string_view::npos; });
}

}  // namespace

extern const Format format_cef;
const Format format_cef = {
    .name = "cef",
    .doc = "ArcSight Common Event Format",
    .spec =
        "https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/pdfdoc/common-event-format-v25/"
        "common-event-format-v25.pdf",
    .unit = Unit::line,
    .recognise = recognise_cef,
    .open = open_lines,
    .decoder = make_line_decoder<CefReader>,
};

}  // namespace tocsin::ingest
