#include "report/html/markup.h"

#include "report/visible.h"
#include "wire/json.h"

namespace tocsin::report::html {

void append_text(std::string& out, std::string_view text) {
  const std::string shown = visible(text);
  for (const char c : shown) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

Markup& Markup::element(std::string_view tag, std::string_view css_class, std::string_view value) {
  out_.append("<").append(tag);
  if (!css_class.empty()) {
    out_.append(" class=\"").append(css_class).append("\"");
  }
  out_ += '>';
  append_text(out_, value);
  out_.append("</").append(tag).append(">");
  return *this;
}

std::string_view state_class(verdict::State state) {
  switch (state) {
    case verdict::State::compromised:
      return "compromised";
    case verdict::State::attacked_no_sign_of_success:
      return "attacked";
    case verdict::State::no_sign_in_covered_period:
      return "clear";
    case verdict::State::not_checkable:
      return "unknown";
  }
  return "unknown";
}

void append_script_json_string(std::string& out, std::string_view text) {
  std::string json;
  wire::append_json_string(json, text);
  for (std::size_t at = 0; at < json.size(); ++at) {
    switch (json[at]) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        if (json.compare(at, 3, "\xE2\x80\xA8") == 0 || json.compare(at, 3, "\xE2\x80\xA9") == 0) {
          out += json[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
          at += 2;
        } else {
          out += json[at];
        }
    }
  }
}

}  // namespace tocsin::report::html
