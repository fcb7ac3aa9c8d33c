// plain: any text, a line at a time; the last resort, so that keyword rules see every readable file.
// There is no published format: a line is what ends in LF or CRLF (POSIX 3.206). A time at the start of the line, in
// any of the shapes that text/log_time.h and text/leading_time.h know, becomes the event's time.
#include <memory>

#include "base/text.h"
#include "ingest/line_framer.h"
#include "ingest/text/leading_time.h"
#include "ingest/text/log_time.h"
#include "ingest/text/text_head.h"
#include "ingest/text/text_lines.h"

namespace tocsin::ingest {
namespace {

class PlainDecoder final : public BlockDecoder {
 public:
  PlainDecoder(event::FieldTable&, const DecodeOptions& options)
      : options_(options), page_(codepage_of(options)), source_(event::log_source("plain")) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    TextLines lines(block, page_, batch.arena);
    TextLine line;
    while (lines.next(line)) {
      if (trim(line.text).empty()) {
        continue;
      }
      event::Event& event = begin_text_event(batch, line, source_);
      if (const auto time = parse_leading_time(line.text, options_.modified_seconds)) {
        set_time(event, *time, options_);
      }
      batch.end_event();
    }
  }

 private:
  DecodeOptions options_;
  const Codepage& page_;
  const event::LogSource* source_;
};

Confidence recognise_plain(const Head& head) {
  const TextHead text(head);
  return text.is_text() && !text.text().empty() ? Confidence::fallback : Confidence::none;
}

}  // namespace

extern const Format format_plain;
const Format format_plain = {
    .name = "plain",
    .doc = "any text, line by line, for keyword rules",
    .spec = "https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap03.html#tag_03_206",
    .unit = Unit::line,
    .recognise = recognise_plain,
    .open = [](ByteSource& source, const DecodeOptions& options) -> std::unique_ptr<Framer> {
      return std::make_unique<LineFramer>(source, options);
    },
    .decoder = [](event::FieldTable& fields, const DecodeOptions& options) -> std::unique_ptr<BlockDecoder> {
      return std::make_unique<PlainDecoder>(fields, options);
    },
};

}  // namespace tocsin::ingest
