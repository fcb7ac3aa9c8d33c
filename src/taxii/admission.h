// Admission: how objects that somebody brings enter a collection, whether posted by a user or read from another server:
// what the standard forbids is refused, only its creator makes versions, and nothing is told of what is hidden.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/store.h"
#include "taxii/object_header.h"

namespace tocsin::taxii {

// The transparency logs that hold what is brought (docs/log.md); an empty name: none.
struct LogNames {
  std::string open;        // what is marked TLP:CLEAR or WHITE, and nothing else
  std::string restricted;  // everything else, whose number is nobody's business
};
// The one of them for this object.
const std::string& log_for(const ObjectHeader& header, const LogNames& logs);
const std::string& log_for(const std::vector<std::string>& markings, const LogNames& logs);

// What the standard forbids in an object whose header was read; empty: nothing. Objects of STIX 2.0 are taken as their
// header says.
std::string what_is_forbidden(std::string_view bytes, const ObjectHeader& header);

inline constexpr std::string_view not_its_creator =
    "only its creator can bring another version of an object (STIX 2.1 section 3.6): who brought the first one here, "
    "or "
    "somebody of the same organisation, with the same created_by_ref";

// Puts what `user` brings, of whom each of `versions` bears the name as writer; some of them are changed. Put::known
// stands where a version is not its creator's. To a user who may not read the collection only what it brought itself is
// there.
Result<std::vector<store::Put>> admit(store::Store& store, store::CollectionName collection, const store::User& user,
                                      bool may_read, std::vector<store::NewVersion>& versions, Time now);

}  // namespace tocsin::taxii
