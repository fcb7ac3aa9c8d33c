// CRC-32 (ISO 3309, as in zlib) over the headers and data of EVTX files.
#pragma once

#include <cstdint>
#include <span>

namespace tocsin::ingest::evtx {

// Continues `crc` (0 at the start). Cost: memory speed where the processor multiplies without carry.
std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0);
// The same on any processor: about one byte per cycle.
std::uint32_t crc32_by_table(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0);

}  // namespace tocsin::ingest::evtx
