// EventMemo: which rules fired on rows of text logs, by the values that decide it, so that the next row with the same
// values need not be asked again.
//
// Bounded, and never wrong: values are compared in full. Where rows seldom repeat it rests for a while.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"

namespace tocsin::detect {

// Not thread-safe; one per thread.
class EventMemo {
 public:
  // Is it worth while to look up the next event? Counts down a rest.
  bool awake() {
    if (rest_ != 0) {
      --rest_;
      return false;
    }
    return true;
  }
  // The event at hand: first what it is an event of, then all values that decide. False where they are too long.
  void begin(std::uint64_t shape);
  bool add(std::uint32_t position, const event::Value& value);
  // The rules that fired on an event with these values, or nullptr. Valid until keep().
  const std::vector<std::uint32_t>* find();
  // Keeps the answer for the values that find() was asked of.
  void keep(std::span<const std::uint32_t> fired);

 private:
  static constexpr std::size_t entries_max = 4'096;
  static constexpr std::size_t ways = 2;  // places where an entry may be
  static constexpr std::size_t key_bytes_max = 1'024;
  static constexpr std::size_t fired_max = 16;
  // Of so many events so few were known: the next ones are not looked up, for keeping costs more than it gives.
  static constexpr std::uint32_t tries = 1'024, known_min = 128, rest = 8'192;

  struct Entry {
    std::uint64_t hash = 0;
    bool used = false;
    std::string key;
    std::vector<std::uint32_t> fired;
  };
  struct Part {
    std::uint32_t head = 0;  // position and kind
    std::string_view text;
  };
  bool is_key_of(const Entry& entry) const;

  std::vector<Entry> entries_;
  std::uint64_t shape_ = 0;
  std::vector<Part> parts_;
  std::size_t key_bytes_ = 0;
  std::uint64_t hash_ = 0;
  std::uint32_t tried_ = 0, known_ = 0, rest_ = 0;
};

}  // namespace tocsin::detect
