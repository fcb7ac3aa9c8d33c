// JsonReader: walks one JSON text token by token without building a tree; what JSON log readers run on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tocsin::wire {

// Why a text is not JSON (RFC 8259) or is beyond the limits.
enum class JsonFault : std::uint8_t {
  none,
  empty,              // nothing but whitespace
  encoding,           // ill-formed UTF-8
  control_character,  // a raw control character inside a string
  unclosed_string,
  grammar,
  too_deep,  // beyond limits::nesting_max
  too_long,  // beyond limits::record_bytes_max
};
std::string_view fault_text(JsonFault fault);

enum class JsonToken : std::uint8_t {
  begin_object,
  end_object,
  begin_array,
  end_array,
  key,
  string,
  number,
  true_value,
  false_value,
  null_value,
  end,    // the text was whole and right
  fault,  // see fault(); next() then returns it for ever
};

// Reusable; not thread-safe. Structure is found by simdjson's SIMD pass (which checks UTF-8 and control characters for
// the whole text in open()); the grammar is checked as tokens are read. Nothing is copied: text() points into the text,
// still escaped. Memory: four bytes for each byte of the longest text, kept for texts up to kept_bytes.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // `text` must outlive the walk. Needs no padding behind it.
  JsonFault open(std::string_view text);

  JsonToken next();

  // Of the last token: a key or string between its quotes, as escaped in the text; a number exactly as written.
  std::string_view text() const { return token_; }
  // Where the last token begins, in bytes from the start of the text.
  std::size_t offset() const { return at_ == 0 ? 0 : positions_[at_ - 1]; }
  JsonFault fault() const { return fault_; }

 private:
  enum class State : std::uint8_t { value, first_member, first_item, after_value, ended };
  struct Structure;
  static constexpr std::size_t kept_bytes = std::size_t{2} << 20;

  char peek() const { return at_ < count_ ? text_[positions_[at_]] : '\0'; }
  JsonToken read_key();
  JsonToken read_value();
  JsonToken open_container(bool object);
  JsonToken close_container(bool object);
  JsonToken fail(JsonFault fault) {
    fault_ = fault;
    state_ = State::ended;
    return JsonToken::fault;
  }
  // The text from the current position to the next one, without the whitespace behind it; advances.
  std::string_view take();

  std::unique_ptr<Structure> structure_;
  const char* text_ = nullptr;
  const std::uint32_t* positions_ = nullptr;  // positions_[count_] is the length of the text
  std::uint32_t count_ = 0;
  std::uint32_t at_ = 0;
  std::uint32_t depth_ = 0;
  std::uint64_t objects_ = 0;  // bit d: the container at depth d is an object
  State state_ = State::ended;
  JsonFault fault_ = JsonFault::none;
  std::string_view token_;
};

inline std::string_view JsonReader::take() {
  const char* begin = text_ + positions_[at_];
  const char* end = text_ + positions_[at_ + 1];
  ++at_;
  while (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t') {
    --end;
  }
  return {begin, static_cast<std::size_t>(end - begin)};
}

inline JsonToken JsonReader::read_key() {
  if (peek() != '"') {
    return fail(JsonFault::grammar);
  }
  const std::string_view quoted = take();
  if (quoted.size() < 2 || quoted.back() != '"' || peek() != ':') {
    return fail(JsonFault::grammar);
  }
  ++at_;
  token_ = quoted.substr(1, quoted.size() - 2);
  state_ = State::value;
  return JsonToken::key;
}

inline JsonToken JsonReader::next() {
  switch (state_) {
    case State::value:
      return read_value();
    case State::first_member:
      return peek() == '}' ? close_container(true) : read_key();
    case State::first_item:
      return peek() == ']' ? close_container(false) : read_value();
    case State::after_value: {
      if (depth_ == 0) {
        if (at_ < count_) {
          return fail(JsonFault::grammar);
        }
        state_ = State::ended;
        return JsonToken::end;
      }
      const bool object = ((objects_ >> (depth_ - 1)) & 1) != 0;
      const char c = peek();
      if (c == ',') {
        ++at_;
        return object ? read_key() : read_value();
      }
      if (c == (object ? '}' : ']')) {
        return close_container(object);
      }
      return fail(JsonFault::grammar);
    }
    case State::ended:
      break;
  }
  return fault_ == JsonFault::none ? JsonToken::end : JsonToken::fault;
}

// What unescape_json() made of an escaped text.
struct Unescaped {
  std::size_t bytes = 0;
  bool valid = true;       // false: an escape that RFC 8259 does not know
  bool repaired = false;   // a lone surrogate became U+FFFD
  bool by_number = false;  // a character was written as \uXXXX
};

inline bool has_escape(std::string_view text) { return text.find('\\') != std::string_view::npos; }

// Resolves the escapes of a key or string. Writes at most escaped.size() bytes to `out`, which must have room for
// escaped.size() + unescape_slack (bytes are copied in blocks).
inline constexpr std::size_t unescape_slack = 16;
Unescaped unescape_json(std::string_view escaped, char* out);

// A copy in which raw control characters inside strings are written as escapes (JsonFault::control_character).
std::string escape_controls(std::string_view text);

}  // namespace tocsin::wire
