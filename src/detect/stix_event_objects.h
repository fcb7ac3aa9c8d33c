// StixEventObjects: a log event as the objects that STIX patterns speak of, by the map of stix_fields.def.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "event/event.h"
#include "stix/observation.h"

namespace tocsin::detect {

// One per thread. Keeps its memory from event to event.
class StixEventObjects {
 public:
  explicit StixEventObjects(event::FieldTable& fields);

  // False where the map knows nothing of the event. Else graph() and observation() hold until the next call, as long as
  // the batch does.
  bool make(const event::EventBatch& batch, const event::Event& event);
  const stix::ObjectGraph& graph() const { return graph_; }
  const stix::Observation& observation() const { return observation_; }
  // The field of the event that a value of the graph came from; nothing for types, references and nodes above values.
  std::optional<event::FieldId> field_of(std::uint32_t value) const;

  // Are there events that are seen as an object of this type?
  static bool makes(std::string_view type);

  static constexpr std::size_t path_steps_max = 6;
  struct Property {
    std::uint16_t slot = 0;
    std::uint8_t steps = 0;
    bool number = false;
    std::array<std::string_view, path_steps_max> path = {};
    std::string_view text;
    event::FieldId field = event::overflow_field;
  };

 private:
  void convert(std::size_t row, const event::Field& field);
  void add(std::size_t row, const event::Field& field, std::string_view text, bool number = false);
  void add_hashes(std::size_t row, const event::Field& field);
  void build();
  std::span<const std::uint16_t> rows_of(event::FieldId id);

  event::FieldTable& fields_;
  std::vector<std::pair<event::FieldId, std::uint16_t>> names_;  // folded field of each row, sorted
  struct Rows {
    std::uint16_t begin = 0, end = 0;  // into row_list_
    bool known = false;
  };
  std::vector<Rows> rows_;  // by field id, filled when a field is first met
  std::vector<std::uint16_t> row_list_;
  // Properties [begin, end) stand below a value, `depth` steps down from its object.
  struct Run {
    std::uint32_t value;
    std::size_t begin, end;
    std::uint8_t depth;
  };
  std::vector<Run> runs_;
  std::vector<std::uint16_t> slot_of_object_;
  Arena arena_;
  std::vector<Property> properties_;
  std::vector<char> slot_exists_;
  std::vector<std::string_view> slot_type_;
  std::vector<event::FieldId> fields_of_values_;
  stix::ObjectGraph graph_;
  stix::Observation observation_;
};

}  // namespace tocsin::detect
