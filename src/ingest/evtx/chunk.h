// Chunk: the 64 KiB unit of an EVTX file; finds the records in it, whatever state it is in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::ingest::evtx {

inline constexpr std::size_t chunk_bytes = 64 * 1024;
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
  bool recovered = false;
};

// What walking a chunk found. Reused from chunk to chunk.
struct ChunkRecords {
  std::vector<ChunkRecord> records;
  std::uint64_t unreadable = 0;  // stretches of the record area that hold no record
  std::size_t used = 0;          // where the record area ends
};

bool has_chunk_magic(std::span<const std::uint8_t> bytes);

// Records in order: first those of the record area, then those found behind it. The header's idea of where the area
// ends is used only as far as it makes sense. A record header that is wrong costs itself: the walk goes on at the next
// bytes that are a record. Where the magic is wrong, every record found counts as recovered. Records behind the area
// whose id was met before are left out.
void find_records(std::span<const std::uint8_t> chunk, ChunkRecords& out);

// True where record follows record from the header to the end of the record area: nothing in the chunk is odd.
bool records_lead_to_end(std::span<const std::uint8_t> chunk);

// True where a whole record with a confirmed size lies at this offset.
bool is_record(std::span<const std::uint8_t> chunk, std::size_t offset);

// Header and data checksums of a chunk of full size whose flags do not switch them off.
bool checksums_hold(std::span<const std::uint8_t> chunk);

}  // namespace tocsin::ingest::evtx
