// ValueMemo: remembers for values that were met before which rules they put forward and which atoms they prove, because
// logs repeat themselves: of 1.8 million values in three real captures 7 % are different.
//
// Bounded: a value is kept from its second meeting on, and everything is forgotten when the room is used up. What it
// says is always what a search would have said: texts are compared in full, not by hash.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace tocsin::detect {

// Not thread-safe; one per thread.
class ValueMemo {
 public:
  // What a search found: `rules` numbers of rules (of a plan) to run, then `atoms` numbers of atoms that are true.
  struct Answer {
    const std::uint32_t* list = nullptr;
    std::uint32_t rules = 0;
    std::uint32_t atoms = 0;
  };
  struct Statistics {
    std::uint64_t asked = 0;
    std::uint64_t known = 0;
    std::uint64_t forgotten = 0;  // how often the room was used up
  };
  static constexpr std::size_t text_bytes_max = 4096;

  // key: the plan and slot the value stands in; equal texts of different keys are different values.
  static std::uint64_t hash(std::uint64_t key, std::string_view text);

  // Which entry a place had last: most fields have one value for many events on end.
  struct Hint {
    std::uint32_t entry = 0;
    std::uint32_t generation = 0;
    // A place whose values seldom repeat is searched for some time without asking the memo, which costs more.
    std::uint16_t asked = 0, known = 0, rest = 0;

    bool resting() {
      if (rest == 0) {
        return false;
      }
      --rest;
      return true;
    }
    void note(bool was_known) {
      known = static_cast<std::uint16_t>(known + (was_known ? 1 : 0));
      if (++asked == tries) {
        rest = known < known_min ? rest_values : 0;
        asked = known = 0;
      }
    }
    static constexpr std::uint16_t tries = 512, known_min = 96, rest_values = 8'192;
  };
  // The answer for this value if it is the one of the hint, or nullptr. Valid until make_room().
  const Answer* again(const Hint& hint, std::uint64_t key, std::string_view text) {
    if (hint.generation != generation_) {
      return nullptr;
    }
    const Entry& entry = entries_[hint.entry];
    if (entry.key != key || entry.size != text.size() ||
        std::memcmp(texts_.data() + entry.text, text.data(), text.size()) != 0) {
      return nullptr;
    }
    ++statistics_.asked;
    ++statistics_.known;
    return &entry.answer;
  }
  // The answer for this value, or nullptr. Valid until make_room(). On success the hint is set.
  const Answer* find(std::uint64_t hash, std::uint64_t key, std::string_view text, Hint& hint) {
    ++statistics_.asked;
    std::size_t at = hash & mask_;
    for (std::size_t step = 0; step < steps_max; ++step, at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.size == no_size) {
        return nullptr;
      }
      if (entry.hash == hash && entry.key == key && entry.size == text.size() &&
          std::memcmp(texts_.data() + entry.text, text.data(), text.size()) == 0) {
        ++statistics_.known;
        hint.entry = static_cast<std::uint32_t>(at);
        hint.generation = generation_;
        return &entry.answer;
      }
    }
    return nullptr;
  }
  // Was a value of this hash met before? From now on it was.
  bool met(std::uint64_t hash) {
    std::uint32_t& mark = marks_[hash & (marks_.size() - 1)];
    const auto own = static_cast<std::uint32_t>(hash >> 32U);
    const bool before = mark == own;
    mark = own;
    return before;
  }
  // Keeps a copy of the answer, if there is room.
  void keep(std::uint64_t hash, std::uint64_t key, std::string_view text, const Answer& answer);
  // Forgets everything where the room is nearly used up. Between events: answers become invalid.
  void make_room();
  const Statistics& statistics() const { return statistics_; }

 private:
  static constexpr std::uint32_t no_size = ~std::uint32_t{0};
  static constexpr std::size_t slots = std::size_t{1} << 15U;
  static constexpr std::size_t steps_max = 64;  // values made to meet in one place must not cost their number
  static constexpr std::size_t entries_max = slots / 2;
  static constexpr std::size_t texts_max = std::size_t{2} << 20U;
  static constexpr std::size_t lists_max = std::size_t{256} << 10U;
  static constexpr std::size_t list_max = 4096;  // of one value

  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t key = 0;
    std::uint32_t text = 0;
    std::uint32_t size = no_size;
    Answer answer;
  };

  static constexpr std::size_t mask_ = slots - 1;
  std::vector<Entry> entries_ = std::vector<Entry>(slots);
  std::size_t used_ = 0;
  bool full_ = false;
  std::uint32_t generation_ = 1;
  std::vector<char> texts_;
  std::vector<std::uint32_t> lists_;
  std::vector<std::uint32_t> marks_ = std::vector<std::uint32_t>(std::size_t{1} << 15U);
  Statistics statistics_;
};

}  // namespace tocsin::detect
