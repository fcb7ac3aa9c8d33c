// Hash: a SHA-256 that names an entry, a roster or a text, and a hash table key for it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace tocsin::consult {

struct Hash {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Hash&) const = default;
};

std::string hex(const Hash& hash);
// From exactly 64 lower-case digits.
std::optional<Hash> parse_hash(std::string_view text);

// Entries name ids of their authors' choice, so a table keyed by them mixes in a seed that the authors do not know.
struct HashOf {
  std::uint64_t seed = 0;
  std::size_t operator()(const Hash& hash) const {
    std::uint64_t mixed = seed ^ 0x9E3779B97F4A7C15ULL;
    for (std::size_t at = 0; at < hash.bytes.size(); at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, hash.bytes.data() + at, sizeof word);
      mixed = (mixed ^ word ^ seed) * 0xD6E8FEB86659FD93ULL;
      mixed ^= mixed >> 32U;
    }
    return mixed * 0xD6E8FEB86659FD93ULL;
  }
  using is_avalanching = void;
};

// A moment as the journal writes it: whole seconds since 1970 in UTC.
using Seconds = std::int64_t;
// "YYYY-MM-DDTHH:MM:SSZ", a real date of the years 1970 to 9999, and nothing else.
std::optional<Seconds> parse_seconds(std::string_view text);
std::string seconds_text(Seconds seconds);

}  // namespace tocsin::consult
