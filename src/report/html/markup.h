// Building HTML text: escaping of evidence, and the small pieces that all sections share.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "verdict/verdict.h"

namespace tocsin::report::html {

// Appends `text` for element content or a quoted attribute: unsafe characters become visible (visible.h), then & < > "
// ' are escaped.
void append_text(std::string& out, std::string_view text);

// A page under construction. raw() takes markup of our own, text() anything that came from outside.
class Markup {
 public:
  Markup& raw(std::string_view markup) {
    out_.append(markup);
    return *this;
  }
  Markup& text(std::string_view value) {
    append_text(out_, value);
    return *this;
  }
  // <tag class="…">text</tag>; no class attribute where it is empty.
  Markup& element(std::string_view tag, std::string_view css_class, std::string_view value);
  std::string take() { return std::exchange(out_, {}); }
  std::string& buffer() { return out_; }

 private:
  std::string out_;
};

// CSS class of a state or level: "compromised", "attacked", "clear", "unknown".
std::string_view state_class(verdict::State state);

// `text` as a JSON string that may stand inside a script element: < > & and U+2028/9 as \u escapes.
void append_script_json_string(std::string& out, std::string_view text);

}  // namespace tocsin::report::html
