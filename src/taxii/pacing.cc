#include "taxii/pacing.h"

#include <algorithm>
#include <array>

namespace tocsin::taxii {
namespace {

// From `low` to `high` of a hundred, evenly.
std::int64_t share(Random& random, std::int64_t ticks, std::int64_t low, std::int64_t high) {
  std::array<std::uint8_t, 2> bytes{};
  random.fill(bytes);
  const std::int64_t drawn = bytes[0] * 256 + bytes[1];
  return ticks / 100 * low + ticks / 100 * (high - low) * drawn / 65'535;
}

std::int64_t ticks_of(std::chrono::seconds seconds) { return seconds.count() * Time::ticks_per_second; }

}  // namespace

void Pacing::succeeded(Time now, Random& random) {
  failures_ = 0;
  next_ = Time{now.ticks + share(random, ticks_of(interval_), 90, 110)};
}

void Pacing::failed(Time now, Random& random, bool lasting, std::optional<std::chrono::seconds> retry_after) {
  failures_ = std::min<std::uint32_t>(failures_ + 1, 1'000);
  const auto first = lasting ? limits::backoff_lasting : limits::backoff_first;
  const auto pause = std::min<std::chrono::seconds>(limits::backoff_max, first * (1 << std::min(failures_ - 1, 12U)));
  const std::int64_t asked = retry_after ? ticks_of(*retry_after) : 0;
  next_ = Time{now.ticks + std::max(share(random, ticks_of(pause), 50, 100), asked)};
}

}  // namespace tocsin::taxii
