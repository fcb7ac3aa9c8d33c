// Modifier: one `|name` behind a field, and the values it works on. Applied left to right as written
// (sigma-rules-specification.md "Value Modifiers").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/rule.h"
#include "rules/sigma.h"

namespace tocsin::rules::sigma {

// What a value is while modifiers are applied.
enum class ValueKind : std::uint8_t {
  null = 1 << 0,
  boolean = 1 << 1,
  number = 1 << 2,
  text = 1 << 3,
  regex = 1 << 4,
  network = 1 << 5,
  comparison = 1 << 6,
  field = 1 << 7,
};
constexpr std::uint8_t operator|(ValueKind a, ValueKind b) {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
// "text", "a number"…, for messages.
std::string_view kind_text(ValueKind kind);

struct Value {
  ValueKind kind = ValueKind::text;
  Leaf leaf;                     // field and place are set; the part of `kind` is filled in
  std::uint32_t group = 0;       // values of one group came from one written value: any of them, also under |all
  bool byte_order_mark = false;  // |utf16 put U+FEFF in front
  bool waiting = false;          // a placeholder list is missing
};

// What is wrong with a value, or with a modifier in this place.
struct Problem {
  ErrorCode code = ErrorCode::rule_invalid;
  std::string message;
  std::string hint = {};
};

// One field with its values: an entry of a detection map.
struct Item {
  std::string field;  // empty: keywords
  std::vector<Value> values;
  bool all = false;
  bool negated = false;
  bool changed = false;              // a modifier that changes values came before
  bool placed = false;               // contains, startswith or endswith came before
  std::vector<std::string> missing;  // placeholder lists that were not given
  const Placeholders* placeholders = nullptr;
};

struct Modifier {
  std::string_view name;
  std::string_view doc;           // one sentence for people
  std::string_view section;       // of sigma-appendix-modifiers.md, where its meaning is laid down
  std::uint8_t takes = 0;         // ValueKinds; 0: any, and it changes the item instead of its values
  std::string_view instead = {};  // what to do when the kind is wrong
  // Changes the item as a whole (takes == 0).
  void (*apply_item)(Item&) = nullptr;
  // Takes one value and appends what becomes of it: one value or several alternatives.
  std::optional<Problem> (*apply)(Value&& value, Item& item, std::vector<Value>& out) = nullptr;
};

const Modifier* find_modifier(std::string_view name);
std::span<const Modifier* const> modifiers();

// Applies a chain to an item; the item's values are what remains to be matched.
std::optional<Problem> apply(std::span<const Modifier* const> chain, Item& item, std::size_t& at_value);

}  // namespace tocsin::rules::sigma
