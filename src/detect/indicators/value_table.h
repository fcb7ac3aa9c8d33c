// ValueTable: finds the entries of an IndicatorStore that have a given value, among millions, mostly without leaving
// the cache.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "rules/indicators/store.h"

namespace tocsin::detect {

// A hash that nobody can predict without the list that seeds it. Reads exactly the bytes of the text.
inline std::uint64_t hash_value(std::string_view text, std::uint64_t seed) {
  const auto load = [](const char* from, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, bytes);
    return word;
  };
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  constexpr std::uint64_t first = 0x9E3779B97F4A7C15ULL, second = 0xC2B2AE3D27D4EB4FULL;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ (text.size() * second);
  for (; left > 16; left -= 16, at += 16) {
    state = mix(load(at, 8) ^ first, load(at + 8, 8) ^ state);
  }
  std::uint64_t a = 0, b = 0;
  if (left >= 8) {
    a = load(at, 8);
    b = load(at + left - 8, 8);
  } else if (left >= 4) {
    a = load(at, 4);
    b = load(at + left - 4, 4);
  } else if (left > 0) {
    a = static_cast<unsigned char>(at[0]) | std::uint64_t{static_cast<unsigned char>(at[left / 2])} << 8 |
        std::uint64_t{static_cast<unsigned char>(at[left - 1])} << 16;
  }
  return mix(mix(a ^ first, b ^ state) ^ second, state ^ first);
}

// Answers "surely not" for nearly everything that was not added, with one read of memory. Twelve bits a value.
class ValueFilter {
 public:
  void reserve(std::uint64_t values) {
    std::size_t words = 1;
    while (words * 64 < values * 12) {
      words *= 2;
    }
    words_.assign(words, 0);
    mask_ = words - 1;
  }
  void add(std::uint64_t hash) { words_[word(hash)] |= bits(hash); }
  bool may_have(std::uint64_t hash) const {
    const std::uint64_t wanted = bits(hash);
    return (words_[word(hash)] & wanted) == wanted;
  }

 private:
  static std::uint64_t bits(std::uint64_t hash) {
    return std::uint64_t{1} << (hash & 63) | std::uint64_t{1} << (hash >> 6 & 63) |
           std::uint64_t{1} << (hash >> 12 & 63) | std::uint64_t{1} << (hash >> 18 & 63);
  }
  std::size_t word(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> 32) & mask_; }

  std::vector<std::uint64_t> words_ = {0};
  std::size_t mask_ = 0;
};

// Open addressing; a slot is a fingerprint and a position. Immutable after filling.
class ValueTable {
 public:
  using Position = rules::IndicatorStore::Position;

  void reserve(std::uint64_t values) {
    std::size_t slots = 2;
    while (slots * 3 < values * 4) {
      slots *= 2;
    }
    slots_.assign(values == 0 ? 0 : slots, 0);
    mask_ = slots - 1;
    filter_.reserve(values);
  }
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(hash)]); }
  // Adds an entry unless `equal(position)` says of one with the same fingerprint that it makes this one superfluous.
  template <class Equal>
  bool add(std::uint64_t hash, Position position, bool marked, Equal&& superfluous) {
    std::size_t at = home(hash);
    for (; slots_[at] != 0; at = (at + 1) & mask_) {
      if (slots_[at] >> 40 == hash >> 40 && superfluous((slots_[at] & position_mask) - 1)) {
        return false;
      }
    }
    slots_[at] = hash >> 40 << 40 | (marked ? mark : 0) | (position + 1);
    filter_.add(hash);
    return true;
  }
  bool may_have(std::uint64_t hash) const { return filter_.may_have(hash); }
  // Calls visit(position, marked) for every entry with the fingerprint of the hash: most have the value.
  template <class Visit>
  void find(std::uint64_t hash, Visit&& visit) const {
    if (slots_.empty()) {
      return;
    }
    for (std::size_t at = home(hash); slots_[at] != 0; at = (at + 1) & mask_) {
      if (slots_[at] >> 40 == hash >> 40) {
        visit((slots_[at] & position_mask) - 1, (slots_[at] & mark) != 0);
      }
    }
  }

 private:
  static constexpr std::uint64_t mark = std::uint64_t{1} << 39;
  static constexpr std::uint64_t position_mask = mark - 1;
  std::size_t home(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> 8) & mask_; }

  std::vector<std::uint64_t> slots_;
  std::size_t mask_ = 0;
  ValueFilter filter_;
};

}  // namespace tocsin::detect
