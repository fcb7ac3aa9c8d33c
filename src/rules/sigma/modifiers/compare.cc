// |lt |lte |gt |gte: the number in the field compared with the value.
#include "rules/sigma/modifier.h"

namespace tocsin::rules::sigma {
namespace {

template <Operator op>
std::optional<Problem> compare(Value&& value, Item&, std::vector<Value>& out) {
  value.kind = ValueKind::comparison;
  value.leaf.op = op;
  out.push_back(std::move(value));
  return std::nullopt;
}

template <Operator op>
constexpr Modifier comparison(std::string_view name, std::string_view doc) {
  return {.name = name,
          .doc = doc,
          .section = "Numeric Modifiers",
          .takes = static_cast<std::uint8_t>(ValueKind::number),
          .instead = "write a number, without quotes",
          .apply = compare<op>};
}

}  // namespace

extern const Modifier modifier_lt, modifier_lte, modifier_gt, modifier_gte;
const Modifier modifier_lt = comparison<Operator::less>("lt", "the field is less than the value");
const Modifier modifier_lte = comparison<Operator::less_equal>("lte", "the field is at most the value");
const Modifier modifier_gt = comparison<Operator::greater>("gt", "the field is greater than the value");
const Modifier modifier_gte = comparison<Operator::greater_equal>("gte", "the field is at least the value");

}  // namespace tocsin::rules::sigma
