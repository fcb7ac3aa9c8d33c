#include "ingest/evtx/chunk.h"

#include <algorithm>
#include <cstring>

#include "ingest/evtx/crc32.h"

namespace tocsin::ingest::evtx {
namespace {

std::uint32_t u32_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::uint32_t value = 0;
  if (offset + 4 <= bytes.size()) {
    std::memcpy(&value, bytes.data() + offset, 4);
  }
  return value;
}

std::uint64_t u64_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::uint64_t value = 0;
  if (offset + 8 <= bytes.size()) {
    std::memcpy(&value, bytes.data() + offset, 8);
  }
  return value;
}

// Where the header says that the record area ends; an empty or impossible place means "at the end".
std::size_t record_area_end(std::span<const std::uint8_t> chunk) {
  const std::size_t used = u32_at(chunk, 48);
  return used <= chunk_header_bytes || used > chunk.size() ? chunk.size() : used;
}

// Where the next confirmed record begins, or the end.
std::size_t next_record(std::span<const std::uint8_t> chunk, std::size_t from) {
  for (std::size_t at = from; at + record_bytes_min <= chunk.size(); ++at) {
    const void* found = std::memchr(chunk.data() + at, 0x2A, chunk.size() - at);
    if (found == nullptr) {
      return chunk.size();
    }
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - chunk.data());
    if (is_record(chunk, at)) {
      return at;
    }
  }
  return chunk.size();
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && (bytes.size() == 1 || std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0));
}

}  // namespace

bool has_chunk_magic(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= chunk_header_bytes && std::memcmp(bytes.data(), chunk_magic.data(), chunk_magic.size()) == 0;
}

bool is_record(std::span<const std::uint8_t> chunk, std::size_t offset) {
  if (offset + record_bytes_min > chunk.size() || u32_at(chunk, offset) != record_magic) {
    return false;
  }
  const std::uint32_t size = u32_at(chunk, offset + 4);
  return size >= record_bytes_min && size <= chunk.size() - offset && u32_at(chunk, offset + size - 4) == size;
}

void find_records(std::span<const std::uint8_t> chunk, ChunkRecords& out) {
  out.records.clear();
  out.unreadable = 0;
  const bool sound = has_chunk_magic(chunk);
  std::size_t at = sound ? chunk_header_bytes : 0;
  const std::size_t used = sound ? record_area_end(chunk) : chunk.size();
  out.used = used;
  const auto take = [&](std::size_t offset, bool recovered) {
    out.records.push_back({static_cast<std::uint32_t>(offset), u32_at(chunk, offset + 4), u64_at(chunk, offset + 8),
                           u64_at(chunk, offset + 16), recovered});
  };
  while (at < used) {
    const std::uint32_t size = u32_at(chunk, at + 4);
    const std::size_t left = chunk.size() - at;
    if (u32_at(chunk, at) == record_magic && size >= record_bytes_min && size <= left &&
        // The trailing copy may be damaged alone: then what follows must confirm the size.
        (u32_at(chunk, at + size - 4) == size || at + size == used || u32_at(chunk, at + size) == record_magic)) {
      take(at, !sound);
      at += size;
      continue;
    }
    const std::size_t next = next_record(chunk, at + 1);
    const std::size_t stop = std::min(next, used);
    if (sound && !all_zero(chunk.subspan(at, stop - at))) {
      ++out.unreadable;
    }
    at = next;
  }
  if (used >= chunk.size()) {
    return;
  }
  for (at = next_record(chunk, std::max(used, at)); at < chunk.size();) {
    const std::uint64_t id = u64_at(chunk, at + 8);
    const bool met = std::any_of(out.records.begin(), out.records.end(),
                                 [id](const ChunkRecord& record) { return record.id == id; });
    const std::uint32_t size = u32_at(chunk, at + 4);
    if (!met) {
      take(at, true);
    }
    at = next_record(chunk, at + size);
  }
}

bool records_lead_to_end(std::span<const std::uint8_t> chunk) {
  const std::size_t used = record_area_end(chunk);
  std::size_t at = chunk_header_bytes;
  while (at < used && u32_at(chunk, at) == record_magic) {
    const std::uint32_t size = u32_at(chunk, at + 4);
    if (size < record_bytes_min || size > chunk.size() - at) {
      return false;
    }
    at += size;
  }
  return at == used || all_zero(chunk.subspan(at));
}

bool checksums_hold(std::span<const std::uint8_t> chunk) {
  constexpr std::uint32_t no_checksums = 4;
  if (chunk.size() < chunk_bytes || (u32_at(chunk, 120) & no_checksums) != 0) {
    return true;
  }
  const std::size_t used = record_area_end(chunk);
  return crc32(chunk.subspan(chunk_header_bytes, used - chunk_header_bytes)) == u32_at(chunk, 52) &&
         crc32(chunk.subspan(128, chunk_header_bytes - 128), crc32(chunk.first(120))) == u32_at(chunk, 124);
}

}  // namespace tocsin::ingest::evtx
