// Deterministic identifiers of cyber observables (STIX 2.1 section 2.9): the same thing has the same id everywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stix/document.h"

namespace tocsin::stix {

// RFC 8785 text of the contributing properties that are present, values as they stand; of several hashes one. Nothing
// where the type has no contributing properties or none is present: such an object has a UUID of version 4. Error where
// a value has no canonical form (wire/canonical_json.h).
Result<std::optional<std::string>> contributing_json(const Document& document, NodeIndex object);
// "<type>--<UUID of version 5>" over that text.
Result<std::optional<std::string>> deterministic_id(const Document& document, NodeIndex object);

}  // namespace tocsin::stix
