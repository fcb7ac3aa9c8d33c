// logfmt: lines of key=value pairs, as many applications and firewalls (FortiGate, SonicWall, Sophos) write them.
// https://brandur.org/logfmt and https://docs.fortinet.com/document/fortigate/7.4.0/fortios-log-message-reference
//
// How a line becomes fields is told in text/logfmt_message.h; a priority "<189>" may come first.
#include "ingest/text/line_format.h"
#include "ingest/text/logfmt_message.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

std::string_view without_priority(std::string_view line) {
  const std::size_t close = line.substr(0, 5).find('>');
  return line.starts_with('<') && close != std::string_view::npos ? line.substr(close + 1) : line;
}

class LogfmtReader {
 public:
  LogfmtReader(event::FieldTable& fields, const DecodeOptions& options)
      : message_(fields, options), source_(event::log_source("plain")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    begin_text_event(batch, line, source_);
    if (message_.add(without_priority(line.text), batch) == 0) {
      batch.drop_event();
      return false;
    }
    batch.end_event();
    return true;
  }

 private:
  LogfmtMessage message_;
  const event::LogSource* source_;
};

Confidence recognise_logfmt(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::likely,
                     [](std::string_view line) { return looks_logfmt(without_priority(line), 3); });
}

}  // namespace

extern const Format format_logfmt;
const Format format_logfmt = {
    .name = "logfmt",
    .doc = "lines of key=value pairs (applications, FortiGate and other firewalls)",
    .spec = "https://brandur.org/logfmt",
    .unit = Unit::line,
    .recognise = recognise_logfmt,
    .open = open_lines,
    .decoder = make_line_decoder<LogfmtReader>,
};

}  // namespace tocsin::ingest
