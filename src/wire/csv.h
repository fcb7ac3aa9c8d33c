// CSV: cuts text into RFC 4180 rows and rows into fields, also where quotes are broken, in bounded memory and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/arena.h"

namespace tocsin::wire {

struct CsvShape {
  char delimiter = ',';
  // A line that begins with this character stands alone, whatever quotes it holds; '\0': there are none.
  char comment = '\0';
  // Number of fields of a row; 0: not known yet. Tells a field over several lines from a quote that was never closed.
  std::size_t columns = 0;
};

enum class CsvEnd : std::uint8_t {
  whole,     // the row is well-formed, or its line holds no quote that opens a field
  unclosed,  // a quote was never closed: the row was ended before the next line that is a row by itself
  more,      // the end cannot be told from this text alone
};

struct CsvRow {
  std::size_t bytes = 0;  // with the line ending
  std::size_t lines = 1;  // physical lines
  CsvEnd end = CsvEnd::whole;
};

// The row that text begins with. `last`: no text follows, so the answer is never `more`; otherwise text must end with a
// line ending. A quoted field spans at most limits::csv_row_bytes_max. Text after a closing quote is taken as if the
// quote were a part of the value, as long as the row is on one line. Cost: linear; over a whole input each byte is read
// a small constant number of times, whatever the quotes.
CsvRow next_csv_row(std::string_view text, const CsvShape& shape, bool last);

struct CsvField {
  std::string_view text;
  bool quoted = false;
};

// Splits one row (without its line ending) into fields; `out` is cleared first. Fields are views into the row, or into
// the arena where doubled quotes were undone. At most limits::event_fields_max fields: the last takes the rest.
void split_csv_row(std::string_view row, char delimiter, Arena& arena, std::vector<CsvField>& out);

}  // namespace tocsin::wire
