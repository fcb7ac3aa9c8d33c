// Consent: somebody's recorded permission to act on their systems, with scope and end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "gate/gate.h"
#include "wire/json.h"

namespace tocsin::gate {

// What a consent must cover.
struct ConsentNeed {
  std::vector<std::string> actions;  // all of them, in canonical spelling
  std::vector<std::string> devices;  // hosts that the source names as target
  std::string_view scope;
  std::string_view owner;
  Time at;
};

// Nothing where the consent holds; otherwise the rule that it breaks. `consent` may be null or absent.
std::optional<Rule> consent_fails(const wire::Json* consent, const ConsentNeed& need);

// Lower case, words joined by hyphens.
std::string canonical(std::string_view name);

}  // namespace tocsin::gate
