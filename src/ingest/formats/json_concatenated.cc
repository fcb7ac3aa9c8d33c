// Concatenated JSON: objects one after another, each over as many lines as it likes.
#include "ingest/json/decoder.h"
#include "ingest/json/recognise.h"
#include "ingest/json/value_framer.h"

namespace tocsin::ingest {
namespace {

Confidence recognise_concatenated(const Head& head) {
  const json::LayoutGuess guess = json::layout_of(head);
  if (guess.layout != json::Layout::concatenated) {
    return Confidence::none;
  }
  return guess.proven ? Confidence::certain : Confidence::likely;
}

std::unique_ptr<Framer> open(ByteSource& source, const DecodeOptions&) {
  return std::make_unique<json::JsonValueFramer>(source, false);
}

std::unique_ptr<BlockDecoder> decoder(event::FieldTable& fields, const DecodeOptions& options) {
  return std::make_unique<json::JsonDecoder>(fields, options);
}

}  // namespace

extern const Format format_json_concatenated;
const Format format_json_concatenated = {"json-concatenated",
                                         "Concatenated JSON: pretty-printed objects one after another",
                                         "https://en.wikipedia.org/wiki/JSON_streaming#Concatenated_JSON",
                                         Unit::row,
                                         recognise_concatenated,
                                         open,
                                         decoder};

}  // namespace tocsin::ingest
