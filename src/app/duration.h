// Durations as people type them: "90", "90s", "15m", "2h", "3d".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::app {

// Error usage.
Result<std::chrono::seconds> parse_duration(std::string_view text);
// The greatest unit that says it exactly: "5m".
std::string duration_text(std::chrono::seconds duration);

}  // namespace tocsin::app
