// Sysmon for Linux: syslog lines whose message is a Sysmon event as XML.
#include <memory>
#include <string_view>

#include "base/text.h"
#include "ingest/event_xml.h"
#include "ingest/format.h"
#include "ingest/line_framer.h"
#include "ingest/text/text_head.h"
#include "ingest/text/text_lines.h"

namespace tocsin::ingest {
namespace {

constexpr std::string_view provider = "Linux-Sysmon";

// The event in a line, or an empty view.
std::string_view event_of(std::string_view line) {
  const std::size_t begin = line.find("<Event>");
  const std::size_t spaced = begin == std::string_view::npos ? line.find("<Event ") : begin;
  if (spaced == std::string_view::npos) {
    return {};
  }
  constexpr std::string_view closing = "</Event>";
  const std::size_t end = line.rfind(closing);
  return end == std::string_view::npos || end < spaced ? std::string_view{}
                                                       : line.substr(spaced, end + closing.size() - spaced);
}

Confidence recognise(const Head& head) {
  if (head.bytes.find(provider) == std::string_view::npos) {
    return Confidence::none;
  }
  const TextHead text(head);
  if (!text.is_text()) {
    return Confidence::none;
  }
  std::size_t lines = 0;
  std::size_t events = 0;
  for (const std::string_view line : text.lines()) {
    if (trim(line).empty()) {
      continue;
    }
    ++lines;
    // A line that is an event from its start is plain event XML, and JSON around one is JSON.
    const char first = trim(line).front();
    events += first != '{' && first != '[' && line.find("<Event") != 0 &&
                      line.find(provider) != std::string_view::npos && !event_of(line).empty()
                  ? 1
                  : 0;
  }
  return events * 2 >= lines && events != 0 ? Confidence::certain : Confidence::none;
}

class SysmonLinuxDecoder final : public BlockDecoder {
 public:
  SysmonLinuxDecoder(event::FieldTable& fields, const DecodeOptions& options)
      : codepage_(codepage_of(options)),
        reader_(fields, options),
        message_(fields.intern("message")),
        syslog_(event::log_source("linux_syslog")) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    TextLines lines(block, codepage_, batch.arena);
    TextLine line;
    while (lines.next(line)) {
      if (trim(line.text).empty()) {
        continue;
      }
      event::Event& event = batch.begin_event();
      event.record = line.number;
      event.offset = line.offset;
      event.raw = line.text;
      const std::string_view xml = event_of(line.text);
      if (xml.empty()) {
        // Another program's line in the same file.
        if (line.text.find("<Event>") != std::string_view::npos) {
          batch.drop_event();
          ++batch.unreadable;
          batch.note("event cut off in its line");
          continue;
        }
        event.log_source = syslog_;
        batch.add_field(message_, line.text);
        batch.end_event();
        continue;
      }
      if (!reader_.read(xml, batch, event)) {
        batch.drop_event();
        ++batch.unreadable;
        batch.note("event that is not well-formed XML skipped");
        continue;
      }
      // No Windows channel has this name; rules for Linux find the event by its log source.
      event.channel = {};
      event.log_source = linux_sysmon_source(event.event_id);
      batch.end_event();
    }
  }

 private:
  const Codepage& codepage_;
  EventXmlReader reader_;
  event::FieldId message_;
  const event::LogSource* syslog_;
};

std::unique_ptr<Framer> open(ByteSource& source, const DecodeOptions& options) {
  return std::make_unique<LineFramer>(source, options);
}

std::unique_ptr<BlockDecoder> decoder(event::FieldTable& fields, const DecodeOptions& options) {
  return std::make_unique<SysmonLinuxDecoder>(fields, options);
}

}  // namespace

extern const Format format_sysmon_linux;
const Format format_sysmon_linux = {
    .name = "sysmon-linux",
    .doc = "Sysmon for Linux in syslog: lines with an <Event> in them",
    .spec = "https://github.com/microsoft/SysmonForLinux",
    .unit = Unit::line,
    .recognise = recognise,
    .open = open,
    .decoder = decoder,
};

}  // namespace tocsin::ingest
