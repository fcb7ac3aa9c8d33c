// What the clocks of peers say, for those who sign by this machine's clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "council/ports.h"
#include "store/notes.h"

namespace tocsin::app {

// Counted from the start of this machine, by a clock that nobody sets: so what a peer said stays right when this
// machine's own clock is changed afterwards.
struct HeardClock {
  std::string peer;
  std::int64_t at_start = 0;  // the peer's time, in seconds since 1970, when this machine started
};

std::int64_t seconds_since_start();

// Replaces what is kept.
Result<void> keep_clocks(store::Notes& notes, const std::vector<HeardClock>& clocks);
// By how much `now` is ahead of each; nothing of what was heard before this machine started anew.
Result<std::vector<council::PeerClock>> clocks_beside(const store::Notes& notes, consult::Seconds now);

}  // namespace tocsin::app
