// Limits of correlations, beside those of base/limits.h.
#pragma once

#include <cstddef>

namespace tocsin::detect {

// Events kept for all correlations of a run, and their memory with the values; events beyond are counted as evicted.
// Concluding takes as much memory again at most.
inline constexpr std::size_t correlation_kept_events_max = 1'000'000;
inline constexpr std::size_t correlation_kept_bytes_max = std::size_t{96} << 20U;
// Hits of all correlations of a run; the rest is counted. Events that these hits name together; a hit made after that
// names only the first few.
inline constexpr std::size_t correlation_hits_max = 50'000;
inline constexpr std::size_t correlation_refs_max = 200'000;
inline constexpr std::size_t correlation_refs_min = 4;

}  // namespace tocsin::detect
