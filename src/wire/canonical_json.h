// Canonical JSON (RFC 8785, JCS): the one text that a signature or an identifier is computed over, whatever the
// whitespace, order of names or spelling of numbers in which an object came.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json_reader.h"

namespace tocsin::wire {

// Reusable, for many texts without new memory each time. Not thread-safe. Memory: a small multiple of the longest text.
class CanonicalJson {
 public:
  // Appends the canonical form of a whole JSON text to `out`. What RFC 8785 section 3.1 (I-JSON, RFC 7493) cannot carry
  // is refused, never altered: a name that occurs twice in one object, a lone surrogate, ill-formed UTF-8, a number
  // beyond the doubles, and an integer that no double holds exactly. Limits: limits::nesting_max, record_bytes_max and
  // json_values_max. After an error nothing is left in `out` of this text; the error names the offset.
  //
  // `without` names one member to leave out, as the names on the way to it from the root: a signature covers its object
  // without its own value. Nothing is left out where the way ends at nothing.
  Result<void> append(std::string& out, std::string_view text, std::span<const std::string_view> without = {});

 private:
  struct Member {
    std::uint32_t name_begin, name_end;    // in names_
    std::uint32_t value_begin, value_end;  // in the text being written
    bool left_out;
  };
  struct Level {
    std::uint32_t first_member;
    std::uint32_t begin;      // in the text being written
    std::uint32_t way;        // names of `without` that led here; no_way where none did
    std::uint64_t separator;  // an array: whether an item stands already
    bool object;
  };
  static constexpr std::uint32_t no_way = ~std::uint32_t{0};

  Result<void> write(std::string& out, std::span<const std::string_view> without);
  Result<void> key(std::span<const std::string_view> without);
  Result<void> string(std::string& out);
  Result<void> end_object(std::string& out);
  void value_begins(std::string& out);
  void value_ends(const std::string& out);
  std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) const;

  JsonReader reader_;
  std::vector<Level> levels_;
  std::vector<Member> members_;
  std::string names_, unescaped_, sorted_;
  std::uint32_t next_way_ = no_way;
  std::size_t start_ = 0;
};

Result<std::string> canonical_json(std::string_view text, std::span<const std::string_view> without = {});

// A number as ECMAScript writes it (RFC 8785 section 3.2.2.3): the shortest digits that read back as the same double.
// Not for infinities and NaN, which JSON lacks.
void append_canonical_number(std::string& out, double value);
// Well-formed UTF-8 as a JSON string with its quotes, escaping only what RFC 8785 section 3.2.2.2 escapes.
void append_canonical_string(std::string& out, std::string_view text);
// The order of names: by UTF-16 code units (RFC 8785 section 3.2.3), of well-formed UTF-8.
bool utf16_less(std::string_view a, std::string_view b);

}  // namespace tocsin::wire
