// Observation: what was seen at one time, as objects with properties; ObjectGraph: those objects in one flat store that
// both STIX bundles and log events are turned into.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stix/timestamp.h"

namespace tocsin::stix {

enum class ValueKind : std::uint8_t { null, boolean, number, string, list, object };

// A property value. `first` and `count` name its children in ObjectGraph::values.
struct Value {
  ValueKind kind = ValueKind::null;
  bool boolean = false;
  std::uint32_t first = 0, count = 0;
  std::string_view key;   // in an object
  std::string_view text;  // string as UTF-8; number as written
};

// A cyber-observable object (or any other with a type).
struct Object {
  std::string_view type;
  std::uint32_t value = 0;  // an object
};

// Borrows all texts. Children of a value lie beside each other, members in the order of the input.
struct ObjectGraph {
  std::vector<Value> values;
  std::vector<Object> objects;
  void clear() {
    values.clear();
    objects.clear();
  }
};

// One observed-data, or one log event.
struct Observation {
  // A name by which references inside the observation mean one of its objects (section 9.7.4): its id, or its key in
  // the `objects` of STIX 2.0.
  struct Member {
    std::string_view name;
    std::uint32_t object = 0;  // into ObjectGraph::objects
  };
  std::string_view id;
  Instant first = 0, last = 0;  // its moment may be chosen anywhere between
  bool timed = true;            // false: it cannot satisfy anything about time
  std::uint64_t count = 1;      // how many observations it stands for
  std::vector<Member> members;  // sorted by name, names unique
};

}  // namespace tocsin::stix
