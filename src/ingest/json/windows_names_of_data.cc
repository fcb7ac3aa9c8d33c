#include "ingest/json/windows_names_of_data.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace tocsin::ingest::json {
namespace {

constexpr std::size_t names_max = 24;

struct Row {
  std::string_view provider;
  std::uint32_t event_id;
  std::array<std::string_view, names_max> names;
};

constexpr auto rows = std::to_array<Row>({
#define POSITIONS(provider, event_id, ...) {provider, event_id, {__VA_ARGS__}},
#include "ingest/json/windows_positions.def"
#undef POSITIONS
});

}  // namespace

std::span<const std::string_view> data_names(std::string_view provider, std::uint32_t event_id) {
  for (const Row& row : rows) {
    if (row.event_id == event_id && row.provider == provider) {
      const auto end = std::find(row.names.begin(), row.names.end(), std::string_view{});
      return std::span(row.names).first(static_cast<std::size_t>(end - row.names.begin()));
    }
  }
  return {};
}

void add_sysmon_message(Record& record, std::string_view message) {
  constexpr std::size_t name_bytes_max = 64;
  std::string name;
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    std::string_view line = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || colon > name_bytes_max || colon == 0) {
      continue;
    }
    element_field_name(EventPart::data, "Data", line.substr(0, colon), name);
    record.add(name, {line.substr(colon + 2), event::ValueKind::text});
  }
}

void add_properties(Record& record) {
  if (!record.has(Role::properties_value)) {
    return;
  }
  // A value that is an object itself (a SID, at greater depth) would shift the positions of those behind it.
  const bool in_order = !record.has(Role::properties_nested);
  const auto names =
      in_order ? data_names(record.event.provider, record.event.event_id) : std::span<const std::string_view>{};
  const std::size_t end = record.batch.fields.size();
  const event::FieldId id = record.batch.fields[record.flattener.field(Role::properties_value)].id;
  std::size_t at = 0;
  for (std::size_t i = record.event.field_begin; i < end; ++i) {
    const event::Field field = record.batch.fields[i];
    if (field.id != id) {
      continue;
    }
    record.add("Data", field.value);
    if (at < names.size()) {
      record.add(names[at++], field.value);
    }
  }
}

}  // namespace tocsin::ingest::json
