// Arbitrary text as claims: whatever is read, no act leaves its speaker's column, none is lost, and the matrix is JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attribution/matrix_json.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  attribution::Reader reader;
  if (const auto read = reader.read({reinterpret_cast<const char*>(data), size}, "input"); !read) {
    check(!read.error().message.empty(), "an error says what is wrong");
  }
  const attribution::Record record = reader.finish();
  const attribution::Matrix matrix = attribution::claim_matrix(record);
  for (const attribution::Row& row : matrix.rows) {
    for (const attribution::Cell& cell : row.cells) {
      for (const attribution::Entry& entry : cell.entries) {
        check(attribution::speaker_of(record.acts[entry.act]) == cell.nation, "an act stands in its speaker's column");
        const auto* claim = std::get_if<attribution::Attribution>(&record.acts[entry.claim]);
        check(claim != nullptr && claim->object.ref == row.object, "a row holds claims about its object");
      }
    }
  }
  std::string text;
  wire::JsonWriter writer(text);
  attribution::write_matrix(record, matrix, writer);
  check(wire::parse_json(text).has_value() || text.size() > (std::size_t{1} << 20), "the matrix is JSON");
  return 0;
}
