// Ledger: the entries of one item that are held, and which of them count (rules J1 to J7, whatever the time is).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "consult/entry.h"
#include "consult/roster.h"
#include "consult/verifier.h"

namespace tocsin::consult {

enum class Code : std::uint8_t {
#define RULE(name, code, rule, sentence) name,
#include "consult/rules.def"
#undef RULE
  accepted,
};
std::string_view text_of(Code code);  // "gap"
std::string_view rule_of(Code code);  // "J6"
std::string_view explain(Code code);  // one sentence for people

// Entries and ids that entries name, numbered in the order in which they were first met.
using Number = std::uint32_t;
inline constexpr Number no_number = ~Number{0};

struct LedgerEntry {
  EntryPtr entry;               // null: named by others, not held
  Number previous = no_number;  // the entry before it on its chain
  Number subject = no_number;   // what its body names, where that is an entry
  Number first_follower = no_number;
  Number next_follower = no_number;
  Number author = no_number;   // of the roster's participants
  std::uint32_t heads_at = 0;  // of head_numbers(): one for each of the entry's heads
  Code code = Code::no_item;
  bool identified = false;  // passes J1 to J4
  bool is_signed = false;
};

// Grows by one entry at a time; the order does not matter. Cost of one: its heads, and what it frees. Not thread-safe.
class Ledger {
 public:
  // Borrows both. `seed` keeps authors from choosing ids that collide in tables; any number gives the same answers.
  Ledger(std::span<const Roster> rosters, const Hash& item, Verifier& verifier, std::uint64_t seed);

  // Keeps the entry, or another copy of it. Appends the entries that count from now on, each after the one before it.
  void add(const EntryPtr& entry, std::vector<Number>& accepted);

  // The roster that the item lives under; null while the item is not validly opened (rule J2).
  const Roster* roster() const { return roster_; }
  Number item() const { return item_number_; }
  std::size_t size() const { return entries_.size(); }  // numbers given
  const LedgerEntry& operator[](Number number) const { return entries_[number]; }
  // no_number where nothing of this id was met.
  Number find(const Hash& id) const {
    const auto found = numbers_.find(id);
    return found == numbers_.end() ? no_number : found->second;
  }
  const Entry& entry(Number number) const { return *entries_[number].entry; }
  Role role(Number number) const { return roster_->participants[entries_[number].author].role; }
  std::span<const Number> head_numbers(Number receipt) const {
    return std::span(heads_).subspan(entries_[receipt].heads_at, entries_[receipt].entry->heads.size());
  }
  // Of all held entries that do not count; by id.
  std::map<Hash, Code> rejected() const { return roster_ == nullptr ? all_rejected() : rejected_; }
  const std::map<Hash, Code>& rejected_when_open() const { return rejected_; }

 private:
  struct Copy {
    Number number;
    EntryPtr entry;
  };
  Number number_of(const Hash& id);
  void hold(Number number, const EntryPtr& entry);
  // Whether this copy of the item's first entry opens it (rule J2).
  bool try_open(const Entry& open);
  // J1 to J4.
  Code identify(Number number);
  // J5 to J7 of an identified entry.
  Code link(Number number) const;
  void judge(Number number, std::vector<Number>& accepted);
  void set_code(Number number, Code code);
  std::map<Hash, Code> all_rejected() const;

  std::span<const Roster> rosters_;
  Hash item_;
  Verifier& verifier_;
  const Roster* roster_ = nullptr;
  Number item_number_ = 0;
  std::vector<LedgerEntry> entries_;
  std::vector<Number> heads_;
  std::vector<Copy> copies_;  // further copies of entries, until the roster tells their key
  boost::unordered_flat_map<Hash, Number, HashOf> numbers_;
  std::map<Hash, Code> rejected_;
};

}  // namespace tocsin::consult
