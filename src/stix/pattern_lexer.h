// PatternLexer: cuts the text of a STIX pattern into words, numbers, literals and signs, one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::stix {

struct Token {
  enum class Kind : std::uint8_t {
    end,
    word,       // identifier or keyword; may hold hyphens
    integer,    // sign and digits
    real,       // sign, digits and a point
    string,     // '…'; `text` with its quotes
    hex,        // h'…'
    binary,     // b'…'
    timestamp,  // t'…'
    sign,       // one of = == != <> < <= > >= : . , ( ) [ ] *
    wrong,      // error() says what
  };
  Kind kind = Kind::end;
  std::string_view text;
  std::size_t offset = 0;

  bool is(std::string_view sign) const { return kind == Kind::sign && text == sign; }
  bool is_word(std::string_view word) const { return kind == Kind::word && text == word; }
};

// Borrows the text, which must be UTF-8 without errors. Longest match, as the published grammar; whitespace and
// comments are skipped. After a wrong token every further one is `wrong`.
class PatternLexer {
 public:
  explicit PatternLexer(std::string_view text) : text_(text) {}
  Token next();
  const std::string& error() const { return error_; }
  const std::string& hint() const { return hint_; }

 private:
  void skip_blank();
  Token quoted(Token::Kind kind, std::size_t start, std::size_t quote);
  Token number(std::size_t start);
  Token wrong(std::size_t start, std::string error, std::string hint);

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::string error_, hint_;
};

// Line and column of an offset, both from 1; a column is a code point.
Where where_in(std::string_view text, std::size_t offset);

}  // namespace tocsin::stix
