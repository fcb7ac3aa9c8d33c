// Joins: the facts of one case beside each other: finds a fact's neighbours by row, time, shared values and place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  // Borrows both. Facts must not be added or removed afterwards; their standing may change.
  Joins(const Playbook& book, const std::vector<Stored>& facts);

  // Calls `found` with each neighbour that `usable` accepts until it returns true or none is left.
  using Usable = std::function<bool(const Stored&)>;
  bool search(const Stored& fact, const Neighbour& wanted, const Usable& usable,
              const std::function<bool(const Stored&)>& found) const;
  // Are there enough neighbours?
  bool has(const Stored& fact, const Neighbour& wanted, const Usable& usable) const;
  // Does any of the list hold?
  bool any(const Stored& fact, const std::vector<Neighbour>& wanted, const Usable& usable) const;

 private:
  const std::vector<std::uint32_t>* list(RowId row, KeyId key, std::string_view value) const;

  const Playbook& book_;
  const std::vector<Stored>& facts_;
  // Facts of a row in time order; and those that carry a value, by row, key and value.
  std::vector<std::vector<std::uint32_t>> by_row_;
  mutable std::map<std::pair<RowId, KeyId>, std::unordered_map<std::string, std::vector<std::uint32_t>>> by_value_;
};

}  // namespace tocsin::verdict
