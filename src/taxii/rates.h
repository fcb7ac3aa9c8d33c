// Rates: who comes too often has to wait (a token bucket for each name).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"

namespace tocsin::taxii {

// Thread-safe. Memory is bounded: a name that has all its tokens again is forgotten first.
class Rates {
 public:
  Rates(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

  // Takes one token. 0: there was one. Otherwise the whole seconds after which there will be one.
  std::uint32_t take(std::string_view name, Time now);
  // The same answer without taking.
  std::uint32_t look(std::string_view name, Time now) const;

 private:
  struct Bucket {
    double tokens;
    Time at;
  };
  double tokens_of(const Bucket& bucket, Time now) const;
  std::uint32_t wait(double tokens) const;

  const double per_second_;
  const double burst_;
  mutable std::mutex mutex_;  // guards buckets_
  boost::unordered_flat_map<std::string, Bucket> buckets_;
};

}  // namespace tocsin::taxii
