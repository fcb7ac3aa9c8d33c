// Chunk: the 64 KiB unit of an EVTX file; finds the records in it, whatever state it is in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::ingest::evtx {

inline constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
inline constexpr std::size_t chunk_header_bytes = 512;
inline constexpr std::size_t file_header_bytes = 4096;
inline constexpr std::size_t record_header_bytes = 24;
// Header and the copy of the size behind the data.
inline constexpr std::size_t record_bytes_min = 28;
inline constexpr std::string_view file_magic{"ElfFile\0", 8};
inline constexpr std::string_view chunk_magic{"ElfChnk\0", 8};
inline constexpr std::uint32_t record_magic = 0x00002A2A;

struct ChunkRecord {
  std::uint32_t offset = 0;  // in the chunk
  std::uint32_t size = 0;
  std::uint64_t id = 0;  // of the record header
  std::uint64_t filetime = 0;
  // The record does not belong to the log as the chunk stands: it lies behind the record area, was left there by an
  // earlier or later turn of the log, or its chunk has no magic.
  bool recovered = false;
};

bool has_chunk_magic(std::span<const std::uint8_t> bytes);

// Walks the records of a chunk in order: first those of the record area, then those found behind it. The header's idea
// of where the area ends is used only as far as it makes sense. Where no record stands, the walk goes on at the next
// bytes that are one; each such stretch (not of zeros) counts as one unreadable until a record of the log follows.
// Records behind the area whose id was met before are left out. Not thread-safe; reused from chunk to chunk.
class RecordFinder {
 public:
  void begin(std::span<const std::uint8_t> chunk);
  bool next(ChunkRecord& record);
  // The record that next() gave turned out to be damaged. A record of the log counts as unreadable; if nothing but its
  // own header vouched for its size, the walk goes on inside it.
  void reject();
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  bool next_in_area(ChunkRecord& record);
  bool next_behind(ChunkRecord& record);
  bool foreign(std::uint64_t id) const;

  std::span<const std::uint8_t> chunk_;
  bool sound_ = false;            // the chunk has its magic
  std::size_t at_ = 0;            // where to look next
  std::size_t used_ = 0;          // where the record area ends
  std::size_t confirmed_to_ = 0;  // where to go on if the last record is rejected
  bool broken_ = false;           // record no longer follows record
  bool in_stretch_ = false;       // the unreadable stretch was counted
  bool last_recovered_ = false;
  bool any_regular_ = false;
  std::uint64_t regular_id_ = 0;      // of the last record of the log
  std::uint64_t regular_before_ = 0;  // of the one before it
  std::vector<std::uint64_t> ids_;
  std::uint64_t unreadable_ = 0;
};

// True where record follows record from the header to the end of the record area: nothing in the chunk is odd.
bool records_lead_to_end(std::span<const std::uint8_t> chunk);

// True where a whole record with a confirmed size lies at this offset.
bool is_record(std::span<const std::uint8_t> chunk, std::size_t offset);

// Header and data checksums of a chunk of full size whose flags do not switch them off.
bool checksums_hold(std::span<const std::uint8_t> chunk);

}  // namespace tocsin::ingest::evtx
