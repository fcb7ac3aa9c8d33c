// Passwords: checks what a client claims to be, slowly once (Argon2id) and then for minutes by a keyed digest.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "trust/password.h"
#include "trust/symmetric.h"

namespace tocsin::taxii {

// Thread-safe.
class Passwords {
 public:
  enum class Verdict { right, wrong, busy };

  Passwords(const Clock& clock, const trust::SymmetricKey& key) : clock_(clock), key_(key) {}

  // Whether `password` is what `hash` was made of. For a user that does not exist give an empty hash: it takes as long,
  // so that nobody learns by the clock which users there are. `busy`: too many others wait; nothing was checked.
  Verdict check(std::string_view user, std::string_view password, std::string_view hash);

 private:
  const Clock& clock_;
  const trust::SymmetricKey key_;
  std::mutex mutex_;  // guards all below
  std::condition_variable free_;
  std::size_t hashing_ = 0;
  std::size_t waiting_ = 0;
  struct Digest {
    std::array<std::uint8_t, 32> bytes;
    bool operator==(const Digest&) const = default;
    friend std::size_t hash_value(const Digest& digest) {
      std::size_t out = 0;
      for (std::size_t at = 0; at < sizeof out; ++at) {
        out = out << 8 | digest.bytes[at];
      }
      return out;
    }
  };
  boost::unordered_flat_map<Digest, Time> verified_;  // until when
};

}  // namespace tocsin::taxii
