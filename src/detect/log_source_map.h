// Log source routing: which events a rule's logsource means. The union of the published mappings, as the tables
// windows_categories.def, windows_services.def, windows_providers.def and log_sources.def of room event.
#pragma once

#include <string_view>
#include <vector>

#include "detect/field_lookup.h"
#include "event/event.h"
#include "rules/rule.h"

namespace tocsin::detect {

// One way in which a log source takes an event: with these aliases, and only where the field has the value (no
// condition where field is empty).
struct Way {
  Scope scope;
  std::string_view condition_field;
  std::string_view condition_value;
};

// All ways, in the order in which they are tried: the first whose condition holds counts. Empty: the log source does
// not mean this event. Looks only at the event's identity (channel, provider, event id, log_source), never at fields.
// - Every part that the rule gives must be met; `definition` is for people.
// - Windows events are known by channel, compared without case; an event without one, or with ForwardedEvents, by
//   provider.
// - product windows alone means every Windows event; a logsource without any part means every event.
void ways(const rules::LogSource& wanted, const event::Event& event, std::vector<Way>& out);

// Does any reader give events of this log source?
bool has_reader(const rules::LogSource& wanted);

}  // namespace tocsin::detect
