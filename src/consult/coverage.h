// Coverage: up to where, and when, one witness held one branch of an author's chain.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "consult/hash.h"

namespace tocsin::consult {

inline constexpr Seconds never = INT64_MAX;

// For each sequence number the best time among the receipts whose head is there or later: the earliest where
// `Earliest`, else the latest. Kept as the few points at which it changes, so a chain that is receipted in order takes
// one point a receipt (earliest) or one point (latest). Cost: a binary search.
template <bool Earliest>
class Coverage {
 public:
  // A receipt dated `time` names a head at `sequence`. False where that tells nothing new.
  bool add(std::uint32_t sequence, Seconds time) {
    const auto after = std::ranges::lower_bound(points_, sequence, {}, &Point::sequence);
    if (after != points_.end() && !better(time, after->time)) {
      return false;
    }
    // Points up to here with no better time say less than the new one.
    auto last = after != points_.end() && after->sequence == sequence ? after + 1 : after;
    auto first = last;
    while (first != points_.begin() && !better((first - 1)->time, time)) {
      --first;
    }
    if (first != last) {
      *first = {sequence, time};
      points_.erase(first + 1, last);
    } else {
      points_.insert(first, {sequence, time});
    }
    return true;
  }

  // never (or -never) where no receipt covers it.
  Seconds of(std::uint32_t sequence) const {
    const auto at = std::ranges::lower_bound(points_, sequence, {}, &Point::sequence);
    return at != points_.end() ? at->time : Earliest ? never : -never;
  }

 private:
  struct Point {
    std::uint32_t sequence;
    Seconds time;
  };
  static bool better(Seconds a, Seconds b) { return Earliest ? a < b : a > b; }
  std::vector<Point> points_;  // sequence rises; the time gets strictly worse from point to point
};

}  // namespace tocsin::consult
