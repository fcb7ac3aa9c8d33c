// Reading: what the exchange needs to know of an object, from its bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/timestamp.h"
#include "wire/json.h"

namespace tocsin::exchange {

struct Reading {
  std::string id, type, spec_version;
  std::string version;  // as written; empty: the object has none
  stix::Instant version_at = 0;
  std::string author;  // created_by_ref; of an identity without one, itself; empty: nobody
  bool revoked = false;
  std::vector<std::string> markings;    // of the whole and of parts
  std::vector<std::string> uses;        // identities and definitions that it names
  std::vector<std::string> references;  // every identifier that it names but its own; sorted, each once
  wire::Json tree;
};

// Errors as the TAXII server's for an object that it does not take; limit where it names too many others.
Result<Reading> read_for_exchange(std::string_view bytes);

// "type--" and a UUID.
bool is_identifier(std::string_view text);

}  // namespace tocsin::exchange
