// A page as lines: what is shown as text, block by block; navigation, scripts and hidden parts are set aside.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/limits.h"
#include "speech/lines.h"
#include "wire/html.h"

namespace tocsin::speech {
namespace {

using wire::HtmlToken;

// ELEMENT lists: sorted by use, not by name; each is looked up by a short scan.
constexpr std::string_view set_aside[] = {"script", "style",  "noscript", "template", "nav",    "footer",   "aside",
                                          "form",   "button", "select",   "svg",      "iframe", "object",   "textarea",
                                          "video",  "audio",  "canvas",   "dialog",   "xmp",    "noframes", "noembed"};
constexpr std::string_view blocks[] = {"p",       "div",     "section", "article",    "main",   "header", "ul",
                                       "ol",      "li",      "table",   "tr",         "td",     "th",     "blockquote",
                                       "pre",     "figure",  "hr",      "figcaption", "dl",     "dt",     "dd",
                                       "address", "details", "summary", "body",       "center", "h1",     "h2",
                                       "h3",      "h4",      "h5",      "h6",         "title",  "thead",  "tbody"};
constexpr std::string_view voids[] = {"br",   "hr",  "img",   "input",  "meta",  "link", "area",
                                      "base", "col", "embed", "source", "track", "wbr"};
// Words in class or id that name parts around a text.
constexpr std::string_view around[] = {"cookie",     "breadcrumb", "share-",    "sharing", "social",
                                       "newsletter", "related",    "skip-link", "sr-only", "visually-hidden"};

template <std::size_t size>
bool contains(const std::string_view (&list)[size], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool is_heading(std::string_view name) {
  return name == "title" || (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6');
}

std::string reason_to_set_aside(const HtmlToken& tag) {
  if (contains(voids, tag.name) || tag.name == "body" || tag.name == "html" || tag.name == "main") {
    return {};
  }
  if (contains(set_aside, tag.name)) {
    return "not text of the page: <" + tag.name + ">";
  }
  if (tag.has("hidden") || tag.attribute("aria-hidden") == "true") {
    return "hidden on the page";
  }
  std::string style = ascii_lower(tag.attribute("style"));
  style.erase(std::remove_if(style.begin(), style.end(), ascii_space), style.end());
  if (style.find("display:none") != std::string::npos || style.find("visibility:hidden") != std::string::npos) {
    return "hidden on the page";
  }
  const std::string named = ascii_lower(tag.attribute("class")) + " " + ascii_lower(tag.attribute("id"));
  for (const std::string_view word : around) {
    if (named.find(word) != std::string::npos) {
      return "around the text: class or id says \"" + std::string(word) + "\"";
    }
  }
  return {};
}

// Gathers text into lines.
class Page {
 public:
  Page(std::string_view text, Lines& out) : reader_(text), out_(out) {}

  // False where a part that is set aside was never closed: its element's name is then in unclosed().
  bool read(std::string_view never_set_aside) {
    HtmlToken token;
    while (reader_.next(token) && out_.lines.size() < limits::lines_max) {
      if (token.kind == HtmlToken::Kind::text) {
        take_text(token.text);
      } else if (!skipping_.empty()) {
        inside_set_aside(token);
      } else if (token.kind == HtmlToken::Kind::start) {
        start(token, never_set_aside);
      } else {
        end(token);
      }
    }
    flush(true);
    return skipping_.empty();
  }
  const std::string& unclosed() const { return skipping_; }

 private:
  void take_text(std::string_view text) {
    if (!skipping_.empty()) {
      skipped_text_ += skipped_text_.size() < skipped_bytes_max ? text.substr(0, skipped_bytes_max) : "";
    } else if (in_mark_) {
      mark_text_ += text;
    } else {
      text_ += text;
    }
    line_ += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  void inside_set_aside(const HtmlToken& token) {
    if (token.name == "main" || token.name == "article") {
      finish_skip();  // a text begins: the part before it was left open
      end_block();
    } else if (token.name == skipping_ && !token.self_closing) {
      depth_ += token.kind == HtmlToken::Kind::start ? 1 : 0;
      depth_ -= token.kind == HtmlToken::Kind::end ? 1 : 0;
      if (depth_ == 0) {
        finish_skip();
      }
    }
  }

  void finish_skip() {
    const std::string text = fold_characters(skipped_text_);
    const std::string joined = join_lines({text});
    if (!joined.empty() && skipping_ != "script" && skipping_ != "style") {
      out_.drop(line_, joined, reason_);
    }
    skipping_.clear();
    skipped_text_.clear();
  }

  void start(const HtmlToken& tag, std::string_view never_set_aside) {
    const std::string reason = tag.name == never_set_aside ? std::string() : reason_to_set_aside(tag);
    if (!reason.empty() && !tag.self_closing) {
      flush(true);
      skipping_ = tag.name;
      reason_ = reason;
      depth_ = 1;
      return;
    }
    if (tag.name == "sup") {
      in_mark_ = true;
      return;
    }
    if (tag.name == "br") {
      flush(false);
    } else if (contains(blocks, tag.name)) {
      end_block();
      heading_ = is_heading(tag.name);
    }
    if (tag.name == "ol") {
      ++lists_;
      const auto first = parse_uint64(tag.attribute("start"));
      item_ = lists_ == 1 && tag.attribute("type").empty() ? (first && *first < 1000 ? *first : 1) : item_;
      plain_list_ = lists_ == 1 ? tag.attribute("type").empty() || tag.attribute("type") == "1" : plain_list_;
    } else if (tag.name == "ul") {
      ++lists_;
    } else if (tag.name == "li" && lists_ == 1 && plain_list_) {
      text_ += std::to_string(item_++) + ". ";
    }
  }

  void end(const HtmlToken& tag) {
    if (tag.name == "sup" && in_mark_) {
      in_mark_ = false;
      const std::string mark(trim(mark_text_));
      const bool digits = !mark.empty() && std::all_of(mark.begin(), mark.end(), [](char c) {
        return ascii_digit(c) || c == '[' || c == ']' || c == '*';
      });
      if (digits) {
        out_.drop(line_, mark, "mark of a footnote");
      } else {
        text_ += mark_text_;
      }
      mark_text_.clear();
      return;
    }
    if (tag.name == "ol" || tag.name == "ul") {
      lists_ -= lists_ > 0 ? 1 : 0;
      plain_list_ = plain_list_ && lists_ > 0;
    }
    if (contains(blocks, tag.name)) {
      end_block();
      heading_ = false;
    }
  }

  void end_block() { flush(true); }

  // What was gathered becomes lines: line ends of the source are kept, as a hyphen before one may be a broken word.
  void flush(bool blank) {
    if (blank && in_mark_) {  // never closed
      text_ += mark_text_;
      mark_text_.clear();
      in_mark_ = false;
    }
    const std::string folded = fold_characters(text_);
    text_.clear();
    std::string_view rest = folded;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!line.empty()) {
        out_.lines.push_back({.text = std::string(line), .number = line_, .heading = heading_});
      }
    }
    if (blank && !out_.lines.empty() && !out_.lines.back().text.empty()) {
      out_.lines.push_back({.text = {}, .number = line_});
    }
  }

  static constexpr std::size_t skipped_bytes_max = 4096;
  wire::HtmlReader reader_;
  Lines& out_;
  std::string text_;
  std::string mark_text_;
  std::string skipped_text_;
  std::string skipping_;  // the element that is being set aside
  std::string reason_;
  std::size_t depth_ = 0;
  std::size_t lists_ = 0;
  std::uint64_t item_ = 1;
  std::size_t line_ = 1;
  bool plain_list_ = false;
  bool heading_ = false;
  bool in_mark_ = false;
};

}  // namespace

void append_html_lines(std::string_view text, Lines& out) {
  Lines first = out;
  Page page(text, first);
  if (page.read("")) {
    out = std::move(first);
    return;
  }
  // A part was opened and never closed: reading it as text is the smaller evil, as nothing is lost then.
  Page again(text, out);
  again.read(page.unclosed());
}

}  // namespace tocsin::speech
