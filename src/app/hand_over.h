// Hand over: what was signed in a folder goes to the folder's node at once, and what came back is merged.
#pragma once

#include <chrono>
#include <optional>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/tied_node.h"

namespace tocsin::app {

// After something was signed; the journal must not be open. Where the folder goes through a node, puts it there, and
// waits for the receipts of `awaited`'s witnesses as long as --wait says, else as long as `wait`. Says on stderr what
// came of it: where it stands, who holds it, what people have to do. A node that cannot be reached is told and is no
// error, since what was signed stays signed. Exit code 0, or the error of reading the journal.
Result<int> hand_over(const Arguments& arguments, const std::optional<consult::Hash>& awaited,
                      std::chrono::seconds wait);

// Merges what came of the item to the collection behind `after`, which is moved on. False: nothing came.
Result<bool> take_in(const Arguments& arguments, const ItemPlace& place, const consult::Hash& item,
                     store::Sequence& after);

inline constexpr std::chrono::seconds wait_of_a_break{5};
Option wait_option();
// Whether --wait can be followed; asked before anything is signed.
Result<void> check_wait(const Arguments& arguments);

}  // namespace tocsin::app
