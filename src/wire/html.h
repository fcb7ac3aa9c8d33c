// HTML as a flat row of tags and text: enough to read the words of a page in order, whatever state its markup is in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::wire {

struct HtmlToken {
  enum class Kind : std::uint8_t { text, start, end };
  Kind kind = Kind::text;
  std::string name;  // of the element, A–Z in lower case
  std::string text;  // character references are resolved
  std::vector<std::pair<std::string, std::string>> attributes;
  bool self_closing = false;

  // The value of an attribute, or an empty view.
  std::string_view attribute(std::string_view name) const;
  bool has(std::string_view name) const;
};

// Reads tokens in the order of the text, after the tokenisation of the HTML Standard (section 13.2.5) without building
// a tree: nesting costs nothing, so nothing can be nested too deep. Comments, doctypes and processing instructions are
// left out; the content of script, style, title and the like is one text. It never fails: any bytes are some HTML.
// Borrows the text. Cost: linear.
class HtmlReader {
 public:
  explicit HtmlReader(std::string_view text) : text_(text) {}
  // False at the end.
  bool next(HtmlToken& token);

 private:
  bool read_tag(HtmlToken& token);
  void read_attributes(HtmlToken& token);
  void skip_declaration();
  std::string_view text_;
  std::size_t at_ = 0;
  std::string raw_until_;      // the element whose content is text up to its end tag
  bool raw_resolves_ = false;  // whether character references count in it
};

// Replaces character references (&amp;, &#8217;, &#x2019;) by what they stand for.
std::string resolve_html_references(std::string_view text);
// Bytes of windows-1252 (what browsers read where a page says ISO-8859-1) as UTF-8.
std::string windows_1252_to_utf8(std::string_view bytes);

}  // namespace tocsin::wire
