// NamedFields: the fields that a reader gives under names of its own, with ids that are found once.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "event/event.h"
#include "event/field_table.h"

namespace tocsin::ingest {

template <std::size_t Count>
class NamedFields {
 public:
  NamedFields(event::FieldTable& fields, const std::array<std::string_view, Count>& names) {
    for (std::size_t i = 0; i < Count; ++i) {
      ids_[i] = fields.intern(names[i]);
    }
  }

  // `name` indexes the names. An empty value is one that the record does not have: no field.
  void add(event::EventBatch& batch, std::size_t name, std::string_view value) const {
    if (!value.empty()) {
      batch.add_field(ids_[name], value);
    }
  }

 private:
  std::array<event::FieldId, Count> ids_{};
};

}  // namespace tocsin::ingest
