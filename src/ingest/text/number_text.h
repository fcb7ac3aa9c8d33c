// Number text: tells whether a value may be passed on as a number, which is the grammar of JSON (RFC 8259 section 6).
#pragma once

#include <string_view>

#include "base/text.h"

namespace tocsin::ingest {

// "12", "-0.5", "1e9"; not "007", "+1", ".5", "nan" or "".
inline bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t before = at;
    while (at < text.size() && ascii_digit(text[at])) {
      ++at;
    }
    return at != before;
  };
  at += text.starts_with('-') ? 1 : 0;
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

}  // namespace tocsin::ingest
