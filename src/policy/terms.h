// Terms: what release of a version is decided from, as one text that a store keeps beside it without understanding it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stix/timestamp.h"

namespace tocsin::policy {

struct Terms {
  std::string type;
  std::vector<std::string> markings;                 // of the whole and of parts
  std::optional<std::vector<std::string>> audience;  // as the author declared it; absent: the collection's readers
  std::string embargo_until;                         // declared with the audience; empty: none
};

// The type and the markings, one a line; then, where they were declared, "@audience", "@to NAME" for each, "@until T".
// A reader that knows no "@" takes these lines for unknown markings and so shows nothing.
std::string terms_text(const Terms& terms);
Terms read_terms(std::string_view text);
// Nothing where none was declared; one that cannot be read never ends.
std::optional<stix::Instant> embargo_of(const Terms& terms);
// Whether a name can stand in the text: not empty, printable, of no more than limits::name_bytes_max bytes.
bool is_term(std::string_view name);

}  // namespace tocsin::policy
