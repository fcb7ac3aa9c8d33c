#include "taxii/rates.h"

#include <algorithm>
#include <cmath>

#include "taxii/limits.h"

namespace tocsin::taxii {

double Rates::tokens_of(const Bucket& bucket, Time now) const {
  // A clock that was set back gives nothing and takes nothing.
  const double seconds =
      static_cast<double>(std::max<std::int64_t>(0, now.ticks - bucket.at.ticks)) / Time::ticks_per_second;
  return std::min(burst_, bucket.tokens + seconds * per_second_);
}

std::uint32_t Rates::wait(double tokens) const {
  return tokens >= 1 ? 0 : static_cast<std::uint32_t>(std::ceil(std::min((1 - tokens) / per_second_, 3600.0)));
}

std::uint32_t Rates::take(std::string_view name, Time now) {
  const std::scoped_lock lock(mutex_);
  auto found = buckets_.find(std::string(name));
  if (found == buckets_.end()) {
    if (buckets_.size() >= limits::rates_max) {
      boost::unordered::erase_if(buckets_, [&](const auto& entry) { return tokens_of(entry.second, now) >= burst_; });
    }
    if (buckets_.size() >= limits::rates_max) {
      return 1;
    }
    found = buckets_.emplace(std::string(name), Bucket{burst_, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = tokens_of(bucket, now);
  bucket.at = now;
  const std::uint32_t seconds = wait(bucket.tokens);
  if (seconds == 0) {
    bucket.tokens -= 1;
  }
  return seconds;
}

std::uint32_t Rates::look(std::string_view name, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = buckets_.find(std::string(name));
  return found == buckets_.end() ? 0 : wait(tokens_of(found->second, now));
}

}  // namespace tocsin::taxii
