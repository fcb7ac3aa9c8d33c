// |exists: the field is there (true) or not (false), whatever it holds.
#include "rules/sigma/modifier.h"

namespace tocsin::rules::sigma {
namespace {

std::optional<Problem> exists(Value&& value, Item& item, std::vector<Value>& out) {
  if (item.field.empty()) {
    return Problem{ErrorCode::rule_invalid, "|exists needs a field", "write it as 'FieldName|exists: true'"};
  }
  if (item.changed) {
    return Problem{ErrorCode::rule_invalid, "|exists does not combine with modifiers that change the value",
                   "write only 'FieldName|exists'"};
  }
  value.kind = ValueKind::comparison;
  value.leaf.op = Operator::exists;
  out.push_back(std::move(value));
  return std::nullopt;
}

}  // namespace

extern const Modifier modifier_exists;
const Modifier modifier_exists{.name = "exists",
                               .doc = "the field is present, or absent",
                               .section = "Generic Modifiers",
                               .takes = static_cast<std::uint8_t>(ValueKind::boolean),
                               .instead = "write true or false, without quotes",
                               .apply = exists};

}  // namespace tocsin::rules::sigma
