#include "wire/csv.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/byte_places.h"
#include "base/limits.h"

namespace tocsin::wire {
namespace {

// Rows without quotes and with at most so many delimiters are cut at once.
constexpr std::size_t places_max = 256;
static_assert(places_max < limits::event_fields_max);

enum class ScanEnd : std::uint8_t { row, open, malformed };

struct Scan {
  std::size_t bytes = 0;
  std::size_t fields = 1;
  std::size_t lines = 1;
  bool strict = true;  // no text stands after a closing quote
  ScanEnd end = ScanEnd::row;
};

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Walks one row by its quotes, over lines where a quoted field holds line endings.
Scan scan_row(std::string_view text, char delimiter) {
  Scan scan;
  std::size_t at = 0;
  for (;;) {
    if (at < text.size() && text[at] == '"') {
      ++at;
      for (;;) {
        const std::size_t quote = text.find('"', at);
        if (quote == std::string_view::npos) {
          scan.end = ScanEnd::open;
          return scan;
        }
        scan.lines += count_lines(text.substr(at, quote - at));
        at = quote + 1;
        if (at < text.size() && text[at] == '"') {
          ++at;
          continue;
        }
        if (at == text.size() || text[at] == delimiter || text[at] == '\n' || text[at] == '\r') {
          break;
        }
        scan.strict = false;
        if (scan.lines > 1) {
          scan.end = ScanEnd::malformed;
          return scan;
        }
      }
    }
    while (at < text.size() && text[at] != delimiter && text[at] != '\n') {
      ++at;
    }
    if (at == text.size()) {
      scan.bytes = at;
      return scan;
    }
    if (text[at] == '\n') {
      scan.bytes = at + 1;
      return scan;
    }
    ++at;
    ++scan.fields;
  }
}

// True where this line alone is a row, so that a quote left open before it must have been a mistake.
bool stands_alone(std::string_view line, const CsvShape& shape) {
  if (shape.comment != '\0' && line.starts_with(shape.comment)) {
    return true;
  }
  const Scan scan = scan_row(line, shape.delimiter);
  return scan.end == ScanEnd::row && scan.strict && scan.lines == 1 &&
         (shape.columns == 0 ? scan.fields > 1 : scan.fields == shape.columns);
}

}  // namespace

CsvRow next_csv_row(std::string_view text, const CsvShape& shape, bool last) {
  CsvRow row;
  const std::size_t newline = text.find('\n');
  if (newline == std::string_view::npos && !last) {
    row.end = CsvEnd::more;
    return row;
  }
  const std::size_t first = newline == std::string_view::npos ? text.size() : newline + 1;
  row.bytes = first;
  if (first == 0 || std::memchr(text.data(), '"', first) == nullptr ||
      (shape.comment != '\0' && text.front() == shape.comment)) {
    return row;
  }
  const std::string_view window = text.substr(0, std::max(first, limits::csv_row_bytes_max));
  const bool all = window.size() == text.size();
  const Scan scan = scan_row(window, shape.delimiter);
  if (scan.end == ScanEnd::row && (scan.lines == 1 || shape.columns == 0 || scan.fields == shape.columns)) {
    row.bytes = scan.bytes;
    row.lines = scan.lines;
    return row;
  }
  if (scan.end == ScanEnd::open && all && !last) {
    row.end = CsvEnd::more;
    return row;
  }
  row.end = CsvEnd::unclosed;
  std::size_t at = first;
  std::size_t lines = 1;
  while (at < window.size()) {
    const std::size_t end = window.find('\n', at);
    if (end == std::string_view::npos && !(all && last)) {
      break;
    }
    const std::size_t next = end == std::string_view::npos ? window.size() : end + 1;
    if (stands_alone(window.substr(at, next - at), shape)) {
      row.bytes = at;
      row.lines = lines;
      return row;
    }
    at = next;
    ++lines;
  }
  if (all && !last) {
    row.end = CsvEnd::more;
    return row;
  }
  row.bytes = at;
  row.lines = lines;
  return row;
}

void split_csv_row(std::string_view row, char delimiter, Arena& arena, std::vector<CsvField>& out) {
  out.clear();
  std::array<std::uint32_t, places_max> places;
  if (const auto count = byte_places(row, delimiter, '"', places)) {
    std::size_t begin = 0;
    for (const std::uint32_t end : std::span(places).first(*count)) {
      out.push_back({row.substr(begin, end - begin), false});
      begin = end + 1;
    }
    out.push_back({row.substr(begin), false});
    return;
  }
  const bool quotes = std::memchr(row.data(), '"', row.size()) != nullptr;
  std::size_t at = 0;
  for (;;) {
    CsvField field;
    if (quotes && at < row.size() && row[at] == '"') {
      field.quoted = true;
      const std::size_t begin = ++at;
      bool doubled = false;
      std::size_t end = row.size();
      for (;;) {
        const std::size_t quote = row.find('"', at);
        if (quote == std::string_view::npos) {
          at = row.size();
          break;
        }
        at = quote + 1;
        if (at < row.size() && row[at] == '"') {
          doubled = true;
          ++at;
          continue;
        }
        if (at == row.size() || row[at] == delimiter) {
          end = quote;
          break;
        }
      }
      const std::string_view inside = row.substr(begin, end - begin);
      if (doubled) {
        char* copy = arena.allocate(inside.size());
        std::size_t length = 0;
        for (std::size_t i = 0; i < inside.size(); ++i) {
          copy[length++] = inside[i];
          i += inside[i] == '"' && i + 1 < inside.size() && inside[i + 1] == '"' ? 1 : 0;
        }
        field.text = {copy, length};
      } else {
        field.text = inside;
      }
    } else {
      const std::size_t end =
          out.size() + 1 == limits::event_fields_max ? std::string_view::npos : row.find(delimiter, at);
      const std::size_t begin = at;
      at = end == std::string_view::npos ? row.size() : end;
      field.text = row.substr(begin, at - begin);
    }
    out.push_back(field);
    if (at >= row.size() || out.size() == limits::event_fields_max) {
      return;
    }
    ++at;
  }
}

}  // namespace tocsin::wire
