// Windows event log files (EVTX), whole, dirty, damaged or carved.
#include <cstring>

#include "ingest/evtx/chunk.h"
#include "ingest/evtx/decoder.h"
#include "ingest/evtx/framer.h"
#include "ingest/format.h"

namespace tocsin::ingest {
namespace {

Confidence recognise(const Head& head) {
  if (head.bytes.starts_with(evtx::file_magic) || head.bytes.starts_with(evtx::chunk_magic)) {
    return Confidence::certain;
  }
  // A file whose header was lost, or carved data: some chunk begins within the head. Its header size tells it from
  // text about the format.
  for (std::size_t at = head.bytes.find(evtx::chunk_magic); at != std::string_view::npos;
       at = head.bytes.find(evtx::chunk_magic, at + 1)) {
    std::uint32_t header_size = 0;
    if (at + 44 <= head.bytes.size()) {
      std::memcpy(&header_size, head.bytes.data() + at + 40, sizeof header_size);
    }
    if (header_size == 128) {
      return Confidence::certain;
    }
  }
  return Confidence::none;
}

std::unique_ptr<Framer> open(ByteSource& source, const DecodeOptions&) {
  return std::make_unique<evtx::EvtxFramer>(source);
}

std::unique_ptr<BlockDecoder> decoder(event::FieldTable& fields, const DecodeOptions& options) {
  using Path = evtx::RecordReader::Path;
  return std::make_unique<evtx::EvtxDecoder>(fields, options, options.raw ? Path::raw : Path::fast);
}

}  // namespace

extern const Format format_evtx;
const Format format_evtx = {
    .name = "evtx",
    .doc = "Windows event log (EVTX), also damaged, dirty or carved; free space is searched for old records",
    .spec =
        "https://github.com/libyal/libevtx/blob/main/documentation/"
        "Windows%20XML%20Event%20Log%20(EVTX).asciidoc",
    .unit = Unit::record,
    .recognise = recognise,
    .open = open,
    .decoder = decoder,
};

}  // namespace tocsin::ingest
