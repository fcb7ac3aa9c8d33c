// Strict JSON: the JSON that can be signed. One meaning, one spelling: no repeated names, no lone surrogates, integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/json.h"
#include "wire/json_reader.h"

namespace tocsin::consult {

// Why a text is no value that can be signed.
enum class Refusal : std::uint8_t {
  none,
  not_json,        // breaks RFC 8259: whoever sent it is told so
  not_object,      // the rest is JSON, but no entry: passed over
  repeated_name,   // an object names a member twice
  lone_surrogate,  // \ud800 without its other half
  no_integer,      // 1.0, 1e3, or beyond ±(2^53-1)
  too_deep,
  too_long,
};
// One sentence for people.
std::string_view explain(Refusal refusal);

struct StrictLimits {
  std::size_t levels = 0;
  std::size_t values = 0;  // values and names
};

// Reads one object. On anything but none `out` is unspecified. Refusals other than not_json are found in the order in
// which the text shows them; the grammar is checked up to the first.
Refusal read_strict(wire::JsonReader& reader, std::string_view text, const StrictLimits& limits, wire::Json& out);

// The whole number that a JSON number of the strict form stands for.
std::int64_t integer_of(const wire::Json& number);

// Appends the RFC 8785 form of a value that read_strict() gave, leaving out the member `without` of the object itself.
void append_canonical(std::string& out, const wire::Json& value, std::string_view without = {});

}  // namespace tocsin::consult
