// Sliding windows over the events of one correlation and one group: when does its condition hold?
//
// A window ends at an event and reaches back over the timespan, both ends included; events of one moment enter it
// together. Where the condition holds, a burst is open; it grows with the following windows that overlap it and hold
// too, and one burst is one hit. The events of a closed burst do not count again (in sums, averages, percentiles and
// medians they stay, since leaving them out would make up values that no window has).
// A condition with an upper bound (lt, lte, eq, neq) or a `not` asks for a whole window: from the window's first event
// on, everything within the timespan counts, also what comes later. Otherwise the start of any flood would satisfy
// "fewer than five".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "rules/rule.h"

namespace tocsin::detect {

struct WindowItem {
  Time time;
  std::uint32_t input = 0;  // place in Correlation::inputs
  std::uint32_t value = 0;  // value_count: equal numbers, equal values
  double number = 0;        // value_sum, avg, percentile, median
};

struct Burst {
  std::size_t first = 0;  // of the items
  std::size_t last = 0;
  double value = 0;  // the greatest that a window of the burst measured: count, distinct values, sum, …
};

// Items must be in order of time; for types other than temporal each event stands there once.
// Percentile: nearest rank, the smallest value that at least p percent do not exceed. Median: the mean of the middle
// two. temporal_ordered: events of one moment may be taken in any order; with a bound below the number of rules, so
// many different rules in order. Cost: O(n log n), for temporal types times the number of inputs.
std::vector<Burst> find_bursts(const rules::Correlation& correlation, std::span<const WindowItem> items);

// The measure over all of the items, as for one window.
double measure(const rules::Correlation& correlation, std::span<const WindowItem> items);

}  // namespace tocsin::detect
