// |fieldref: the value names another field of the same event, to be compared with.
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

std::optional<Problem> field_reference(Value&& value, Item& item, std::vector<Value>& out) {
  if (item.field.empty()) {
    return Problem{ErrorCode::rule_invalid, "|fieldref needs a field to compare",
                   "write it as 'FieldName|fieldref: Other'"};
  }
  if (has_wildcard(value.leaf.pattern)) {
    return Problem{ErrorCode::rule_invalid, "a field name has no wildcards",
                   "put |startswith, |endswith or |contains behind |fieldref"};
  }
  value.leaf.other_field = literal_text(value.leaf.pattern);
  if (value.leaf.other_field.empty()) {
    return Problem{ErrorCode::rule_invalid, "|fieldref needs the name of a field",
                   "write the other field as the value"};
  }
  value.kind = ValueKind::field;
  value.leaf.op = Operator::field_equals;
  value.leaf.pattern = {};
  out.push_back(std::move(value));
  return std::nullopt;
}

}  // namespace

extern const Modifier modifier_fieldref;
const Modifier modifier_fieldref{.name = "fieldref",
                                 .doc = "the value is the name of another field of the event",
                                 .section = "Specific Modifiers",
                                 .takes = static_cast<std::uint8_t>(ValueKind::text),
                                 .instead = "write the name of a field",
                                 .apply = field_reference};

}  // namespace tocsin::rules::sigma
