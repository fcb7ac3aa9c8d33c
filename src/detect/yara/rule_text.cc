#include "detect/yara/rule_text.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::detect {
namespace {

constexpr bool word_character(char c) { return ascii_alpha(c) || ascii_digit(c) || c == '_'; }

constexpr bool string_sigil(char c) { return c == '$' || c == '#' || c == '@' || c == '!'; }

class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  std::vector<YaraItem> run() {
    while (next_token()) {
      if (depth_ == 0 || token_ == "rule") {
        outside();
      } else {
        inside();
      }
      if (token_ != "private" && token_ != "global") {
        modifiers_ = Modifiers{};
      }
    }
    end_open(text_.size(), false);
    return std::move(items_);
  }

 private:
  struct Modifiers {
    bool any = false, global = false;
    std::size_t begin = 0;
    std::uint32_t line = 1;
  };

  // A token is a word, a quoted text, or one other character; comments and regular expressions are read over.
  bool next_token() {
    for (;;) {
      skip_space();
      if (at_ == text_.size()) {
        return false;
      }
      begin_ = at_;
      token_line_ = line_;
      const char c = text_[at_];
      if (c == '/' && skip_comment()) {
        continue;
      }
      if (c == '"' || c == '/') {
        quoted_closed_ = skip_quoted(c);
      } else if (word_character(c) || string_sigil(c)) {
        ++at_;  // "$rule" is a string, not a rule
        while (at_ < text_.size() && word_character(text_[at_])) {
          ++at_;
        }
      } else {
        ++at_;
      }
      token_ = text_.substr(begin_, at_ - begin_);
      return true;
    }
  }

  void skip_space() {
    while (at_ < text_.size() && (ascii_space(text_[at_]) || text_[at_] == '\0')) {
      line_ += text_[at_++] == '\n' ? 1 : 0;
    }
  }

  bool skip_comment() {
    const std::string_view two = text_.substr(at_, 2);
    if (two == "//") {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return true;
    }
    if (two != "/*") {
      return false;
    }
    const std::size_t end = text_.find("*/", at_ + 2);
    const std::size_t stop = end == std::string_view::npos ? text_.size() : end + 2;
    for (; at_ < stop; ++at_) {
      line_ += text_[at_] == '\n' ? 1 : 0;
    }
    return true;
  }

  bool skip_quoted(char quote) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '\n') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        at_ += 2;
        continue;
      }
      if (text_[at_++] == quote) {
        return true;
      }
    }
    return false;
  }

  void outside() {
    if (token_ == "private" || token_ == "global") {
      if (!modifiers_.any) {
        end_open(begin_, false);
        modifiers_ = {.any = true, .global = false, .begin = begin_, .line = token_line_};
      }
      modifiers_.global = modifiers_.global || token_ == "global";
      return;
    }
    if (token_ == "rule") {
      begin_rule();
    } else if (token_ == "import" || token_ == "include") {
      named_item(token_ == "import" ? YaraItem::Kind::import : YaraItem::Kind::include);
    } else if (item_open_ && items_.back().kind == YaraItem::Kind::rule) {
      in_head();
    } else if (!item_open_) {
      open_item(YaraItem::Kind::stray, begin_, token_line_);
      items_.back().name = token_;
    }
  }

  // Between "rule" and its brace.
  void in_head() {
    YaraItem& item = items_.back();
    if (token_ == "{") {
      depth_ = 1;
    } else if (item.name.empty() && word_character(token_[0])) {
      item.name = token_;
    }
  }

  void inside() {
    if (token_ == "private" || token_ == "global") {
      // Of a string, or of the next rule where the brace before it is missing.
      if (!modifiers_.any) {
        modifiers_ = {.any = true, .global = false, .begin = begin_, .line = token_line_};
      }
      modifiers_.global = modifiers_.global || token_ == "global";
    } else if (token_ == "{") {
      ++depth_;
    } else if (token_ == "}" && --depth_ == 0) {
      close_item(at_, true);
    }
  }

  void begin_rule() {
    const std::size_t begin = modifiers_.any ? modifiers_.begin : begin_;
    const std::uint32_t line = modifiers_.any ? modifiers_.line : token_line_;
    end_open(begin, false);
    open_item(YaraItem::Kind::rule, begin, line);
    items_.back().global = modifiers_.global;
    depth_ = 0;
  }

  void named_item(YaraItem::Kind kind) {
    end_open(begin_, false);
    open_item(kind, begin_, token_line_);
    const std::size_t at = at_;
    const std::uint32_t line = line_;
    if (next_token() && token_[0] == '"') {
      items_.back().name = token_.substr(1, token_.size() - (quoted_closed_ ? 2 : 1));
      close_item(at_, quoted_closed_);
      return;
    }
    at_ = at;
    line_ = line;
    token_ = {};
    close_item(at_, false);
  }

  void open_item(YaraItem::Kind kind, std::size_t begin, std::uint32_t line) {
    item_begin_ = begin;
    item_open_ = true;
    items_.push_back({.kind = kind, .text = {}, .name = {}, .line = line, .last_line = line});
  }

  // A rule that is open where another begins has lost its brace; a stray text simply ends there.
  void end_open(std::size_t end, bool closed) {
    if (item_open_) {
      close_item(end, closed || items_.back().kind == YaraItem::Kind::stray);
    }
  }

  void close_item(std::size_t end, bool closed) {
    YaraItem& item = items_.back();
    item.text = text_.substr(item_begin_, end - item_begin_);
    while (!item.text.empty() && ascii_space(item.text.back())) {
      item.text.remove_suffix(1);
    }
    item.closed = closed;
    item.last_line = item.line;
    for (const char c : item.text) {
      item.last_line += c == '\n' ? 1 : 0;
    }
    item_open_ = false;
    depth_ = 0;
  }

  std::string_view text_;
  std::size_t at_ = 0, begin_ = 0, item_begin_ = 0;
  std::uint32_t line_ = 1, token_line_ = 1;
  std::string_view token_;
  bool quoted_closed_ = false, item_open_ = false;
  std::size_t depth_ = 0;
  Modifiers modifiers_;
  std::vector<YaraItem> items_;
};

}  // namespace

std::vector<YaraItem> cut_yara(std::string_view text) { return Cutter(text).run(); }

}  // namespace tocsin::detect
