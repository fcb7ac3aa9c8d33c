#include "detect/value_memo.h"

#include <algorithm>

namespace tocsin::detect {
namespace {

std::uint64_t word(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Both halves of the product, so that every bit of the factors counts.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

// Sixteen bytes a step; the last step may overlap the one before. A hostile log can make hashes meet, which costs it
// time and changes nothing else.
std::uint64_t ValueMemo::hash(std::uint64_t key, std::string_view text) {
  constexpr std::uint64_t odd_a = 0x9E3779B97F4A7C15ULL;
  constexpr std::uint64_t odd_b = 0xD1B54A32D192ED03ULL;
  const char* at = text.data();
  const std::size_t size = text.size();
  std::uint64_t state = fold(key ^ odd_a, size ^ odd_b);
  if (size >= 16) {
    const char* const last = at + size - 16;
    for (; at < last; at += 16) {
      state = fold(word(at) ^ odd_a, word(at + 8) ^ state);
    }
    return fold(word(last) ^ odd_b, word(last + 8) ^ state);
  }
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (size >= 8) {
    low = word(at);
    high = word(at + size - 8);
  } else if (size >= 4) {
    std::uint32_t part = 0;
    std::memcpy(&part, at, 4);
    low = part;
    std::memcpy(&part, at + size - 4, 4);
    high = part;
  } else if (size != 0) {
    low = static_cast<unsigned char>(at[0]) |
          static_cast<std::uint64_t>(static_cast<unsigned char>(at[size / 2])) << 8U |
          static_cast<std::uint64_t>(static_cast<unsigned char>(at[size - 1])) << 16U;
  }
  return fold(low ^ odd_b, high ^ state);
}

void ValueMemo::keep(std::uint64_t hash, std::uint64_t key, std::string_view text, const Answer& answer) {
  const std::size_t listed = std::size_t{answer.rules} + answer.atoms;
  if (listed > list_max || text.size() > text_bytes_max) {
    return;
  }
  if (used_ >= entries_max || texts_.size() + text.size() > texts_max || lists_.size() + listed > lists_max) {
    full_ = true;
    return;
  }
  std::size_t at = hash & mask_;
  for (std::size_t step = 0; entries_[at].size != no_size; at = (at + 1) & mask_) {
    if (++step >= steps_max) {
      return;
    }
  }
  // Never moved, so that answers stay where they are.
  texts_.reserve(texts_max);
  lists_.reserve(lists_max);
  Answer kept = answer;
  kept.list = lists_.data() + lists_.size();
  entries_[at] = {hash, key, static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size()), kept};
  texts_.insert(texts_.end(), text.begin(), text.end());
  lists_.insert(lists_.end(), answer.list, answer.list + listed);
  ++used_;
}

void ValueMemo::make_room() {
  if (!full_) {
    return;
  }
  std::fill(entries_.begin(), entries_.end(), Entry{});
  used_ = 0;
  full_ = false;
  ++generation_;
  texts_.clear();
  lists_.clear();
  ++statistics_.forgotten;
}

}  // namespace tocsin::detect
