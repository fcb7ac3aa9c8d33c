// event_json: an event as one JSON object, in the field names that rules see.
#pragma once

#include <string>

#include "event/event.h"

namespace tocsin::app {

// Appends {"field":value,…}. A field that occurs several times becomes an array. Numbers and booleans are bare where
// the log had them so.
void append_event_fields(std::string& out, const event::EventBatch& batch, const event::Event& event,
                         const event::FieldTable& fields);
// The same as nested objects, for names that are dotted paths (decode --raw).
void append_event_tree(std::string& out, const event::EventBatch& batch, const event::Event& event,
                       const event::FieldTable& fields);

}  // namespace tocsin::app
