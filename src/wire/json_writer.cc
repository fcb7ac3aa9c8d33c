#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "wire/json.h"

namespace tocsin::wire {
namespace {

// Bytes that cannot be copied as they are: controls, quote, backslash.
constexpr std::array<bool, 256> needs_escape = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) {
    table[i] = true;
  }
  table['"'] = true;
  table['\\'] = true;
  return table;
}();

void append_escaped(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
  }
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_runs(std::string& out, std::string_view text) {
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (needs_escape[static_cast<unsigned char>(text[at])]) {
      out.append(text, copied, at - copied);
      append_escaped(out, text[at]);
      copied = at + 1;
    }
  }
  out.append(text, copied, text.size() - copied);
}

}  // namespace

bool is_json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t before = at;
    while (at < text.size() && ascii_digit(text[at])) {
      ++at;
    }
    return at != before;
  };
  const std::size_t whole = at;
  if (!digits() || (text[whole] == '0' && at > whole + 1)) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) {
      return false;
    }
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    at += at < text.size() && (text[at] == '+' || text[at] == '-') ? 1 : 0;
    if (!digits()) {
      return false;
    }
  }
  return at == text.size();
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_ascii(text) || valid_utf8(text)) {
    append_runs(out, text);
  } else {
    append_runs(out, repair_utf8(text));
  }
  out += '"';
}

void JsonWriter::separate() {
  if (!first_) {
    out_ += ',';
  }
  first_ = false;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_ += '{';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_ += '[';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_ += ']';
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

// JSON has no infinities and no NaN: they become null.
JsonWriter& JsonWriter::number(double value) {
  if (!std::isfinite(value)) {
    return null();
  }
  separate();
  append_number(out_, value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

// Recursion is bounded by limits::nesting_max, which parse_json() keeps.
void write_json(const Json& json, JsonWriter& out) {
  switch (json.kind) {
    case Json::Kind::null:
      out.null();
      return;
    case Json::Kind::boolean:
      out.boolean(json.boolean);
      return;
    case Json::Kind::number:
      out.raw(json.text);
      return;
    case Json::Kind::string:
      out.string(json.text);
      return;
    case Json::Kind::array:
      out.begin_array();
      for (const Json& item : json.items) {
        write_json(item, out);
      }
      out.end_array();
      return;
    case Json::Kind::object:
      out.begin_object();
      for (const auto& [name, value] : json.members) {
        out.key(name);
        write_json(value, out);
      }
      out.end_object();
      return;
  }
}

}  // namespace tocsin::wire
