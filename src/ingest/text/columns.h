// Columns: the column names in force for the rows of a block, and what the header said beside them.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/field_table.h"
#include "ingest/format.h"

namespace tocsin::ingest {

struct Columns final : BlockContext {
  std::vector<std::string> names;
  char delimiter = ',';
  // Header lines of W3C and Exchange logs ("#Software: …"); empty where the log has none.
  std::string software;
  std::string version;
  std::string log_type;
  std::string date;
  bool local_time = false;  // "#Time Format: Local"
  std::string line;         // of a CSV header as written: a repeat of it is no row

  bool operator==(const Columns& other) const {
    return names == other.names && delimiter == other.delimiter && software == other.software &&
           version == other.version && log_type == other.log_type && date == other.date &&
           local_time == other.local_time && line == other.line;
  }
};

inline constexpr std::size_t no_column = ~std::size_t{0};
// Index of the first column with one of these names (case-insensitive, earlier names first), or no_column.
std::size_t find_column(const Columns& columns, std::span<const std::string_view> names);

inline std::size_t find_column(const Columns& columns, std::initializer_list<std::string_view> names) {
  return find_column(columns, std::span(names.begin(), names.size()));
}

// Reads one "#Key: value" header line into the metadata; true for "#Fields:", whose list is left in `fields`.
bool read_header_line(std::string_view line, Columns& columns, std::string_view& fields);

// Cuts a list of column names; blanks around names and empty names at the end are dropped.
std::vector<std::string> split_names(std::string_view list, char delimiter);

// A decoder's memory of the columns it met last, so that names become field ids once for each header and not for each
// block. Not thread-safe.
class BoundColumns {
 public:
  // True where the columns are other than before: bind what else hangs on them.
  bool bind(const std::shared_ptr<const BlockContext>& context, event::FieldCache& fields);
  // nullptr where the block has no columns.
  const Columns* columns() const { return columns_.get(); }
  std::size_t size() const { return ids_.size(); }
  event::FieldId id(std::size_t column) const { return ids_[column]; }

 private:
  std::shared_ptr<const Columns> columns_;
  std::vector<event::FieldId> ids_;
};

}  // namespace tocsin::ingest
