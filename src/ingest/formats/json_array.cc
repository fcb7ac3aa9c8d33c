// JSON array: one array of objects, bare or inside an object ({"Records":[…]}, {"value":[…]}, {"hits":{"hits":[…]}}).
#include "ingest/json/decoder.h"
#include "ingest/json/recognise.h"
#include "ingest/json/value_framer.h"

namespace tocsin::ingest {
namespace {

Confidence recognise_array(const Head& head) {
  const json::LayoutGuess guess = json::layout_of(head);
  if (guess.layout != json::Layout::array) {
    return Confidence::none;
  }
  return guess.proven ? Confidence::certain : Confidence::likely;
}

std::unique_ptr<Framer> open(ByteSource& source, const DecodeOptions&) {
  return std::make_unique<json::JsonValueFramer>(source, true);
}

std::unique_ptr<BlockDecoder> decoder(event::FieldTable& fields, const DecodeOptions& options) {
  return std::make_unique<json::JsonDecoder>(fields, options);
}

}  // namespace

extern const Format format_json_array;
const Format format_json_array = {"json-array",
                                  "JSON array of objects, bare or inside an export's wrapper object",
                                  "https://www.rfc-editor.org/rfc/rfc8259",
                                  Unit::row,
                                  recognise_array,
                                  open,
                                  decoder};

}  // namespace tocsin::ingest
