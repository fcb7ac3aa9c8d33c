// |all: every value must match, not just one of them.
#include "rules/sigma/modifier.h"

namespace tocsin::rules::sigma {

extern const Modifier modifier_all;
const Modifier modifier_all{.name = "all",
                            .doc = "all values must match instead of one",
                            .section = "Generic Modifiers",
                            .apply_item = [](Item& item) { item.all = true; }};

}  // namespace tocsin::rules::sigma
