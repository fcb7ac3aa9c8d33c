// Random consultations for tests: rosters, honest and hostile authors, damaged entries, made from one number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "consult/entry.h"
#include "consult/hash.h"
#include "consult/verifier.h"

namespace tocsin::consult::worlds {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27U) * 0x94D049BB133111EBULL;
    return z ^ z >> 31U;
  }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(next() % end); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class Items>
  const auto& of(const Items& items) {
    return items[below(items.size())];
  }

 private:
  std::uint64_t state_;
};

struct World {
  std::vector<std::string> rosters;  // as JSON
  std::string item;                  // in hex
  std::vector<std::string> entries;  // as JSON, with signatures
  std::vector<Seconds> moments;      // at which something happened
};

// Same seed, same world. With `real` signatures they are Ed25519's, else such as FakeVerifier takes.
World make_world(std::uint64_t seed, bool real);

// Ed25519 takes longer than all the rest: most worlds are signed with a digest that anybody can make.
class FakeVerifier final : public Verifier {
 public:
  bool verify(const Entry& copy, const trust::Ed25519Key& key) override;
};
std::string fake_signature(std::string_view bytes, std::string_view key_hex);

}  // namespace tocsin::consult::worlds
