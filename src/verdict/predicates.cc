#include "verdict/predicates.h"

#include <algorithm>
#include <array>

namespace tocsin::verdict {

// The table of all predicates: NAME, function, inputs…, outputs… live in predicates.def, one line each.
#define PREDICATE(identifier, name, inputs, outputs) void predicate_##identifier(const PredicateCall& call);
#include "verdict/predicates.def"
#undef PREDICATE

namespace {

#define NAMES(...) __VA_ARGS__
#define PREDICATE(identifier, name, inputs, outputs)              \
  constexpr std::string_view inputs_of_##identifier[] = {inputs}; \
  constexpr std::string_view outputs_of_##identifier[] = {outputs};
#include "verdict/predicates.def"
#undef PREDICATE

constexpr Predicate table[] = {
#define PREDICATE(identifier, name, inputs, outputs) \
  {name, inputs_of_##identifier, outputs_of_##identifier, predicate_##identifier},
#include "verdict/predicates.def"
#undef PREDICATE
};
#undef NAMES

}  // namespace

std::span<const Predicate> predicates() { return table; }

const Predicate* find_predicate(std::string_view name) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const Predicate& predicate) { return predicate.name == name; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace tocsin::verdict
