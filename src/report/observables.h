// Cyber-observable objects (STIX 2.1 §6) out of the fields of a detection: files, processes, accounts, addresses,
// names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/report.h"

namespace tocsin::report {

// One object as JSON text, and its id: UUIDv5 over the RFC 8785 form of its id-contributing properties (§2.9), for a
// process, which has none, a UUID of its content.
struct Observable {
  std::string id;
  std::string json;
};

// The observables that a detection's fields name, each once; what they refer to comes before them. Only values that are
// what their field's name says (an address that parses, a hash of the right length) become objects.
std::vector<Observable> observables_of(const Detection& detection);

bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);

}  // namespace tocsin::report
