// JSON lines: one JSON object a line.
#include "ingest/json/decoder.h"
#include "ingest/json/recognise.h"
#include "ingest/line_framer.h"

namespace tocsin::ingest {
namespace {

Confidence recognise_lines(const Head& head) {
  const json::LayoutGuess guess = json::layout_of(head);
  if (guess.layout != json::Layout::lines) {
    return Confidence::none;
  }
  return guess.proven ? Confidence::certain : Confidence::likely;
}

std::unique_ptr<Framer> open(ByteSource& source, const DecodeOptions& options) {
  return std::make_unique<LineFramer>(source, options);
}

std::unique_ptr<BlockDecoder> decoder(event::FieldTable& fields, const DecodeOptions& options) {
  return std::make_unique<json::JsonDecoder>(fields, options);
}

}  // namespace

extern const Format format_json_lines;
const Format format_json_lines = {
    "json-lines", "JSON lines: one JSON object a line", "https://jsonlines.org/", Unit::line, recognise_lines, open,
    decoder};

}  // namespace tocsin::ingest
