#include "verdict/periods.h"

#include <algorithm>

namespace tocsin::verdict {

void Periods::add(Time from, Time to, std::int64_t tolerance) {
  if (!from.known() || !to.known() || to < from) {
    return;
  }
  Period joined{from, to};
  std::vector<Period> kept;
  kept.reserve(periods_.size() + 1);
  for (const Period& period : periods_) {
    if (period.from.ticks - joined.to.ticks > tolerance || joined.from.ticks - period.to.ticks > tolerance) {
      kept.push_back(period);
    } else {
      joined = {std::min(joined.from, period.from), std::max(joined.to, period.to)};
    }
  }
  kept.push_back(joined);
  std::sort(kept.begin(), kept.end(), [](const Period& a, const Period& b) { return a.from < b.from; });
  periods_ = std::move(kept);
}

std::vector<Period> Periods::gaps() const {
  std::vector<Period> gaps;
  for (std::size_t at = 1; at < periods_.size(); ++at) {
    gaps.push_back({periods_[at - 1].to, periods_[at].from});
  }
  return gaps;
}

Periods Periods::common(const Periods& other) const {
  Periods out;
  for (const Period& a : periods_) {
    for (const Period& b : other.periods_) {
      out.add(std::max(a.from, b.from), std::min(a.to, b.to), 0);
    }
  }
  return out;
}

Periods Periods::within(Period window) const {
  Periods only;
  only.periods_.push_back(window);
  return common(only);
}

std::vector<Period> Periods::missing_of(Period window) const {
  std::vector<Period> missing;
  Time at = window.from;
  const Periods inside = within(window);
  for (const Period& period : inside.list()) {
    if (period.from > at) {
      missing.push_back({at, period.from});
    }
    at = std::max(at, period.to);
  }
  if (at < window.to) {
    missing.push_back({at, window.to});
  }
  return missing;
}

}  // namespace tocsin::verdict
