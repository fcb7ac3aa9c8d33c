// Drives the CSV row reader: every text is cut into rows that cover it, in blocks of any size, and rows into fields.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size < 2) {
    return 0;
  }
  wire::CsvShape shape;
  shape.columns = data[0] % 8;
  shape.delimiter = ",;\t|"[data[1] % 4];
  shape.comment = (data[1] & 0x80) != 0 ? '#' : '\0';
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  Arena arena;
  std::vector<wire::CsvField> fields;
  while (!text.empty()) {
    const wire::CsvRow row = wire::next_csv_row(text, shape, true);
    if (row.end == wire::CsvEnd::more || row.bytes == 0 || row.bytes > text.size()) {
      std::abort();
    }
    wire::split_csv_row(text.substr(0, row.bytes), shape.delimiter, arena, fields);
    if (fields.empty()) {
      std::abort();
    }
    text.remove_prefix(row.bytes);
  }
  return 0;
}
