// What an object itself says of its markings: which it refers to, which parts granular ones name, and whether a
// redacted copy could do without those parts.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/release.h"
#include "wire/json.h"

namespace tocsin::policy {

// Domain objects, relationships and language content can be redacted, known or by extension; observables (their id is
// made from their values), definitions and what is none of these cannot.
bool is_redactable(const wire::Json& object);
// Definitions and identities, which are released only with an object that uses them.
bool is_supporting(std::string_view type);

// Definitions by id, the first one pinned.
using Definitions = std::vector<std::pair<std::string, Marking>>;

// The markings of an object: object_marking_refs, then granular_markings. A reference that leads to no definition, or
// that is no text, is an unknown marking. A granular marking without a selector, or with one that names nothing that is
// there, counts for the whole object; one that gives a language marks nothing. Error limit.
Result<std::vector<AppliedMarking>> applied_markings(const wire::Json& object, const Definitions& definitions);
// One entry of granular_markings, applied to `object`; nothing for a language.
Result<std::vector<AppliedMarking>> granular_marking(const wire::Json& object, const wire::Json& entry,
                                                     const Definitions& definitions);
// The marking with this id: as the standard fixed it, as defined, or unknown.
Marking resolve(std::string_view id, const Definitions& definitions);

}  // namespace tocsin::policy
