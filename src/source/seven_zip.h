// What a 7z archive will cost in memory, read from its own header before libarchive, which trusts these numbers, is let
// near it.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "source/input.h"

namespace tocsin::source {

struct SevenZipCost {
  std::uint64_t files = 0;          // entries in the header
  std::uint64_t header_bytes = 0;   // unpacked
  std::uint64_t decoder_bytes = 0;  // the largest dictionary or model that a folder asks for
};

// 7zFormat.txt of the LZMA SDK. `input` can seek; where it stands afterwards is open. An error is a header that is
// damaged, encrypted, larger than limits::archive_directory_bytes_max, or packed with anything but LZMA and LZMA2.
Result<SevenZipCost> seven_zip_cost(Input& input);

}  // namespace tocsin::source
