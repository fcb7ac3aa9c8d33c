// Tells which of the three layouts a JSON log has: lines, array, or objects one after another.
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/format.h"

namespace tocsin::ingest::json {

enum class Layout : std::uint8_t {
  none,          // not JSON objects
  lines,         // the first line that is not blank is a whole object
  array,         // an array of objects, or an object around one ({"Records":[…]})
  concatenated,  // objects one after another, over several lines or side by side
};

struct LayoutGuess {
  Layout layout = Layout::none;
  bool proven = false;  // the first record was parsed as JSON
};
// Cost: one pass over the head.
LayoutGuess layout_of(const Head& head);

// Members under which exports put the array of their records: "Records" (CloudTrail), "records" (Azure), "hits"
// (Elasticsearch); "value" (Microsoft Graph), "items", "events" and their like only as the first member ("@odata…" does
// not count), because records have members of these names too.
bool wraps_records(std::string_view key, bool first_member);

}  // namespace tocsin::ingest::json
