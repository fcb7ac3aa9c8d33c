#include "stix/pattern_lexer.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::stix {
namespace {

bool word_start(char c) { return ascii_alpha(c) || c == '_'; }
bool word_part(char c) { return word_start(c) || ascii_digit(c) || c == '-'; }

// Section 9.4: code points with the property White_Space.
bool blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace

Where where_in(std::string_view text, std::size_t offset) {
  Where where;
  where.offset = offset;
  where.line = 1;
  where.column = 1;
  for (std::size_t at = 0; at < std::min(offset, text.size()); ++at) {
    if (text[at] == '\n') {
      ++where.line;
      where.column = 1;
    } else if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) {
      ++where.column;
    }
  }
  return where;
}

Token PatternLexer::wrong(std::size_t start, std::string error, std::string hint) {
  failed_ = true;
  error_ = std::move(error);
  hint_ = std::move(hint);
  return {Token::Kind::wrong, text_.substr(start, 1), start};
}

void PatternLexer::skip_blank() {
  while (at_ < text_.size()) {
    std::size_t after = at_;
    if (blank(next_code_point(text_, after))) {
      at_ = after;
    } else if (text_.substr(at_).starts_with("//")) {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    } else if (text_.substr(at_).starts_with("/*")) {
      const std::size_t close = text_.find("*/", at_ + 2);
      if (close == std::string_view::npos) {
        return;
      }
      at_ = close + 2;
    } else {
      return;
    }
  }
}

Token PatternLexer::quoted(Token::Kind kind, std::size_t start, std::size_t quote) {
  std::size_t at = quote + 1;
  while (at < text_.size() && text_[at] != '\'') {
    if (text_[at] == '\\') {
      if (at + 1 >= text_.size() || (text_[at + 1] != '\'' && text_[at + 1] != '\\')) {
        return wrong(at, "a backslash may only stand before ' or \\", "write \\\\ for one backslash");
      }
      ++at;
    }
    ++at;
  }
  if (at >= text_.size()) {
    return wrong(start, "the text is not closed", "end it with an apostrophe '");
  }
  at_ = at + 1;
  return {kind, text_.substr(start, at_ - start), start};
}

Token PatternLexer::number(std::size_t start) {
  std::size_t at = start;
  if (text_[at] == '+' || text_[at] == '-') {
    ++at;
  }
  const std::size_t digits = at;
  while (at < text_.size() && ascii_digit(text_[at])) {
    ++at;
  }
  if (at + 1 < text_.size() && text_[at] == '.' && ascii_digit(text_[at + 1])) {
    ++at;
    while (at < text_.size() && ascii_digit(text_[at])) {
      ++at;
    }
    at_ = at;
    return {Token::Kind::real, text_.substr(start, at - start), start};
  }
  if (at == digits) {
    return wrong(start, std::string("unexpected '") + text_[start] + "'", "a sign stands right before its number");
  }
  if (at > digits + 1 && text_[digits] == '0') {
    return wrong(start, "a number does not begin with 0", "leave the zeros out");
  }
  at_ = at;
  return {Token::Kind::integer, text_.substr(start, at - start), start};
}

Token PatternLexer::next() {
  if (failed_) {
    return {Token::Kind::wrong, {}, at_};
  }
  skip_blank();
  if (at_ >= text_.size()) {
    return {Token::Kind::end, {}, text_.size()};
  }
  const std::size_t start = at_;
  const char c = text_[start];
  const char after = start + 1 < text_.size() ? text_[start + 1] : '\0';
  if (after == '\'' && (c == 't' || c == 'h' || c == 'b')) {
    return quoted(c == 't'   ? Token::Kind::timestamp
                  : c == 'h' ? Token::Kind::hex
                             : Token::Kind::binary,
                  start, start + 1);
  }
  if (word_start(c)) {
    while (at_ < text_.size() && word_part(text_[at_])) {
      ++at_;
    }
    return {Token::Kind::word, text_.substr(start, at_ - start), start};
  }
  if (c == '\'') {
    return quoted(Token::Kind::string, start, start);
  }
  if (ascii_digit(c) || c == '+' || c == '-' || (c == '.' && ascii_digit(after))) {
    return number(start);
  }
  for (const std::string_view sign :
       {"==", "!=", "<>", "<=", ">=", "=", "<", ">", ":", ".", ",", "(", ")", "[", "]", "*"}) {
    if (text_.substr(start).starts_with(sign)) {
      at_ += sign.size();
      return {Token::Kind::sign, text_.substr(start, sign.size()), start};
    }
  }
  if (c == '/' && after == '*') {
    return wrong(start, "the comment is not closed", "end it with */");
  }
  if (c == '"') {
    return wrong(start, "unexpected '\"'", "texts stand between apostrophes: 'like this'");
  }
  std::size_t end = start;
  next_code_point(text_, end);
  return wrong(start, "unexpected '" + std::string(text_.substr(start, end - start)) + "'", "");
}

}  // namespace tocsin::stix
