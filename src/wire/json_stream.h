// JsonStream: reads JSON of any length from a stream, token by token, in fixed memory; also several texts one after
// another (JSON lines).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tocsin::wire {

// RFC 8259, nested at most limits::nesting_max deep. Texts longer than the given limit are passed over: text() is then
// cut and text_cut() true. Cost: one pass over the bytes.
class JsonStream {
 public:
  enum class Token : std::uint8_t {
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
    end,
  };
  JsonStream(ByteSource& source, std::size_t text_bytes_max);

  // After an Error (syntax, encoding of escapes, limit, reading) the stream is at its end.
  Result<Token> next();
  // Of the last key, string or number; a key or string without its escapes.
  const std::string& text() const { return text_; }
  bool text_cut() const { return text_cut_; }
  std::size_t depth() const { return open_.size(); }
  std::uint64_t line() const { return line_; }

 private:
  enum class Expect : std::uint8_t { value, first_key, key, first_item, after_value };

  int peek();
  void skip() { ++at_; }
  bool skip_blanks();
  Result<void> read_string();
  Result<Token> read_value();
  Result<Token> read_word(std::string_view rest, Token token);
  Result<Token> close(char bracket);
  void after_value();
  std::unexpected<Error> fail(std::string message, ErrorCode code = ErrorCode::syntax);
  void put(std::string_view bytes);

  ByteSource& source_;
  std::size_t text_bytes_max_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, end_ = 0;
  bool finished_ = false;
  std::uint64_t line_ = 1;
  std::string open_;  // '{' and '['
  Expect expect_ = Expect::value;
  std::string text_;
  bool text_cut_ = false;
  std::optional<Error> failed_;
};

}  // namespace tocsin::wire
