// Leading time: finds the moment that a line of unknown form begins with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace tocsin::ingest {

// Reads a time at the very start of the line, within brackets or quotes too: ISO 8601 with its zone, RFC 3164, common
// log, "07.03.2021 14:12:42" or seconds since 1970. Nothing where the line begins otherwise.
std::optional<ParsedTime> parse_leading_time(std::string_view line, std::int64_t modified_seconds);

}  // namespace tocsin::ingest
