// Enveloped message: what CEF and LEEF files share: one message a line, alone or behind a syslog header.
#pragma once

#include <memory>
#include <string_view>

#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/syslog_header.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {

// A reader for LineDecoder. Message is constructed from (FieldTable&, const DecodeOptions&) and has
// `bool add(std::string_view, EventBatch&)`; Find gives where in the line the message begins, or npos. A message
// without a time or host of its own has those of the header.
template <class Message, std::size_t (*Find)(std::string_view)>
class EnvelopedReader {
 public:
  EnvelopedReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), message_(fields, options), source_(event::log_source("plain")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    const std::size_t at = Find(line.text);
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
  Message message_;
  const event::LogSource* source_;
};

template <std::size_t (*Find)(std::string_view)>
Confidence recognise_enveloped(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain,
                     [](std::string_view line) { return Find(line) != std::string_view::npos; });
}

}  // namespace tocsin::ingest
