// Unwrapper: looks into the envelopes that collectors put around a log's own record, so that the record itself is seen.
#pragma once

#include <memory>
#include <string_view>

#include "event/event.h"
#include "ingest/event_xml.h"
#include "ingest/json/record.h"
#include "ingest/text/syslog_message.h"

namespace tocsin::ingest::json {

// Objects: EventBridge ("detail") and Splunk's HTTP event collector ("event"). Texts: the record as text, JSON, event
// XML, syslog or an audit record, in Splunk's "_raw" and "event", Elastic's "event.original", "message" of CloudWatch
// and Filebeat, "CloudTrailEvent" of lookup-events and "Payload" of EvtxECmd. One level: what an envelope holds is not
// looked into again. Fields of the envelope stay. Not thread-safe.
class Unwrapper {
 public:
  Unwrapper(event::FieldTable& fields, const DecodeOptions& options) : fields_(fields), options_(options) {}
  // True where a text was read that is no JSON: the event is complete, no profile needs to look at it.
  bool unwrap(Record& record);

 private:
  struct TextReaders {
    TextReaders(event::FieldTable& fields, const DecodeOptions& options)
        : xml(fields, options), lines(fields, options), audit(fields, options) {}
    EventXmlReader xml;
    SyslogMessage lines;
    AuditRecord audit;
  };
  bool read_text(std::string_view text, Record& record);

  event::FieldTable& fields_;
  const DecodeOptions& options_;
  std::unique_ptr<TextReaders> readers_;  // made when the first such text is met
};

}  // namespace tocsin::ingest::json
