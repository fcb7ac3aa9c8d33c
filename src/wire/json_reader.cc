#include "wire/json_reader.h"

#include <simdjson.h>

#include <array>
#include <cstring>

#include "base/limits.h"

namespace tocsin::wire {
namespace {

static_assert(limits::nesting_max <= 64, "the reader keeps one bit a level");

// Only the first pass of simdjson is used; it does not look at depth.
constexpr std::size_t unused_depth = 1;

bool number_grammar(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      ++at;
    }
    return at - begin;
  };
  if (at < text.size() && text[at] == '-') {
    ++at;
  }
  const std::size_t first = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) {
      return false;
    }
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      ++at;
    }
    if (digits() == 0) {
      return false;
    }
  }
  return at == text.size();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

// The value of the four hex digits at `at`, or -1.
int hex_unit(std::string_view text, std::size_t at) {
  if (text.size() - at < 4) {
    return -1;
  }
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0) {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

char* put_utf8(char* out, std::uint32_t c) {
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xC0 | (c >> 6));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *out++ = static_cast<char>(0xE0 | (c >> 12));
    *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | (c >> 18));
    *out++ = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  }
  return out;
}

// What a one-letter escape stands for; 0 where there is none.
constexpr std::array<char, 256> simple_escapes = [] {
  std::array<char, 256> table{};
  table['"'] = '"';
  table['\\'] = '\\';
  table['/'] = '/';
  table['b'] = '\b';
  table['f'] = '\f';
  table['n'] = '\n';
  table['r'] = '\r';
  table['t'] = '\t';
  return table;
}();

constexpr std::uint64_t repeated(std::uint8_t byte) { return 0x0101'0101'0101'0101ULL * byte; }

// Index of the first backslash among eight bytes, 8 where there is none.
std::size_t first_backslash(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, 8);
  word ^= repeated('\\');
  const std::uint64_t zero = (word - repeated(1)) & ~word & repeated(0x80);
  return zero == 0 ? 8 : static_cast<std::size_t>(__builtin_ctzll(zero)) / 8;
}

}  // namespace

std::string_view fault_text(JsonFault fault) {
  switch (fault) {
    case JsonFault::none:
      return "no fault";
    case JsonFault::empty:
      return "empty text";
    case JsonFault::encoding:
      return "ill-formed UTF-8";
    case JsonFault::control_character:
      return "a raw control character in a string";
    case JsonFault::unclosed_string:
      return "a string that does not end";
    case JsonFault::grammar:
      return "not JSON";
    case JsonFault::too_deep:
      return "nested too deeply";
    case JsonFault::too_long:
      return "too long";
  }
  return "not JSON";
}

struct JsonReader::Structure {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = 0;
};

JsonReader::JsonReader() : structure_(std::make_unique<Structure>()) {}
JsonReader::~JsonReader() = default;

JsonFault JsonReader::open(std::string_view text) {
  text_ = text.data();
  count_ = 0;
  at_ = 0;
  depth_ = 0;
  objects_ = 0;
  state_ = State::ended;
  token_ = {};
  if (text.empty()) {
    return fault_ = JsonFault::empty;
  }
  if (text.size() > limits::record_bytes_max) {
    return fault_ = JsonFault::too_long;
  }
  Structure& structure = *structure_;
  if (text.size() > structure.capacity || (structure.capacity > kept_bytes && text.size() <= kept_bytes)) {
    std::size_t capacity = std::size_t{64} << 10;
    while (capacity < text.size()) {
      capacity *= 2;
    }
    structure.capacity = 0;
    structure.parser.reset();
    const simdjson::error_code made = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity, unused_depth, structure.parser);
    if (made != simdjson::SUCCESS) {
      return fault_ = JsonFault::too_long;
    }
    structure.capacity = capacity;
  }
  const simdjson::error_code error = structure.parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()),
                                                              text.size(), simdjson::stage1_mode::regular);
  switch (error) {
    case simdjson::SUCCESS:
      break;
    case simdjson::UTF8_ERROR:
      return fault_ = JsonFault::encoding;
    case simdjson::UNESCAPED_CHARS:
      return fault_ = JsonFault::control_character;
    case simdjson::UNCLOSED_STRING:
      return fault_ = JsonFault::unclosed_string;
    case simdjson::EMPTY:
      return fault_ = JsonFault::empty;
    default:
      return fault_ = JsonFault::grammar;
  }
  positions_ = structure.parser->structural_indexes.get();
  count_ = structure.parser->n_structural_indexes;
  state_ = State::value;
  return fault_ = JsonFault::none;
}

JsonToken JsonReader::open_container(bool object) {
  if (depth_ == limits::nesting_max) {
    return fail(JsonFault::too_deep);
  }
  ++at_;
  const std::uint64_t bit = std::uint64_t{1} << depth_;
  objects_ = object ? objects_ | bit : objects_ & ~bit;
  ++depth_;
  state_ = object ? State::first_member : State::first_item;
  return object ? JsonToken::begin_object : JsonToken::begin_array;
}

JsonToken JsonReader::close_container(bool object) {
  ++at_;
  --depth_;
  state_ = State::after_value;
  return object ? JsonToken::end_object : JsonToken::end_array;
}

JsonToken JsonReader::read_value() {
  state_ = State::after_value;
  switch (peek()) {
    case '"': {
      const std::string_view quoted = take();
      if (quoted.size() < 2 || quoted.back() != '"') {
        return fail(JsonFault::grammar);
      }
      token_ = quoted.substr(1, quoted.size() - 2);
      return JsonToken::string;
    }
    case '{':
      return open_container(true);
    case '[':
      return open_container(false);
    case 't':
      token_ = take();
      return token_ == "true" ? JsonToken::true_value : fail(JsonFault::grammar);
    case 'f':
      token_ = take();
      return token_ == "false" ? JsonToken::false_value : fail(JsonFault::grammar);
    case 'n':
      token_ = take();
      return token_ == "null" ? JsonToken::null_value : fail(JsonFault::grammar);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      token_ = take();
      return number_grammar(token_) ? JsonToken::number : fail(JsonFault::grammar);
    default:
      return fail(JsonFault::grammar);
  }
}

Unescaped unescape_json(std::string_view escaped, char* out) {
  Unescaped result;
  char* const begin = out;
  std::size_t at = 0;
  while (at < escaped.size()) {
    if (escaped[at] != '\\') {
      if (escaped.size() - at >= 8) {
        // Eight bytes are copied whatever they hold; only those before a backslash count.
        std::memcpy(out, escaped.data() + at, 8);
        const std::size_t plain = first_backslash(escaped.data() + at);
        out += plain;
        at += plain;
      } else {
        *out++ = escaped[at++];
      }
      continue;
    }
    ++at;
    if (at == escaped.size()) {
      result.valid = false;
      break;
    }
    const char kind = escaped[at++];
    if (kind != 'u') {
      const char plain = simple_escapes[static_cast<unsigned char>(kind)];
      if (plain == '\0') {
        result.valid = false;
        break;
      }
      *out++ = plain;
      continue;
    }
    result.by_number = true;
    const int unit = hex_unit(escaped, at);
    if (unit < 0) {
      result.valid = false;
      break;
    }
    at += 4;
    auto code_point = static_cast<std::uint32_t>(unit);
    if (code_point >= 0xD800 && code_point < 0xE000) {
      const int low = code_point < 0xDC00 && escaped.substr(at).starts_with("\\u") ? hex_unit(escaped, at + 2) : -1;
      if (low >= 0xDC00 && low < 0xE000) {
        code_point = 0x10000 + ((code_point - 0xD800) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00);
        at += 6;
      } else {
        code_point = 0xFFFD;
        result.repaired = true;
      }
    }
    out = put_utf8(out, code_point);
  }
  result.bytes = static_cast<std::size_t>(out - begin);
  return result;
}

std::string escape_controls(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  out.reserve(text.size() + 64);
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!in_string) {
      in_string = c == '"';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
      if (c == '"') {
        in_string = false;
      } else if (c == '\\' && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0x20) {
        out += text[++at];
      }
    }
  }
  return out;
}

}  // namespace tocsin::wire
