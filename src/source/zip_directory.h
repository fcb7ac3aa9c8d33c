// How much of a zip its central directory takes: libarchive keeps all of it in memory, so a large one is not given to
// it.
#pragma once

#include <cstdint>

#include "source/input.h"

namespace tocsin::source {

// Bytes from the start of the central directory to the end of the file (APPNOTE.TXT 4.3.14 to 4.3.16); 0 where there is
// no end record. `input` can seek; where it stands afterwards is open.
std::uint64_t zip_directory_bytes(Input& input);

}  // namespace tocsin::source
