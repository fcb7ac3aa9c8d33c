// |neq: the item as a whole is turned round: not (value 1 or value 2 …).
#include "rules/sigma/modifier.h"

namespace tocsin::rules::sigma {

extern const Modifier modifier_neq;
const Modifier modifier_neq{
    .name = "neq", .doc = "none of the values may match", .section = "Generic Modifiers", .apply_item = [](Item& item) {
      item.negated = true;
    }};

}  // namespace tocsin::rules::sigma
