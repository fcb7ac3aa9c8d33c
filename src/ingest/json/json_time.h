// Times as JSON logs write them: ISO 8601, numbers since 1970 (or 1601), and .NET's "/Date(…)/".
#pragma once

#include <optional>

#include "base/time.h"
#include "event/event.h"

namespace tocsin::ingest::json {

// ISO 8601 text has a zone or not; every other form is UTC. A number counts seconds since 1970 where that lies before
// the year 5138 (1e11), else milliseconds, microseconds, nanoseconds, each for three more digits; FILETIME ticks since
// 1601 (18 digits, beginning with 11 to 15) are told from nanoseconds (19 digits). Nothing for any other value.
std::optional<ParsedTime> parse_time(const event::Value& value);

// A decimal number as ticks of `unit_ticks` each ("1588205198.89971" seconds): exact, digits beyond 100 ns are cut.
std::optional<Time> parse_decimal_time(std::string_view text, std::int64_t unit_ticks);

}  // namespace tocsin::ingest::json
