// Ports: what running a consultation needs from the world, given in from outside so that tests decide.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "consult/hash.h"
#include "trust/ed25519.h"

namespace tocsin::council {

// Where the journal's lines are kept.
class JournalStore {
 public:
  virtual ~JournalStore() = default;
  // Adds one line with its line end. It is on disk when this returns without an error; after an error it may be or not.
  virtual Result<void> append(std::string_view line) = 0;
};

// The key of one author.
class Keys {
 public:
  virtual ~Keys() = default;
  virtual trust::Ed25519Key public_key() const = 0;
  virtual Result<trust::Ed25519Signature> sign(std::string_view bytes) = 0;
};

// By how many seconds the own clock was ahead of a peer's when they last spoke.
struct PeerClock {
  std::string peer;
  consult::Seconds ahead = 0;
};

// The way to all others on the roster.
class Transport {
 public:
  virtual ~Transport() = default;
  // An own entry, as JSON, for the whole roster. Delivery is the transport's business and may take days.
  virtual void send(std::string_view entry) = 0;
  virtual std::vector<PeerClock> peer_clocks() const = 0;
};

inline consult::Seconds seconds_of(Time time) {
  return time.ticks >= 0 ? time.ticks / Time::ticks_per_second
                         : -((-time.ticks + Time::ticks_per_second - 1) / Time::ticks_per_second);
}

}  // namespace tocsin::council
