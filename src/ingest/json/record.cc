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

void Record::alias_all(std::string_view name, Role role) {
  if (!has(role)) {
    return;
  }
  const event::FieldId id = batch.fields[flattener.field(role)].id;
  const std::size_t end = batch.fields.size();
  for (std::size_t i = flattener.field(role); i < end; ++i) {
    if (batch.fields[i].id == id) {
      add(name, event::Value(batch.fields[i].value));
    }
  }
}

void Record::add_container(std::string_view name, Role role) {
  if (const std::string_view text = flattener.container(role); !text.empty()) {
    add(name, {text, event::ValueKind::text});
  }
}

bool Record::set_time(std::initializer_list<Role> roles) {
  if (!set_time_utc(roles)) {
    return false;
  }
  if (!time_has_zone_) {
    event.time = options.to_utc(event.time);
    event.assumed_zone = true;
  }
  return true;
}

bool Record::set_time_utc(std::initializer_list<Role> roles) {
  for (const Role role : roles) {
    if (!has(role)) {
      continue;
    }
    if (const auto parsed = parse_time(value(role))) {
      event.time = parsed->time;
      time_has_zone_ = parsed->has_zone;
      return true;
    }
  }
  return false;
}

}  // namespace tocsin::ingest::json
