#include "rules/sigma/modifier.h"

#include <array>

#include "base/limits.h"

namespace tocsin::rules::sigma {

#define MODIFIER(name) extern const Modifier modifier_##name;
#include "rules/sigma/modifiers.def"
#undef MODIFIER

namespace {

const auto table = std::to_array<const Modifier*>({
#define MODIFIER(name) &modifier_##name,
#include "rules/sigma/modifiers.def"
#undef MODIFIER
});

}  // namespace

std::span<const Modifier* const> modifiers() { return table; }

const Modifier* find_modifier(std::string_view name) {
  for (const Modifier* modifier : table) {
    if (modifier->name == name) {
      return modifier;
    }
  }
  return nullptr;
}

std::string_view kind_text(ValueKind kind) {
  switch (kind) {
    case ValueKind::null:
      return "null";
    case ValueKind::boolean:
      return "true or false";
    case ValueKind::number:
      return "a number";
    case ValueKind::text:
      return "text";
    case ValueKind::regex:
      return "a regular expression";
    case ValueKind::network:
      return "a network";
    case ValueKind::comparison:
      return "a comparison";
    case ValueKind::field:
      return "a field name";
  }
  return "";
}

std::optional<Problem> apply(std::span<const Modifier* const> chain, Item& item, std::size_t& at_value) {
  std::vector<Value> next;
  for (const Modifier* modifier : chain) {
    if (modifier->apply_item != nullptr) {
      modifier->apply_item(item);
      continue;
    }
    next.clear();
    next.reserve(item.values.size());
    for (std::size_t i = 0; i < item.values.size(); ++i) {
      at_value = i;
      const ValueKind kind = item.values[i].kind;
      if ((modifier->takes & static_cast<std::uint8_t>(kind)) == 0) {
        return Problem{
            ErrorCode::rule_invalid,
            "the modifier '" + std::string(modifier->name) + "' does not work on " + std::string(kind_text(kind)),
            std::string(modifier->instead)};
      }
      if (auto problem = modifier->apply(std::move(item.values[i]), item, next)) {
        return problem;
      }
      if (next.size() > limits::rule_values_max) {
        return Problem{ErrorCode::limit,
                       "the values of this item expand to more than " + std::to_string(limits::rule_values_max),
                       "split the item, or shorten the list"};
      }
    }
    item.values.swap(next);
    item.changed = true;
  }
  return std::nullopt;
}

}  // namespace tocsin::rules::sigma
