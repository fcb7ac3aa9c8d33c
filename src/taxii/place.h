// Place: where a version stands in the order in which one reader came to see a collection.
#pragma once

#include <compare>

#include "base/time.h"
#include "store/store.h"

namespace tocsin::taxii {

// A version that could be seen when it was added stands at its sequence. One that became releasable later stands
// behind everything that was added by that moment, with that moment's date.
struct Place {
  store::Sequence at = 0;
  Time date = {};             // not known: it stands where it was added
  store::Sequence moved = 0;  // its own sequence, where it stands elsewhere

  auto operator<=>(const Place&) const = default;
};

}  // namespace tocsin::taxii
