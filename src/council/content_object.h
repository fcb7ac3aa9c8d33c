// Content object: a STIX object of our own types whose id follows from its content, so that the same words have one
// name everywhere and no change goes unseen.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "consult/hash.h"
#include "stix/tlp.h"
#include "wire/json.h"

namespace tocsin::council {

struct ContentPlan {
  std::string_view type;
  std::string_view definition;  // of the type: an extension-definition
  std::string_view identity;    // created_by_ref
  consult::Seconds created = 0;
  stix::TlpColor color = stix::TlpColor::amber;
  const wire::Json& body;  // the members beside the common ones
};
// Without its signature. Error syntax.
Result<std::string> compose_object(const ContentPlan& plan);

// The id that an object of this type must have: from all of it but the id and the author's signature. Error syntax.
Result<std::string> id_of_content(wire::Json object, std::string_view type);

// STIX timestamps have a fraction: "2026-03-01T10:00:00.000Z".
std::string stix_time(consult::Seconds seconds);

}  // namespace tocsin::council
