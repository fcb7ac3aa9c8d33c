// CRC-32 (ISO 3309, as in zlib) over the headers and data of EVTX files.
#pragma once

#include <cstdint>
#include <span>

namespace tocsin::ingest::evtx {

// Continues `crc` (0 at the start). Cost: about one byte per processor cycle.
std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0);

}  // namespace tocsin::ingest::evtx
