// The decoder of all JSON logs: one record of JSON text becomes one event.
#pragma once

#include <memory>

#include "ingest/format.h"
#include "ingest/json/clock_difference.h"
#include "ingest/json/flattener.h"
#include "ingest/json/unwrap.h"

namespace tocsin::ingest::json {

// Where the records of a block stand that are not lines; written by JsonValueFramer.
struct RecordSpans : BlockContext {
  struct Span {
    std::uint32_t begin = 0;  // into Block::bytes
    std::uint32_t size = 0;
    std::uint32_t number = 0;  // above Block::first_record
  };
  std::vector<Span> spans;
};

// Takes blocks of lines, or of RecordSpans. Rules for the text of a record (for its fields see flattener.h): a record
// that is not one JSON object is unreadable; ill-formed UTF-8 is repaired to U+FFFD, raw control characters in strings
// are taken as they are, each with a note. Event::raw is the record's text.
class JsonDecoder final : public BlockDecoder {
 public:
  JsonDecoder(event::FieldTable& fields, const DecodeOptions& options);
  void decode(const Block& block, event::EventBatch& batch) override;

 private:
  void decode_record(std::string_view text, std::uint64_t number, std::uint64_t offset, event::EventBatch& batch);

  void decode_records(const Block& block, event::EventBatch& batch);

  Flattener flattener_;
  ClockDifference clock_difference_;
  DecodeOptions options_;
  Unwrapper unwrapper_;  // refers to options_
};

}  // namespace tocsin::ingest::json
