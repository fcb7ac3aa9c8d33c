// Predicates: small named functions that parse what field tests cannot, and give the parts as derived values.
//
// A playbook names them under derive:. Each reads some slots of the event and fills its own outputs, which conditions,
// carry: and what: then use like fields. The table in predicates.cc lists every name, its inputs and its outputs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "verdict/slots.h"

namespace tocsin::verdict {

// One call: inputs and outputs by position in the predicate's table entry.
struct PredicateCall {
  Slots& slots;
  std::span<const SlotId> inputs, outputs;

  std::string_view in(std::size_t at) const { return slots.first(inputs[at]); }
  bool has(std::size_t at) const { return slots.present(inputs[at]); }
  void out(std::size_t at, std::string_view text) const { slots.add(outputs[at], slots.keep(text)); }
};

struct Predicate {
  std::string_view name;
  std::span<const std::string_view> inputs, outputs;
  void (*run)(const PredicateCall& call);
};

// The predicate with this name, or nullptr.
const Predicate* find_predicate(std::string_view name);
std::span<const Predicate> predicates();

// A predicate bound to the slots of one playbook.
struct Derivation {
  const Predicate* predicate = nullptr;
  std::vector<SlotId> inputs, outputs;

  void run(Slots& slots) const { predicate->run({slots, inputs, outputs}); }
};

}  // namespace tocsin::verdict
