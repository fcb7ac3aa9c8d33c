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
  // What a receipt changed: the answer for the sequence numbers from `begin` to `end`, the latter not included.
  struct Changed {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool any() const { return begin != end; }
  };

  // A receipt dated `time` names a head at `sequence`.
  Changed add(std::uint32_t sequence, Seconds time) {
    const auto after = std::ranges::lower_bound(points_, sequence, {}, &Point::sequence);
    if (after != points_.end() && !better(time, after->time)) {
      return {};
    }
    // Points up to here with no better time say less than the new one.
    auto last = after != points_.end() && after->sequence == sequence ? after + 1 : after;
    auto first = last;
    while (first != points_.begin() && !better((first - 1)->time, time)) {
      --first;
    }
    const Changed changed{first == points_.begin() ? 0 : (first - 1)->sequence + 1, sequence + 1};
    if (first != last) {
      *first = {sequence, time};
      points_.erase(first + 1, last);
    } else {
      points_.insert(first, {sequence, time});
    }
    return changed;
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
