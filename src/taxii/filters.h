// What a query asks for: filters, limit and the token of the next page (TAXII 2.1 sections 3.4 and 3.5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "stix/timestamp.h"
#include "taxii/limits.h"
#include "taxii/route.h"

namespace tocsin::taxii {

struct Filters {
  std::optional<stix::Instant> added_after;  // strictly later than
  // Empty: any. Sorted, each once; a value is one of several.
  std::vector<std::string> ids;
  std::vector<std::string> types;
  std::vector<std::string> spec_versions;  // empty: the newest that each object has
  bool all_versions = false;
  bool first_version = false;
  bool last_version = false;
  std::vector<stix::Instant> versions;  // sorted

  bool version_given = false;  // match[version] stood there; otherwise last_version
  std::size_t limit = limits::page_items_max;
  std::string next;

  // The same text for every query that selects the same: what a page's token is bound to. Without `limit` and `next`.
  std::string selection() const;
};

// Parameters that a resource does not know are ignored, as HTTP services do. Error syntax: a value that is wrong.
Result<Filters> parse_filters(std::span<const std::pair<std::string, std::string>> query, Resource resource);

}  // namespace tocsin::taxii
