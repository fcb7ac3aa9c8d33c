#include "ingest/text/columns.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::ingest {

std::size_t find_column(const Columns& columns, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < columns.names.size(); ++i) {
      if (ascii_iequals(columns.names[i], name)) {
        return i;
      }
    }
  }
  return no_column;
}

bool read_header_line(std::string_view line, Columns& columns, std::string_view& fields) {
  const std::size_t colon = line.find(':');
  if (!line.starts_with('#') || colon == std::string_view::npos) {
    return false;
  }
  const std::string_view key = trim(line.substr(1, colon - 1));
  const std::string_view value = trim(line.substr(colon + 1)).substr(0, limits::field_name_bytes_max);
  if (ascii_iequals(key, "Fields")) {
    fields = trim(line.substr(colon + 1));
    return true;
  }
  if (ascii_iequals(key, "Software")) {
    columns.software = value;
  } else if (ascii_iequals(key, "Version")) {
    columns.version = value;
  } else if (ascii_iequals(key, "Log-type")) {
    columns.log_type = value;
  } else if (ascii_iequals(key, "Date")) {
    columns.date = value;
  } else if (ascii_iequals(key, "Time Format")) {
    columns.local_time = ascii_iequals(value, "Local");
  }
  return false;
}

std::vector<std::string> split_names(std::string_view list, char delimiter) {
  std::vector<std::string> names;
  while (!list.empty() && names.size() < limits::event_fields_max) {
    const std::size_t end = std::min(list.find(delimiter), list.size());
    const std::string_view name = trim(list.substr(0, end));
    if (!name.empty() || delimiter != ' ') {
      names.emplace_back(name);
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  while (!names.empty() && names.back().empty()) {
    names.pop_back();
  }
  return names;
}

bool BoundColumns::bind(const std::shared_ptr<const BlockContext>& context, event::FieldCache& fields) {
  if (context.get() == columns_.get()) {
    return false;
  }
  columns_ = std::dynamic_pointer_cast<const Columns>(context);
  ids_.clear();
  if (columns_ != nullptr) {
    for (std::size_t i = 0; i < columns_->names.size(); ++i) {
      const std::string& name = columns_->names[i];
      ids_.push_back(fields.id(name.empty() ? "column_" + std::to_string(i + 1) : name));
    }
  }
  return true;
}

}  // namespace tocsin::ingest
