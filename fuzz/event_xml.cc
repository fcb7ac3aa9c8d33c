// Drives the readers of Windows event XML and of Sysmon for Linux over any bytes.
#include <cstdint>
#include <memory>
#include <string_view>

#include "ingest/format.h"

namespace {

using namespace tocsin;

void read(std::string_view bytes, const char* name) {
  const ingest::Format* format = ingest::find_format(name);
  event::FieldTable table;
  MemorySource source(bytes);
  const auto framer = format->open(source, {});
  const auto decoder = format->decoder(table, {});
  ingest::Block block;
  event::EventBatch batch;
  for (;;) {
    const auto more = framer->next(block);
    if (!more || !*more) {
      return;
    }
    batch.clear();
    decoder->decode(block, batch);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tocsin::ingest::recognise({bytes.substr(0, tocsin::ingest::head_bytes), "", size <= tocsin::ingest::head_bytes});
  read(bytes, "event-xml");
  read(bytes, "sysmon-linux");
  return 0;
}
