// Pacing: when a peer is asked again: at its interval, later after failures, never in step with others.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "taxii/limits.h"

namespace tocsin::taxii {

class Pacing {
 public:
  explicit Pacing(std::chrono::seconds interval = limits::poll_interval) : interval_(interval) {}

  // At once until something was said.
  bool due(Time now) const { return !next_.known() || now >= next_; }
  Time next() const { return next_; }
  std::uint32_t failures() const { return failures_; }

  // As it stood before a restart.
  void resume(std::uint32_t failures, Time next) {
    failures_ = failures;
    next_ = next;
  }
  void succeeded(Time now, Random& random);
  // `lasting`: somebody has to change something first. `retry_after`: what the server asked for; never sooner.
  void failed(Time now, Random& random, bool lasting, std::optional<std::chrono::seconds> retry_after);

 private:
  std::chrono::seconds interval_;
  std::uint32_t failures_ = 0;
  Time next_;
};

}  // namespace tocsin::taxii
