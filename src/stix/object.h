// Object: a STIX object as its author wrote it, byte for byte, with what every reader asks first beside it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/document.h"
#include "stix/timestamp.h"
#include "stix/types.h"

namespace tocsin::stix {

struct Object {
  std::string bytes;  // never rebuilt from what follows
  std::string type, id, spec_version, created_by_ref;
  std::string created, modified;  // as written; empty where there is none
  std::optional<Instant> created_at, modified_at;
  std::vector<std::string> object_marking_refs;
  bool revoked = false;
  ObjectKind kind = ObjectKind::domain;  // of a type that an extension announces: what it says
};

// Not a validation: takes what is there. Errors where the text is no JSON object with a type and an id.
Result<Object> read_object(std::string_view bytes);
// The same from a document that was parsed already.
Result<Object> read_object(const Document& document, NodeIndex object);

// What kind of object a type is, also one that an extension of the object announces (section 7.3.2).
ObjectKind kind_of(const Document& document, NodeIndex object);

}  // namespace tocsin::stix
