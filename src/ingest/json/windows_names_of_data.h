// Names for the data of Windows events whose export kept only their order or their rendered message.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ingest/json/record.h"

namespace tocsin::ingest::json {

// The names of the event's data in order; empty for events that windows_positions.def does not list.
std::span<const std::string_view> data_names(std::string_view provider, std::uint32_t event_id);

// The "Name: value" lines of a message that Sysmon rendered, as fields. Blanks in names are dropped.
void add_sysmon_message(Record& record, std::string_view message);

// The values of Get-WinEvent's Properties: as unnamed Data, and by name where the event is known.
void add_properties(Record& record);

}  // namespace tocsin::ingest::json
