// Holding: which witnesses are known to hold an entry, and what a node still owes receipts for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "council/item.h"
#include "council/signer.h"

namespace tocsin::council {

// "Held by n of m": witnesses other than the author whose receipts cover the entry, by name.
struct Holding {
  std::vector<std::string> by;
  std::vector<Seconds> since;  // of each, by its own first word of it
  std::size_t of = 0;
};
Holding holding(const Item& item, const Hash& entry, Seconds as_of);

// Receipts that a witness's node makes by itself: for every chain that has grown by anything but receipts since its own
// last receipt of it, on each branch; and again for a close that was dated after that receipt. Mostly one act or none;
// several where a chain has forked, since one receipt can name one branch.
std::vector<Act> receipts_due(const Item& item, std::string_view author, Seconds now);

// Witnesses that could acknowledge a close of the current silence as far as is known here: those with no break of it,
// dated by the deadline, in their own chain or receipts. By name.
std::vector<std::string> may_acknowledge(Item& item, const consult::State& state, Seconds as_of);

}  // namespace tocsin::council
