#include "ingest/json/record.h"

#include <algorithm>
#include <iterator>
#include <string>

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

void Record::lift(std::string_view prefix) {
  const event::FieldTable& table = flattener.names().table();
  const std::size_t end = batch.fields.size();
  for (std::size_t i = event.field_begin; i < end; ++i) {
    const event::Field field = batch.fields[i];
    const std::string_view name = table.name(field.id);
    if (name.size() > prefix.size() && name.starts_with(prefix)) {
      add(name.substr(prefix.size()), field.value);
    }
  }
}

std::string_view Record::joined(Role role) {
  if (!has(role)) {
    return {};
  }
  const event::FieldId id = batch.fields[flattener.field(role)].id;
  std::string text;
  for (std::size_t i = flattener.field(role); i < batch.fields.size(); ++i) {
    if (batch.fields[i].id == id) {
      text += text.empty() ? "" : " ";
      text += batch.fields[i].value.text;
    }
  }
  return batch.arena.copy(text);
}

bool Record::has_value(Role role, std::string_view text) const {
  if (!has(role)) {
    return false;
  }
  const event::FieldId id = batch.fields[flattener.field(role)].id;
  for (std::size_t i = flattener.field(role); i < batch.fields.size(); ++i) {
    if (batch.fields[i].id == id && batch.fields[i].value.text == text) {
      return true;
    }
  }
  return false;
}

void Record::add_container(std::string_view name, Role role) {
  if (const std::string_view text = flattener.container(role); !text.empty()) {
    add(name, {text, event::ValueKind::text});
  }
}

void Record::add_pairs(std::string_view path, PairKeys keys, std::string_view prefix) {
  std::string text(path);
  text += '.';
  const std::size_t base = text.size();
  text += keys.name;
  const event::FieldId name_id = flattener.names().id(text);
  text.resize(base);
  text += keys.value;
  const event::FieldId value_id = flattener.names().id(text);
  const std::size_t end = batch.fields.size();
  constexpr std::size_t apart = 4;  // members between the two
  for (std::size_t i = event.field_begin; i < end; ++i) {
    const event::Value name = batch.fields[i].value;
    if (batch.fields[i].id != name_id || name.text.empty()) {
      continue;
    }
    for (std::size_t k = i + 1; k < end && k <= i + apart && batch.fields[k].id != name_id; ++k) {
      if (batch.fields[k].id != value_id) {
        continue;
      }
      event::Value value = batch.fields[k].value;
      if (value.text.size() >= 2 && value.text.front() == '"' && value.text.back() == '"') {
        value.text = value.text.substr(1, value.text.size() - 2);
      }
      text.assign(prefix);
      std::copy_if(name.text.begin(), name.text.end(), std::back_inserter(text), [](char c) { return c != ' '; });
      add(text, value);
      break;
    }
  }
}

void Record::add_json_texts(std::string_view name, std::string_view path) {
  const event::FieldTable& table = flattener.names().table();
  const std::size_t end = batch.fields.size();
  for (std::size_t i = event.field_begin; i < end; ++i) {
    const event::Field field = batch.fields[i];
    if ((field.value.text.starts_with('{') || field.value.text.starts_with('[')) &&
        table.name(field.id).starts_with(path)) {
      add(name, field.value);
    }
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
