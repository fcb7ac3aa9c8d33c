// Joins: the facts of one case beside each other: finds a fact's neighbours by row, time, shared values and place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "verdict/playbook.h"
#include "verdict/verdict.h"

namespace tocsin::verdict {

// Stored::explanation of a row that would need company and has none.
inline constexpr std::int16_t nothing_beside = 1000;
inline constexpr std::uint32_t no_scope = ~std::uint32_t{0};

// Logs can hold any number where a time should be; only times between the years 1601 and 9999 are believed, so that
// differences never overflow.
Time believable(Time time);

// A fact as a case keeps it.
struct Stored {
  RowId row = 0;
  int chosen = -1;  // of Row::cases
  enum class Standing : std::uint8_t { candidate, evidence, supporting, witness, dropped };
  Standing standing = Standing::candidate;
  std::int16_t explanation = -1;  // of Row::explain
  std::string known;              // as Fact's lists (engine.h)
  std::string explained;          // '1' for each explanation whose condition held
  std::uint32_t source = 0, scope = no_scope;
  std::uint64_t record = 0, offset = 0;
  Time time;
  std::string host, what;
  std::vector<std::string> values;  // as Row::carry
  int stage = -1;
  std::string_view weakness;
};

// The value that a fact carries under a key, or empty text.
std::string_view value_of(const Playbook& book, const Stored& fact, KeyId key);

class Joins {
 public:
  using Usable = std::function<bool(const Stored&)>;

  // Borrows both. Facts must not be added or removed afterwards; their standing may change between passes.
  Joins(const Playbook& book, const std::vector<Stored>& facts);

  // One look at the facts as they stand now: each neighbour of the playbook gets an index of the facts that could be
  // it, so that a question costs a binary search, however many rows share a minute, a host and a value.
  class Pass {
   public:
    // `usable` must give the same answer for a fact as long as the pass lives.
    Pass(const Joins& joins, Usable usable) : joins_(joins), usable_(std::move(usable)) {}
    // Are there enough neighbours of the fact with this number? `wanted` belongs to the fact's row.
    bool has(std::uint32_t fact, const Neighbour& wanted);
    // Does any of the list hold?
    bool any(std::uint32_t fact, const std::vector<Neighbour>& wanted);
    // The neighbour that is nearest in time, or nullptr.
    const Stored* nearest(std::uint32_t fact, const Neighbour& wanted);

   private:
    // Facts that share a place and values, in time order.
    struct Group {
      std::vector<std::uint32_t> facts;
      // Where several are wanted: for each end the latest begin, of it and all ends before, of a window that holds
      // enough; -1 where there is none.
      std::vector<std::int64_t> crowded_from;
      // Of groups over all hosts: for each fact the number of the next one on another host.
      std::vector<std::size_t> next_host;
    };
    using Groups = std::unordered_map<std::string, Group>;
    // Neighbours on other hosts are found by their own host, by the host that they name as target, or anywhere where
    // neither side names one.
    struct Index {
      Groups groups, by_target, anywhere;
    };
    struct Range {
      const Group* group = nullptr;
      std::size_t begin = 0, end = 0;
    };

    const Index& index(const Stored& fact, const Neighbour& wanted);
    void count_windows(Group& group, const Neighbour& wanted) const;
    void chain_hosts(Group& group) const;
    Range range(const Stored& fact, const Neighbour& wanted);
    // The part of a group that fits in time.
    Range range_in(const Groups& groups, const Stored& fact, const Neighbour& wanted) const;
    bool has_elsewhere(const Stored& fact, const Neighbour& wanted);

    const Joins& joins_;
    Usable usable_;
    std::map<const Neighbour*, Index> indexes_;
    std::string key_;  // reused
  };

 private:
  // Appends the values that must be equal, in lower case; false where one is missing.
  bool append_values(const Stored& fact, const Neighbour& wanted, bool own, std::string& key) const;

  const Playbook& book_;
  const std::vector<Stored>& facts_;
  std::vector<std::vector<std::uint32_t>> by_row_;  // in time order
  std::optional<KeyId> target_;
};

}  // namespace tocsin::verdict
