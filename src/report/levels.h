// Levels of a rule as ranks, for sorting and for the by_level counts of a host.
#pragma once

#include <array>
#include <string_view>

namespace tocsin::report {

inline constexpr std::array<std::string_view, 6> level_names = {"none",   "informational", "low",
                                                                "medium", "high",          "critical"};

// 0 (none, or a word that is no level) to 5 (critical).
constexpr int level_rank(std::string_view level) {
  for (int rank = 5; rank > 0; --rank) {
    if (level_names[static_cast<std::size_t>(rank)] == level) {
      return rank;
    }
  }
  return 0;
}

}  // namespace tocsin::report
