// |contains |startswith |endswith: where in the field the value stands. Wildcards inside the value stay active.
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

constexpr std::string_view instead = "write the value in quotes to compare it as text";
constexpr std::uint8_t takes = ValueKind::text | ValueKind::regex;
constexpr std::uint8_t takes_field = takes | static_cast<std::uint8_t>(ValueKind::field);

// Both ends open is "contains", as for a field reference with |startswith and |endswith.
Operator widen(Operator now, Operator to) {
  return now == Operator::field_equals || now == to ? to : Operator::field_contains;
}

std::optional<Problem> contains(Value&& value, Item& item, std::vector<Value>& out) {
  item.placed = true;
  if (value.kind == ValueKind::text) {
    open_front(value.leaf.pattern);
    open_back(value.leaf.pattern);
  } else if (value.kind == ValueKind::field) {
    value.leaf.op = Operator::field_contains;
  }  // a regular expression is searched anywhere already
  out.push_back(std::move(value));
  return std::nullopt;
}

std::optional<Problem> starts_with(Value&& value, Item& item, std::vector<Value>& out) {
  item.placed = true;
  if (value.kind == ValueKind::text) {
    open_back(value.leaf.pattern);
  } else if (value.kind == ValueKind::field) {
    value.leaf.op = widen(value.leaf.op, Operator::field_starts_with);
  } else {
    value.leaf.regex = "\\A(?:" + value.leaf.regex + ")";
  }
  out.push_back(std::move(value));
  return std::nullopt;
}

std::optional<Problem> ends_with(Value&& value, Item& item, std::vector<Value>& out) {
  item.placed = true;
  if (value.kind == ValueKind::text) {
    open_front(value.leaf.pattern);
  } else if (value.kind == ValueKind::field) {
    value.leaf.op = widen(value.leaf.op, Operator::field_ends_with);
  } else {
    value.leaf.regex = "(?:" + value.leaf.regex + ")\\z";
  }
  out.push_back(std::move(value));
  return std::nullopt;
}

}  // namespace

extern const Modifier modifier_contains;
extern const Modifier modifier_startswith;
extern const Modifier modifier_endswith;
const Modifier modifier_contains{.name = "contains",
                                 .doc = "the value stands anywhere in the field",
                                 .section = "Generic Modifiers",
                                 .takes = takes_field,
                                 .instead = instead,
                                 .apply = contains};
const Modifier modifier_startswith{.name = "startswith",
                                   .doc = "the field begins with the value",
                                   .section = "Generic Modifiers",
                                   .takes = takes_field,
                                   .instead = instead,
                                   .apply = starts_with};
const Modifier modifier_endswith{.name = "endswith",
                                 .doc = "the field ends with the value",
                                 .section = "Generic Modifiers",
                                 .takes = takes_field,
                                 .instead = instead,
                                 .apply = ends_with};

}  // namespace tocsin::rules::sigma
