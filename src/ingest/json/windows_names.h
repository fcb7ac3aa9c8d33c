// WindowsPlace: where a JSON key stands in a nested rendering of a Windows event, and the Sigma name it has there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/windows_event.h"

namespace tocsin::ingest::json {

// Nested renderings of Windows events.
enum class Shape : std::uint8_t {
  none,
  evtx_dump,     // {"Event":{"System":{…},"EventData":{…}}}, also as XML converters write it ("@Name")
  velociraptor,  // {"System":{"EventID":{"Value":1}},"EventData":{…}}
  winlogbeat,    // {"winlog":{"event_data":{…}}}
  winlogbeat_6,  // {"event_data":{…},"log_name":…}
};

struct WindowsPlace {
  enum class Kind : std::uint8_t { none, outside, element, attributes };
  Kind kind = Kind::none;
  Shape shape = Shape::none;
  EventPart part = EventPart::document;  // where an element stands
  std::string_view tag = {};             // of the element; borrowed from the key
};

// What a key below `parent` is. `sigma` (cleared first) receives the field's Sigma name where it has one.
struct WindowsKey {
  WindowsPlace place;
  bool has_name = false;
  bool system = false;          // one of the System part, whose name tells a role
  bool drop = false;            // no field (namespace declarations)
  bool drop_null = false;       // no field if null
  bool leaf_of_parent = false;  // "#text": the field of the element itself
};
WindowsKey windows_key(const WindowsPlace& parent, bool at_root, std::string_view key, std::string& sigma);

// The base of a key that evtx_dump numbered to keep it apart: "Data" for "Data_1"; empty for other keys.
std::string_view numbered_base(std::string_view key);

}  // namespace tocsin::ingest::json
