// What an IndicatorSet holds: a table for each kind, and small filters that rule out most words of a text beforehand.
#pragma once

#include <array>
#include <bitset>
#include <string_view>

#include "detect/indicators/indicator_set.h"
#include "detect/indicators/value_table.h"

namespace tocsin::detect {

// A set of short texts, by hash, in one cache line or two: the endings of names, the last labels of domains.
class EndingFilter {
 public:
  void add(std::string_view text) { bits_.set(at(text)); }
  bool may_have(std::string_view text) const { return bits_[at(text)]; }

 private:
  static constexpr std::size_t size = 4096;
  static std::size_t at(std::string_view text) { return hash_value(text, 0) >> 32 & (size - 1); }
  std::bitset<size> bits_;
};

struct IndicatorSet::Implementation {
  std::shared_ptr<const rules::IndicatorStore> store;
  std::shared_ptr<const rules::FalseFriends> friends;
  IndicatorSearch search;
  std::uint64_t duplicates = 0;
  std::vector<std::uint64_t> false_friends;

  std::uint32_t present = 0;  // bits of kinds that have entries
  std::array<ValueTable, rules::indicator_kinds> tables;
  std::array<std::uint64_t, rules::indicator_kinds> seeds = {};

  EndingFilter last_labels;   // of domains
  EndingFilter name_endings;  // of file names and of the last parts of paths
  ValueFilter path_tails;     // last parts of paths
  ValueFilter url_hosts;
  bool loose_names = false;  // file names, or last parts of paths, that are no dotted words
  bool loose_tails = false;
  std::uint64_t v4_lengths = 0;  // bit n: networks with prefixes of n bits
  std::bitset<129> v6_lengths;
  std::bitset<65536> v4_begins;  // first 16 bits of addresses in a network

  std::uint64_t hash(rules::IndicatorKind kind, std::string_view value) const {
    return hash_value(value, seeds[rules::index(kind)]);
  }
  std::uint64_t tail_hash(std::string_view tail) const { return hash_value(tail, seeds[0] ^ 0x7461696C); }
  std::uint64_t host_hash(std::string_view host) const { return hash_value(host, seeds[0] ^ 0x686F7374); }
};

// Does `known` say all that `entry`, which has the same kind and value, says? Then one of them is enough: another list
// without an object of its own adds nothing.
inline bool is_superfluous(const rules::IndicatorEntry& entry, const rules::IndicatorEntry& known) {
  return known.only_itself <= entry.only_itself && (entry.id.empty() || entry.id == known.id) &&
         known.from == entry.from && known.until == entry.until;
}

// "exe" of "a.exe", all of a name without a dot.
inline std::string_view ending_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}
// What stands behind the last separator of a path in path form.
inline std::string_view tail_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace tocsin::detect
