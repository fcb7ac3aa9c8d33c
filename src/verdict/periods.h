// Periods: stretches of time that an input was read for, and what they leave uncovered.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "verdict/verdict.h"

namespace tocsin::verdict {

// Rows of one log may lie this far apart without a gap: daily files of a quiet server.
inline constexpr std::int64_t ordinary_pause = std::int64_t{48} * 3'600 * Time::ticks_per_second;

// Ascending, apart from each other by more than the tolerance they were joined with.
class Periods {
 public:
  // Joins with what lies within `tolerance` ticks.
  void add(Time from, Time to, std::int64_t tolerance);
  bool empty() const { return periods_.empty(); }
  Time first() const { return periods_.empty() ? Time{} : periods_.front().from; }
  Time last() const { return periods_.empty() ? Time{} : periods_.back().to; }
  const std::vector<Period>& list() const { return periods_; }
  std::vector<Period> gaps() const;
  Periods common(const Periods& other) const;
  Periods within(Period window) const;
  // The parts of the window that are not in here.
  std::vector<Period> missing_of(Period window) const;

 private:
  std::vector<Period> periods_;
};

}  // namespace tocsin::verdict
