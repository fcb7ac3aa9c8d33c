// Chain reading: a witness's signed list of where every chain ends as far as it holds them, made for those who lost
// their own journal and must not fork by accident.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/item.h"
#include "council/ports.h"

namespace tocsin::council {

struct ChainReading {
  Hash item;
  std::string by;
  Seconds made = 0;                               // on the witness's clock
  std::map<std::string, std::vector<Hash>> ends;  // of accepted chains, by author
};

// What `by` holds, signed with its key.
Result<std::string> make_reading(const Item& item, std::string_view by, Seconds made, Keys& keys);
// Error syntax; damaged where it is about another item, or not signed by a participant of the roster.
Result<ChainReading> read_reading(std::string_view json, const Item& item);

// Whether it mends the continuity of `author`'s chain: made after the break, by another witness, and everything that it
// names of the chain is held here. The record to be kept; nothing where it does not.
std::optional<Record> count_reading(const ChainReading& reading, std::string_view author, Item& item);

// The record that breaks the continuity of an author's chain.
struct Break {
  Seconds since = 0;
  std::string_view why;
  std::string_view author;
};
Record broken_record(const Break& broken);

}  // namespace tocsin::council
