// Decompression of a body (RFC 9110 section 8.4.1, RFC 1952), bounded. The room's only door to zlib.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::net {

// Errors: damaged (no whole gzip), limit (more than `bytes_max`).
Result<std::string> gunzip(std::string_view compressed, std::size_t bytes_max);
std::string gzip(std::string_view bytes);

}  // namespace tocsin::net
