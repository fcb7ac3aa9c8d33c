// Record: one flattened JSON record as the profiles see it: what stands at which role, and the event to complete.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "event/event.h"
#include "ingest/format.h"
#include "ingest/json/flattener.h"
#include "ingest/json/roles.h"

namespace tocsin::ingest::json {

class Record {
 public:
  Record(event::EventBatch& into, Flattener& flattened, const DecodeOptions& decode_options)
      : batch(into), event(into.events.back()), flattener(flattened), options(decode_options) {}

  bool has(Role role) const { return flattener.has(role); }
  // The first value at this role; null and empty where there is none.
  event::Value value(Role role) const {
    return has(role) ? batch.fields[flattener.field(role)].value : event::Value{{}, event::ValueKind::null};
  }
  std::string_view text(Role role) const { return value(role).text; }
  // Text of the first of these roles that has a value that is not empty.
  std::string_view first_text(std::initializer_list<Role> roles) const;

  // One more field. In the raw form only the log's own fields are given.
  void add(std::string_view name, event::Value value) {
    if (!options.raw) {
      batch.add_field(flattener.names().id(name), value.text, value.kind);
    }
  }
  // One more name for what stands at `role`, if anything does.
  void alias(std::string_view name, Role role) {
    if (has(role)) {
      add(name, value(role));
    }
  }
  // One more name for every value of the field at `role`.
  void alias_all(std::string_view name, Role role);
  // One more name, without `prefix`, for every field whose name begins with it: what rules name without the object that
  // it stands in.
  void lift(std::string_view prefix);
  // All values of the field at `role` in one text with blanks between them.
  std::string_view joined(Role role);
  // True where one of the values at `role` is `text`.
  bool has_value(Role role, std::string_view text) const;
  // The object or array at `role` as one field with its JSON text.
  void add_container(std::string_view name, Role role);
  // Where an array at `path` holds objects {"name":"A","value":"x"}, a field prefix + A with the value x for each.
  // `keys` are the names of the two members; a value that is itself a JSON string loses its quotes.
  struct PairKeys {
    std::string_view name, value;
  };
  void add_pairs(std::string_view path, PairKeys keys, std::string_view prefix = {});
  // Texts below `path` that are JSON themselves, as further values of the field `name`.
  void add_json_texts(std::string_view name, std::string_view path);
  // event.time from the first of these roles that holds a time; one without a zone takes the assumed one. False if none
  // does.
  bool set_time(std::initializer_list<Role> roles);
  // The same for times that are UTC by definition where they have no zone.
  bool set_time_utc(std::initializer_list<Role> roles);

  event::EventBatch& batch;
  event::Event& event;
  Flattener& flattener;
  const DecodeOptions& options;

 private:
  bool time_has_zone_ = false;
};

}  // namespace tocsin::ingest::json
