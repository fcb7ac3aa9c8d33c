// Clock and Random: what a program learns from the world beside its input, given in from outside so that tests decide.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.h"

namespace tocsin {

class Clock {
 public:
  virtual ~Clock() = default;
  // May step back when the machine's clock is set. Any thread.
  virtual Time now() const = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  // Fills with bytes that nobody can predict. Any thread.
  virtual void fill(std::span<std::uint8_t> out) = 0;
};

}  // namespace tocsin
