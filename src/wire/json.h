// JSON: a bounded reader that keeps numbers exactly as written, and a small writer. The only door to simdjson.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tocsin::wire {

// A JSON value as an owned tree, for documents that are not on a hot path (indicators, tests, playbooks).
// RFC 8259. Object members keep their order; of duplicate names all are kept, find() gives the last.
struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;                                   // string value, or a number exactly as written
  std::vector<Json> items;                            // array
  std::vector<std::pair<std::string, Json>> members;  // object

  // Defined out of line: members holds pairs of this very type, which must be whole before they are made or destroyed.
  Json();
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  const Json* find(std::string_view name) const;
  // The text of a string member, or `otherwise`.
  std::string_view string_or(std::string_view name, std::string_view otherwise) const;
};

// Whole-document parse. Limits: limits::nesting_max levels, record_bytes_max bytes. Errors name the offset where it is
// known.
Result<Json> parse_json(std::string_view text);

// True where text is a number in JSON's grammar (RFC 8259 section 6) and so may be written bare: "12", "-0.5", "1e9";
// not "007", "+1", ".5", "nan" or "".
bool is_json_number(std::string_view text);

// Appends `text` as a JSON string with its quotes. Ill-formed UTF-8 becomes U+FFFD; control characters are escaped.
void append_json_string(std::string& out, std::string_view text);

// Writes JSON without whitespace. Calls must nest correctly; commas are its own business. Not thread-safe.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(int value) { return number(static_cast<std::int64_t>(value)); }
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // Text that is JSON already.
  JsonWriter& raw(std::string_view json);
  // key(name) and string(text).
  JsonWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }

 private:
  void separate();
  std::string& out_;
  bool first_ = true;
};

// The tree as it stands, members in their order, numbers as they were written.
void write_json(const Json& json, JsonWriter& out);

}  // namespace tocsin::wire
