// |cased: upper and lower case are told apart.
#include "rules/sigma/modifier.h"

namespace tocsin::rules::sigma {

extern const Modifier modifier_cased;
const Modifier modifier_cased{.name = "cased",
                              .doc = "upper and lower case are told apart",
                              .section = "Generic Modifiers",
                              .takes = static_cast<std::uint8_t>(ValueKind::text),
                              .instead = "only text has upper and lower case",
                              .apply = [](Value&& value, Item&, std::vector<Value>& out) -> std::optional<Problem> {
                                value.leaf.cased = true;
                                out.push_back(std::move(value));
                                return std::nullopt;
                              }};

}  // namespace tocsin::rules::sigma
