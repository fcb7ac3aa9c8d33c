// The header of a STIX object: what a server needs to know of it, read from its bytes without a tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/timestamp.h"

namespace tocsin::taxii {

struct ObjectHeader {
  std::string id, type, spec_version;
  std::string version;  // as written: modified, else created; empty: the object has neither
  stix::Instant version_at = 0;
  std::string created_by;
  std::vector<std::string> markings;  // of the whole and of parts, sorted, each once
  std::vector<std::string> uses;      // identities and definitions it names, sorted, each once
};

// Reads and judges: an error says what the standard forbids (JSON as of RFC 7493, section 2.9 identifiers, 3.2 common
// properties). Objects of STIX 2.0 have no spec_version and get "2.0". Where no error stands, `out` is whole; otherwise
// its `id` and `version` are there as far as they were readable.
Result<void> read_header(std::string_view bytes, ObjectHeader& out);

// What created_by_ref of an object says; empty: nothing, or nothing that is a text.
std::string created_by_of(std::string_view bytes);

}  // namespace tocsin::taxii
