// Paper gate: what the defensive mandate says of an option or a measure, asked when it is laid, taken in, handed over
// and shown.
#pragma once

#include <string>
#include <string_view>

#include "council/item.h"
#include "gate/gate.h"

namespace tocsin::council {

// Asks the table (gate/table.def) about {"action","scope","owner","consent_ref","source"} of a paper by `author`.
// Systems of another participant are never "own", whatever the paper says; a consent counts that its owner has signed
// here for somebody else, and that is neither over at `at` nor revoked, whenever that was.
Result<gate::Verdict> ask_gate(const Item& item, const wire::Json& deed, std::string_view author,
                               std::string_view context, Seconds at);

// The same about a paper that is laid already, as of its own time; nothing to ask about other kinds. Error damaged,
// with the rule in words, where it is refused or says another class than the table.
Result<void> pass_gate(const Item& item, const Paper& paper, std::string_view context);

// "allowed", "allowed with the owner's signature", "allowed with a consent"… for people.
std::string_view words_of(gate::Class verdict);

}  // namespace tocsin::council
