// syslog: RFC 3164 and RFC 5424 lines, as senders write them and as rsyslog, syslog-ng, Cisco devices and appliances
// store them.
// https://www.rfc-editor.org/rfc/rfc5424 and https://www.rfc-editor.org/rfc/rfc3164
//
// How a line becomes fields is told in text/syslog_message.h. A time without a year is the latest one that is not after
// the file's last change (text/log_time.h).
#include "base/text.h"
#include "ingest/text/line_format.h"
#include "ingest/text/syslog_message.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

// True for what no other line format looks like: a priority, RFC 5424, or a time with host and program.
bool is_syslog(std::string_view line) {
  const auto header = parse_syslog_header(line, 0);
  if (!header) {
    return false;
  }
  if (header->rfc5424 || header->priority || has_device_code(header->message)) {
    return true;
  }
  return !header->program.empty() && (!header->host.empty() || ascii_alpha(line.front()));
}

class SyslogReader {
 public:
  SyslogReader(event::FieldTable& fields, const DecodeOptions& options)
      : modified_seconds_(options.modified_seconds),
        message_(fields, options),
        source_(event::log_source("linux_syslog")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    const auto header = parse_syslog_header(line.text, modified_seconds_);
    if (!header) {
      return false;
    }
    begin_text_event(batch, line, source_);
    message_.add(*header, batch);
    batch.end_event();
    return true;
  }

 private:
  std::int64_t modified_seconds_;
  SyslogMessage message_;
  const event::LogSource* source_;
};

Confidence recognise_syslog(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::likely, is_syslog);
}

}  // namespace

extern const Format format_syslog;
const Format format_syslog = {
    .name = "syslog",
    .doc = "syslog lines (RFC 3164, RFC 5424, rsyslog and Cisco files)",
    .spec = "https://www.rfc-editor.org/rfc/rfc5424",
    .unit = Unit::line,
    .recognise = recognise_syslog,
    .open = open_lines,
    .decoder = make_line_decoder<SyslogReader>,
};

}  // namespace tocsin::ingest
