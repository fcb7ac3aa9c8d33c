// Release decisions as JSON: the request of `release decide --jsonl` and its answer.
#pragma once

#include "base/result.h"
#include "policy/release.h"
#include "wire/json.h"

namespace tocsin::policy {

// {"object":{…},"markings":[…],"audience":[…]|null,"holder":"author|recipient","recipient":{…},"purpose":"…","at":"…"}.
// `markings` gives definitions of the markings that the object refers to; where the object refers to none they are its
// markings. Entries that are text are markings of the object by id, or by name ("TLP:GREEN"); entries with `selectors`
// are granular. Optional: `holder_organisation`, `embargo_until`, `with_a_released_object`. Errors usage and limit.
Result<Request> read_request(const wire::Json& line);

// "decision" and "because" into an object that is begun.
void write_release(const Release& release, wire::JsonWriter& json);

}  // namespace tocsin::policy
