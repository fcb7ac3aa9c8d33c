#include "ingest/evtx/chunk.h"

#include <algorithm>
#include <cstring>
#include <utility>

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

void RecordFinder::begin(std::span<const std::uint8_t> chunk) {
  chunk_ = chunk;
  sound_ = has_chunk_magic(chunk);
  at_ = sound_ ? chunk_header_bytes : 0;
  used_ = sound_ ? record_area_end(chunk) : chunk.size();
  broken_ = false;
  in_stretch_ = false;
  any_regular_ = false;
  regular_id_ = regular_before_ = 0;
  ids_.clear();
  unreadable_ = 0;
}

bool RecordFinder::next(ChunkRecord& record) {
  if (!(at_ < used_ && next_in_area(record)) && !next_behind(record)) {
    return false;
  }
  last_recovered_ = record.recovered;
  ids_.push_back(record.id);
  return true;
}

bool RecordFinder::next_in_area(ChunkRecord& record) {
  while (at_ < used_) {
    const std::uint32_t size = u32_at(chunk_, at_ + 4);
    if (u32_at(chunk_, at_) == record_magic && size >= record_bytes_min && size <= chunk_.size() - at_) {
      // The copy of the size behind the record may be lost while the record is whole: then what follows vouches for
      // it, or else nothing, and the caller finds out.
      const bool confirmed =
          u32_at(chunk_, at_ + size - 4) == size || at_ + size == used_ || u32_at(chunk_, at_ + size) == record_magic;
      record = {static_cast<std::uint32_t>(at_), size, u64_at(chunk_, at_ + 8), u64_at(chunk_, at_ + 16), false};
      record.recovered = !sound_ || (broken_ && foreign(record.id));
      confirmed_to_ = confirmed ? at_ + size : at_ + 4;
      broken_ = broken_ || !confirmed;
      at_ += size;
      if (!record.recovered) {
        in_stretch_ = false;
        any_regular_ = true;
        regular_before_ = std::exchange(regular_id_, record.id);
      }
      return true;
    }
    broken_ = true;
    const std::size_t next = next_record(chunk_, at_ + 1);
    const std::size_t stop = std::min(next, used_);
    if (sound_ && !in_stretch_ && !all_zero(chunk_.subspan(at_, stop - at_))) {
      ++unreadable_;
      in_stretch_ = true;
    }
    at_ = next;
  }
  return false;
}

bool RecordFinder::next_behind(ChunkRecord& record) {
  while (at_ < chunk_.size()) {
    at_ = next_record(chunk_, at_);
    if (at_ >= chunk_.size()) {
      return false;
    }
    const std::uint64_t id = u64_at(chunk_, at_ + 8);
    const std::uint32_t size = u32_at(chunk_, at_ + 4);
    record = {static_cast<std::uint32_t>(at_), size, id, u64_at(chunk_, at_ + 16), true};
    at_ += size;
    confirmed_to_ = at_;
    if (std::find(ids_.begin(), ids_.end(), id) == ids_.end()) {
      return true;
    }
  }
  return false;
}

// Behind a break, pages of another turn of the log may stand. A record is the log's own where the header names its id
// or where its id goes on from those before: a header is written late, so that either may be the newer truth.
bool RecordFinder::foreign(std::uint64_t id) const {
  constexpr std::uint64_t records_max = chunk_bytes / record_bytes_min;
  const bool named = id >= u64_at(chunk_, 24) && id <= u64_at(chunk_, 32);
  const bool goes_on = any_regular_ && id > regular_id_ && id - regular_id_ <= records_max;
  return !named && !goes_on;
}

void RecordFinder::reject() {
  ids_.pop_back();
  if (!last_recovered_) {
    ++unreadable_;
    // Its id may be as wrong as the rest.
    regular_id_ = regular_before_;
    any_regular_ = regular_id_ != 0;
  }
  at_ = confirmed_to_;
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
