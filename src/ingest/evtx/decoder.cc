#include "ingest/evtx/decoder.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/time.h"
#include "ingest/text/text_lines.h"

namespace tocsin::ingest::evtx {

EvtxDecoder::EvtxDecoder(event::FieldTable& table, const DecodeOptions& options, RecordReader::Path path)
    : options_(options), identity_(table), reader_(table, codepage_of(options), path) {
  reader_.watch_time(identity_.time_field());
}

void EvtxDecoder::decode(const Block& block, event::EventBatch& batch) {
  if (block.bytes.empty()) {
    return;
  }
  const std::span chunk(reinterpret_cast<const std::uint8_t*>(block.bytes.data()), block.bytes.size());
  // Chunks count from 0 behind the file header, as libevtx and evtx_dump count them.
  const std::uint64_t number = block.offset < file_header_bytes ? 0 : (block.offset - file_header_bytes) / chunk_bytes;
  if (!has_chunk_magic(chunk)) {
    // Less than a chunk is what lies between carved ones, or behind the last.
    batch.unreadable += chunk.size() == chunk_bytes ? 1 : 0;
    batch.note(fmt::format("bad magic in chunk {}", number));
  } else if (chunk.size() < chunk_bytes) {
    batch.note(fmt::format("chunk {} is cut short", number));
  } else if (!checksums_hold(chunk)) {
    batch.note(fmt::format("bad checksum in chunk {}", number));
  }
  finder_.begin(chunk);
  reader_.begin_chunk(chunk, batch);
  std::uint64_t recovered = 0;
  std::uint64_t lost = 0;
  ChunkRecord record;
  while (finder_.next(record)) {
    event::Event& event = batch.begin_event();
    event.offset = block.offset + record.offset;
    event.recovered = record.recovered;
    const std::size_t begin = record.offset + record_header_bytes;
    if (!reader_.read(begin, record.offset + record.size - 4, record.recovered)) {
      batch.drop_event();
      lost += record.recovered ? 1 : 0;
      finder_.reject();
      continue;
    }
    if (reader_.overflowed()) {
      batch.note("fields beyond the limit were left out");
    }
    identity_.apply(batch, event, options_, reader_.known_time());
    if (!event.time.known() && record.filetime != 0) {
      event.time = Time::from_filetime(record.filetime);
    }
    event.record = identity_.record_id(batch, event).value_or(record.id);
    batch.end_event();
    recovered += record.recovered ? 1 : 0;
  }
  batch.unreadable += finder_.unreadable();
  if (lost != 0) {
    // Without its field names a rule's exceptions would not apply to it.
    batch.notes.push_back({"record in free space or a damaged chunk whose template is gone", lost});
  }
  if (recovered != 0) {
    batch.notes.push_back({"record recovered from free space or a damaged chunk", recovered});
  }
}

}  // namespace tocsin::ingest::evtx
