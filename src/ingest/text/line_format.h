// Line format: what the formats share whose records are single lines; each adds only how to read one line.
#pragma once

#include <memory>

#include "base/text.h"
#include "ingest/line_framer.h"
#include "ingest/text/text_lines.h"

namespace tocsin::ingest {

// A Reader that remembers lines must forget them in begin_block(), because a decoder knows nothing but the block.
// Reader is constructed from (FieldTable&, const DecodeOptions&) and has `bool read(const TextLine&, EventBatch&)`,
// which appends one event, or returns false for a line that is not of its format. Such a line becomes an event without
// fields of the log source `source()`, so that keyword rules still see it, and is noted. Blank lines are skipped.
template <class Reader>
class LineDecoder final : public BlockDecoder {
 public:
  LineDecoder(event::FieldTable& fields, const DecodeOptions& options)
      : page_(codepage_of(options)), reader_(fields, options) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    if constexpr (requires { reader_.begin_block(); }) {
      reader_.begin_block();
    }
    TextLines lines(block, page_, batch.arena);
    TextLine line;
    while (lines.next(line)) {
      if (line.text.find_first_not_of(" \t\r\f\v") == std::string_view::npos || reader_.read(line, batch)) {
        continue;
      }
      begin_text_event(batch, line, reader_.source());
      batch.end_event();
      batch.note("lines of another form: only keyword rules see them");
    }
  }

 private:
  const Codepage& page_;
  Reader reader_;
};

inline std::unique_ptr<Framer> open_lines(ByteSource& source, const DecodeOptions& options) {
  return std::make_unique<LineFramer>(source, options);
}

template <class Reader>
std::unique_ptr<BlockDecoder> make_line_decoder(event::FieldTable& fields, const DecodeOptions& options) {
  return std::make_unique<LineDecoder<Reader>>(fields, options);
}

}  // namespace tocsin::ingest
