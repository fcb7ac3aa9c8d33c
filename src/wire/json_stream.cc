#include "wire/json_stream.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::wire {

namespace {

// RFC 8259 §6; of a text that was cut only the beginning is known.
bool is_number(std::string_view text) {
  const auto digits = [&] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) {
    text.remove_prefix(1);
  }
  const bool zero = text.starts_with('0');
  if (const std::size_t count = digits(); count == 0 || (zero && count > 1)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) {
      return false;
    }
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(text.size() > 1 && (text[1] == '+' || text[1] == '-') ? 2 : 1);
    if (digits() == 0) {
      return false;
    }
  }
  return text.empty();
}

}  // namespace

JsonStream::JsonStream(ByteSource& source, std::size_t text_bytes_max)
    : source_(source), text_bytes_max_(text_bytes_max), buffer_(std::size_t{256} << 10) {}

std::unexpected<Error> JsonStream::fail(std::string message, ErrorCode code) {
  failed_ = Error{code, std::move(message), {.line = line_}, {}};
  finished_ = true;
  return std::unexpected(*failed_);
}

// The next byte, or -1 at the end.
int JsonStream::peek() {
  if (at_ == end_) {
    if (finished_) {
      return -1;
    }
    auto got = source_.read(buffer_);
    if (!got) {
      failed_ = got.error();
      finished_ = true;
      return -1;
    }
    at_ = 0;
    end_ = *got;
    if (end_ == 0) {
      finished_ = true;
      return -1;
    }
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

bool JsonStream::skip_blanks() {
  for (int c = peek(); c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0x1E; c = peek()) {
    line_ += c == '\n' ? 1 : 0;
    skip();
  }
  return peek() >= 0;
}

void JsonStream::put(std::string_view bytes) {
  const std::size_t room = text_bytes_max_ - text_.size();
  if (bytes.size() > room) {
    text_cut_ = true;
    bytes = bytes.substr(0, room);
  }
  text_.append(bytes);
}

Result<void> JsonStream::read_string() {
  skip();
  text_.clear();
  text_cut_ = false;
  char32_t high = 0;
  for (;;) {
    if (peek() < 0) {
      return fail("the text ends inside a string", ErrorCode::truncated);
    }
    std::size_t run = at_;
    while (run < end_ && buffer_[run] != '"' && buffer_[run] != '\\' &&
           static_cast<unsigned char>(buffer_[run]) >= 0x20) {
      ++run;
    }
    if (run > at_) {
      if (high != 0) {
        put("\xEF\xBF\xBD");
        high = 0;
      }
      put(std::string_view(buffer_.data() + at_, run - at_));
      at_ = run;
      continue;
    }
    const int c = peek();
    if (c < 0x20) {
      return fail("a control character inside a string");
    }
    skip();
    if (c == '"') {
      if (high != 0) {
        put("\xEF\xBF\xBD");
      }
      return {};
    }
    const int escape = peek();
    skip();
    std::string bytes;
    switch (escape) {
      case '"':
      case '\\':
      case '/':
        bytes = static_cast<char>(escape);
        break;
      case 'b':
        bytes = '\b';
        break;
      case 'f':
        bytes = '\f';
        break;
      case 'n':
        bytes = '\n';
        break;
      case 'r':
        bytes = '\r';
        break;
      case 't':
        bytes = '\t';
        break;
      case 'u': {
        char32_t unit = 0;
        for (int i = 0; i < 4; ++i) {
          const int digit = peek();
          const char low = ascii_lower(static_cast<char>(digit));
          if (digit < 0 || !(ascii_digit(low) || (low >= 'a' && low <= 'f'))) {
            return fail("\\u without four hexadecimal digits");
          }
          unit = unit * 16 + static_cast<char32_t>(ascii_digit(low) ? low - '0' : low - 'a' + 10);
          skip();
        }
        if (unit >= 0xDC00 && unit < 0xE000 && high != 0) {
          append_utf8(bytes, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
          high = 0;
        } else {
          if (high != 0) {
            put("\xEF\xBF\xBD");
            high = 0;
          }
          if (unit >= 0xD800 && unit < 0xDC00) {
            high = unit;
            continue;
          }
          append_utf8(bytes, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
        }
        break;
      }
      default:
        return fail("an escape that JSON does not know");
    }
    if (high != 0) {
      put("\xEF\xBF\xBD");
      high = 0;
    }
    put(bytes);
  }
}

void JsonStream::after_value() { expect_ = open_.empty() ? Expect::value : Expect::after_value; }

Result<JsonStream::Token> JsonStream::read_word(std::string_view rest, Token token) {
  for (const char c : rest) {
    if (peek() != static_cast<unsigned char>(c)) {
      return fail("neither true, false nor null");
    }
    skip();
  }
  after_value();
  return token;
}

Result<JsonStream::Token> JsonStream::read_value() {
  const int c = peek();
  switch (c) {
    case '{':
    case '[':
      if (open_.size() >= limits::nesting_max) {
        return fail("nested too deep", ErrorCode::limit);
      }
      skip();
      open_ += static_cast<char>(c);
      expect_ = c == '{' ? Expect::first_key : Expect::first_item;
      return c == '{' ? Token::begin_object : Token::begin_array;
    case '"':
      TRY_VOID(read_string());
      after_value();
      return Token::string;
    case 't':
      return read_word("true", Token::true_value);
    case 'f':
      return read_word("false", Token::false_value);
    case 'n':
      return read_word("null", Token::null_value);
    default:
      break;
  }
  if (c != '-' && !(c >= '0' && c <= '9')) {
    return fail("a value was expected here");
  }
  text_.clear();
  text_cut_ = false;
  for (int d = c; (d >= '0' && d <= '9') || d == '-' || d == '+' || d == '.' || d == 'e' || d == 'E'; d = peek()) {
    const char byte = static_cast<char>(d);
    put({&byte, 1});
    skip();
  }
  if (!is_number(text_)) {
    return fail("a number is not written as JSON has it");
  }
  after_value();
  return Token::number;
}

Result<JsonStream::Token> JsonStream::close(char bracket) {
  skip();
  open_.pop_back();
  after_value();
  return bracket == '}' ? Token::end_object : Token::end_array;
}

Result<JsonStream::Token> JsonStream::next() {
  if (failed_) {
    return std::unexpected(*failed_);
  }
  if (!skip_blanks()) {
    if (failed_) {
      return std::unexpected(*failed_);
    }
    if (!open_.empty()) {
      return fail("the text ends inside an object or array", ErrorCode::truncated);
    }
    return Token::end;
  }
  if (expect_ == Expect::after_value) {
    const int c = peek();
    if (c == ',') {
      skip();
      expect_ = open_.back() == '{' ? Expect::key : Expect::value;
      if (!skip_blanks()) {
        return fail("the text ends inside an object or array", ErrorCode::truncated);
      }
    } else if (c == (open_.back() == '{' ? '}' : ']')) {
      return close(static_cast<char>(c));
    } else {
      return fail(open_.back() == '{' ? "',' or '}' was expected here" : "',' or ']' was expected here");
    }
  }
  const int c = peek();
  if ((expect_ == Expect::first_key && c == '}') || (expect_ == Expect::first_item && c == ']')) {
    return close(static_cast<char>(c));
  }
  if (expect_ == Expect::first_key || expect_ == Expect::key) {
    if (c != '"') {
      return fail("a name in quotes was expected here");
    }
    TRY_VOID(read_string());
    if (!skip_blanks() || peek() != ':') {
      return fail("':' was expected here");
    }
    skip();
    expect_ = Expect::value;
    return Token::key;
  }
  return read_value();
}

}  // namespace tocsin::wire
