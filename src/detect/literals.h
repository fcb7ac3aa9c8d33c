// LiteralIndex: finds which of many literals stand in a text, in one pass.
//
// Every literal that is not compared as a whole is known by four of its bytes (a gram), chosen to be rare. The scan
// slides over the text, asks a small bitmap for the four bytes at each place, and compares in full only where the
// bitmap says yes. Whole-text literals are found by one hash; literals shorter than four bytes by their own small
// tables. Where the processor allows, a few literals, the shortest, are left to a filter that asks 32 places at a time
// (gram_filter.h); the others are then long, and only every n-th place must be looked at for them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/gram_filter.h"

namespace tocsin::detect {

enum class Anchor : std::uint8_t { none, start, end, whole };

// Built once, then immutable and thread-safe. Compares bytes: callers fold case on both sides.
class LiteralIndex {
 public:
  // payload is handed to the visitor on a hit. An empty literal must be anchored `whole`.
  void add(std::string_view literal, Anchor anchor, std::uint32_t payload);
  // `many_bytes`: where no literal is short, only every n-th place of a text is looked at, and each literal is known by
  // n of its grams, one of which stands at such a place.
  enum class Texts : std::uint8_t { few_bytes, many_bytes };
  // `without` the filter everything is found by the tables alone, as on a processor that cannot have it.
  enum class Filter : std::uint8_t { where_possible, without };
  void build(Texts texts = Texts::few_bytes, Filter filter = Filter::where_possible);
  bool empty() const { return needles_.empty(); }
  // Are letters of the text taken in either case? True where the filter finds all there is to find.
  bool takes_any_case() const { return any_case_; }

  // Calls visit(payload) for each literal found; the same payload may come several times. No allocation.
  template <class Visit>
  void scan(std::string_view text, Visit visit) const;

 private:
  static constexpr std::size_t gram_bytes = 4;
  static constexpr std::uint32_t step_max = 8;

  struct Needle {
    std::uint32_t begin = 0;  // into text_
    std::uint32_t length = 0;
    std::uint32_t payload = 0;
    std::uint32_t gram_at = 0;  // where in the literal the gram stands
    std::uint32_t key = 0;      // gram, two-byte gram or hash
    Anchor anchor = Anchor::none;
  };
  // One that the filter finds; shorter grams have zeros, and a mask that leaves them out.
  struct Filtered {
    Needle needle;
    std::uint32_t mask = 0;     // of the gram's bytes
    std::uint32_t letters = 0;  // 0x20 in each byte that is a letter
  };
  static constexpr std::size_t filtered_max = 32;
  // Needles of one key stand beside each other; open addressing over a power of two.
  struct Bucket {
    std::uint32_t key = 0;
    std::uint32_t begin = 0;
    std::uint32_t count = 0;
  };
  struct Table {
    std::vector<Bucket> buckets;
    std::vector<Needle> needles;  // grouped by key
    std::uint32_t shift = 32;
    void build(std::vector<Needle> all);
    const Bucket* find(std::uint32_t key) const {
      for (std::size_t at = mix(key) >> shift;; at = (at + 1) & (buckets.size() - 1)) {
        if (buckets[at].count == 0) {
          return nullptr;
        }
        if (buckets[at].key == key) {
          return &buckets[at];
        }
      }
    }
  };

  static std::uint32_t mix(std::uint32_t key) { return key * 0x9E3779B1U; }
  static std::uint32_t hash(std::string_view text);
  static std::uint32_t load4(const char* at) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static std::uint32_t load2(const char* at) {
    std::uint16_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  std::string_view literal(const Needle& needle) const {
    return std::string_view(text_).substr(needle.begin, needle.length);
  }
  // Does the needle, whose gram was met at `at`, stand in the text as it must?
  bool stands(const Needle& needle, std::string_view text, std::size_t at) const {
    if (at < needle.gram_at) {
      return false;
    }
    const std::size_t begin = at - needle.gram_at;
    if (needle.length > text.size() - begin || (needle.anchor == Anchor::start && begin != 0) ||
        (needle.anchor == Anchor::end && begin + needle.length != text.size())) {
      return false;
    }
    return std::memcmp(text.data() + begin, text_.data() + needle.begin, needle.length) == 0;
  }
  bool stands_in_any_case(const Filtered& filtered, std::string_view text, std::size_t at) const;
  std::vector<Needle> choose_grams(const std::vector<Needle>& needles) const;
  void fill_filter(std::vector<Needle>& grams, std::vector<Needle>& pairs, Texts texts);
  template <class Visit>
  void scan_filtered(std::string_view text, Visit visit) const;

  std::string text_;
  std::vector<Needle> needles_;
  Table whole_;
  std::uint64_t whole_lengths_ = 0;  // bit min(length, 63)
  Table grams_;
  std::vector<std::uint64_t> gram_bits_;
  std::uint32_t gram_shift_ = 32;
  std::uint32_t step_ = 1;  // between the places of a text that are looked at
  Table pairs_;             // two- and three-byte literals anywhere, by their first two bytes
  std::vector<std::uint64_t> pair_bits_;
  GramFilter filter_;
  std::array<std::vector<Filtered>, GramFilter::buckets> filtered_;
  bool has_filter_ = false;
  bool any_case_ = false;
  std::vector<Needle> singles_;         // one-byte literals anywhere
  std::vector<Needle> short_anchored_;  // under four bytes, at the start or the end
};

// The longest part of a text that JSON writes without a backslash and one other character.
std::string_view never_escaped_part(std::string_view text);

// KeywordIndex: the same question for long texts, such as all values of an event together.
class KeywordIndex {
 public:
  // Literals are folded (base/text.h), not empty, and hold no NUL.
  void add(std::string_view literal, std::uint32_t payload);
  void build(LiteralIndex::Filter filter = LiteralIndex::Filter::where_possible) {
    index_.build(LiteralIndex::Texts::many_bytes, filter);
  }
  // May scan() be given text as it was written? Otherwise its ASCII letters must be small.
  bool takes_any_case() const { return index_.takes_any_case(); }
  bool empty() const { return index_.empty(); }
  // Could a literal stand in the text of a number or boolean?
  bool in_numbers() const { return in_numbers_; }
  // Must values that raw JSON holds with escapes (Value::escaped_in_raw) be searched beside it?
  bool in_escaped_values() const { return in_escaped_values_; }
  // Could folding the case of this text make a literal appear that is not found once its ASCII letters are small?
  bool needs_folding(std::string_view text) const;
  // As LiteralIndex::scan. The text's ASCII letters are small (takes_any_case()); text for which needs_folding() is
  // folded.
  template <class Visit>
  void scan(std::string_view text, Visit visit) const {
    index_.scan(text, visit);
  }

 private:
  LiteralIndex index_;
  bool ascii_ = true;
  bool in_numbers_ = false;
  bool in_escaped_values_ = false;
};

template <class Visit>
void LiteralIndex::scan_filtered(std::string_view text, Visit visit) const {
  GramFilter::Places places;
  for (std::size_t from = 0; from < text.size();) {
    std::size_t count = 0;
    from = filter_.find(text, from, places, count);
    for (const GramFilter::Place& place : std::span(places).first(count)) {
      std::uint32_t gram = 0;
      std::memcpy(&gram, text.data() + place.at, std::min<std::size_t>(gram_bytes, text.size() - place.at));
      for (std::uint32_t buckets = place.buckets; buckets != 0; buckets &= buckets - 1) {
        for (const Filtered& each : filtered_[static_cast<std::size_t>(std::countr_zero(buckets))]) {
          const std::uint32_t met = (any_case_ ? gram | each.letters : gram) & each.mask;
          if (met == each.needle.key &&
              (any_case_ ? stands_in_any_case(each, text, place.at) : stands(each.needle, text, place.at))) {
            visit(each.needle.payload);
          }
        }
      }
    }
  }
}

template <class Visit>
void LiteralIndex::scan(std::string_view text, Visit visit) const {
  if ((whole_lengths_ >> (text.size() < 63 ? text.size() : 63) & 1U) != 0) {
    if (const Bucket* bucket = whole_.find(hash(text))) {
      for (std::uint32_t i = bucket->begin; i < bucket->begin + bucket->count; ++i) {
        if (literal(whole_.needles[i]) == text) {
          visit(whole_.needles[i].payload);
        }
      }
    }
  }
  for (const Needle& needle : short_anchored_) {
    if (needle.anchor == Anchor::start ? text.starts_with(literal(needle)) : text.ends_with(literal(needle))) {
      visit(needle.payload);
    }
  }
  for (const Needle& needle : singles_) {
    if (text.find(text_[needle.begin]) != std::string_view::npos) {
      visit(needle.payload);
    }
  }
  if (has_filter_) {
    scan_filtered(text, visit);
  }
  if (!pair_bits_.empty()) {
    for (std::size_t at = 0; at + 2 <= text.size(); ++at) {
      const std::uint32_t key = load2(text.data() + at);
      if ((pair_bits_[key >> 6U] >> (key & 63U) & 1U) != 0) {
        const Bucket* bucket = pairs_.find(key);
        for (std::uint32_t i = bucket->begin; i < bucket->begin + bucket->count; ++i) {
          if (stands(pairs_.needles[i], text, at)) {
            visit(pairs_.needles[i].payload);
          }
        }
      }
    }
  }
  if (!gram_bits_.empty()) {
    const std::uint64_t* bits = gram_bits_.data();
    for (std::size_t at = 0; at + gram_bytes <= text.size(); at += step_) {
      const std::uint32_t key = load4(text.data() + at);
      const std::uint32_t slot = mix(key) >> gram_shift_;
      if ((bits[slot >> 6U] >> (slot & 63U) & 1U) == 0) [[likely]] {
        continue;
      }
      const Bucket* bucket = grams_.find(key);
      if (bucket == nullptr) {
        continue;
      }
      for (std::uint32_t i = bucket->begin; i < bucket->begin + bucket->count; ++i) {
        if (stands(grams_.needles[i], text, at)) {
          visit(grams_.needles[i].payload);
        }
      }
    }
  }
}

}  // namespace tocsin::detect
