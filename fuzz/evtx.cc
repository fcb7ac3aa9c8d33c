// Drives the EVTX framer and decoder over any bytes, and holds the two ways of reading a record against each other.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/evtx/decoder.h"
#include "ingest/evtx/framer.h"
#include "ingest/format.h"

namespace {

using namespace tocsin;
using Path = ingest::evtx::RecordReader::Path;

// A number that stands for all events, their fields and values.
std::uint64_t read(std::string_view bytes, Path path, std::uint64_t& unreadable) {
  event::FieldTable table;
  MemorySource source(bytes);
  ingest::evtx::EvtxFramer framer(source);
  ingest::evtx::EvtxDecoder decoder(table, {}, path);
  ingest::Block block;
  event::EventBatch batch;
  std::uint64_t sum = 0;
  const auto mix = [&sum](std::uint64_t value) { sum = (sum ^ value) * 0x9E3779B97F4A7C15U; };
  for (;;) {
    const auto more = framer.next(block);
    if (!more || !*more) {
      return sum;
    }
    batch.clear();
    decoder.decode(block, batch);
    unreadable += batch.unreadable;
    for (const event::Event& event : batch.events) {
      mix(event.record);
      mix(event.offset);
      for (const event::Field& field : batch.fields_of(event)) {
        mix(std::hash<std::string_view>{}(table.name(field.id)));
        mix(std::hash<std::string_view>{}(field.value.text) + static_cast<std::uint64_t>(field.value.kind));
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tocsin::ingest::recognise({bytes.substr(0, tocsin::ingest::head_bytes), "", size <= tocsin::ingest::head_bytes});
  std::uint64_t fast_unreadable = 0;
  std::uint64_t generic_unreadable = 0;
  const std::uint64_t fast = read(bytes, Path::fast, fast_unreadable);
  std::uint64_t fresh_unreadable = 0;
  if (read(bytes, Path::fresh, fresh_unreadable) != fast || fresh_unreadable != fast_unreadable) {
    std::abort();
  }
  const std::uint64_t generic = read(bytes, Path::generic, generic_unreadable);
  // Where a record was refused the paths may have met another of its faults or limits first.
  if (fast_unreadable == 0 && generic_unreadable == 0 && fast != generic) {
    std::abort();
  }
  std::uint64_t raw_unreadable = 0;
  read(bytes, Path::raw, raw_unreadable);
  return 0;
}
