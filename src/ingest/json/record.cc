#include "ingest/json/record.h"

#include "ingest/json/json_time.h"

namespace tocsin::ingest::json {

std::string_view Record::first_text(std::initializer_list<Role> roles) const {
  for (const Role role : roles) {
    if (has(role) && !text(role).empty()) {
      return text(role);
    }
  }
  return {};
}

bool Record::set_time(std::initializer_list<Role> roles) {
  for (const Role role : roles) {
    if (!has(role)) {
      continue;
    }
    if (const auto parsed = parse_time(value(role))) {
      event.time = parsed->time;
      if (!parsed->has_zone) {
        event.time.ticks -= options.zone_offset_seconds * Time::ticks_per_second;
        event.assumed_zone = true;
      }
      return true;
    }
  }
  return false;
}

}  // namespace tocsin::ingest::json
