#include "stix/bundle.h"

#include "stix/limits.h"

namespace tocsin::stix {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  Result<CutBundle> cut() {
    if (text_.size() > limits::bundle_bytes_max) {
      return wrong(ErrorCode::limit, "a bundle of more than 1 GiB");
    }
    CutBundle out;
    skip_blanks();
    if (peek() == '[') {
      TRY_VOID(items(out.objects));
      TRY_VOID(end());
      return out;
    }
    const std::size_t begin = at_;
    if (peek() != '{') {
      return wrong(ErrorCode::syntax, "not JSON: neither an object nor a list of objects");
    }
    std::size_t list_begin = 0, list_end = 0;
    ++at_;
    skip_blanks();
    while (peek() != '}') {
      TRY(const std::string_view name, string());
      skip_blanks();
      if (peek() != ':') {
        return wrong(ErrorCode::syntax, "not JSON: no colon after a name");
      }
      ++at_;
      skip_blanks();
      const std::size_t value = at_;
      if (name == "\"objects\"" && peek() == '[' && list_end == 0) {
        list_begin = at_;
        TRY_VOID(items(out.objects));
        list_end = at_;
      } else {
        TRY_VOID(skip_value());
        out.is_bundle = out.is_bundle || (name == "\"type\"" && text_.substr(value, at_ - value) == "\"bundle\"");
      }
      skip_blanks();
      if (peek() == ',') {
        ++at_;
        skip_blanks();
        if (peek() != '"') {
          return wrong(ErrorCode::syntax, "not JSON: no name after a comma");
        }
      } else if (peek() != '}') {
        return wrong(at_ == text_.size() ? ErrorCode::truncated : ErrorCode::syntax,
                     "not JSON: an object does not end");
      }
    }
    ++at_;
    const std::size_t stop = at_;
    TRY_VOID(end());
    if (!out.is_bundle) {
      out.objects.assign(1, text_.substr(begin, stop - begin));
      return out;
    }
    out.frame = text_.substr(begin, (list_end == 0 ? stop : list_begin) - begin);
    if (list_end != 0) {
      out.frame += out.objects.empty() ? "[]" : "[0]";
      out.frame += text_.substr(list_end, stop - list_end);
    }
    return out;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) {
      ++at_;
    }
  }
  std::unexpected<Error> wrong(ErrorCode code, std::string message) const {
    return failure(code, std::move(message), {.source = {}, .line = 0, .column = 0, .offset = at_});
  }
  Result<void> end() {
    skip_blanks();
    if (at_ != text_.size()) {
      return wrong(ErrorCode::syntax, "more text behind the end of the JSON");
    }
    return {};
  }
  Result<std::string_view> string() {
    const std::size_t begin = at_;
    if (peek() != '"') {
      return wrong(ErrorCode::syntax, "not JSON: a name in quotes belongs here");
    }
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return text_.substr(begin, at_ - begin);
      }
    }
    at_ = begin;
    return wrong(ErrorCode::truncated, "a string that does not end");
  }
  // Past one value, whatever is in it: to the bracket that closes it, or the mark behind it.
  Result<void> skip_value() {
    std::size_t depth = 0;
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        TRY_VOID(string());
        if (depth == 0) {
          return {};
        }
        continue;
      }
      if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth == 0) {
          break;
        }
        if (--depth == 0) {
          ++at_;
          return {};
        }
      } else if (depth == 0 && (c == ',' || is_blank(c))) {
        break;
      }
      ++at_;
    }
    if (depth != 0 || at_ == begin) {
      return wrong(at_ == text_.size() ? ErrorCode::truncated : ErrorCode::syntax,
                   "not JSON: a value is missing or does not end");
    }
    return {};
  }
  Result<void> items(std::vector<std::string_view>& out) {
    ++at_;
    skip_blanks();
    if (peek() == ']') {
      ++at_;
      return {};
    }
    for (;;) {
      const std::size_t begin = at_;
      TRY_VOID(skip_value());
      out.push_back(text_.substr(begin, at_ - begin));
      skip_blanks();
      if (peek() == ']') {
        ++at_;
        return {};
      }
      if (peek() != ',') {
        return wrong(at_ == text_.size() ? ErrorCode::truncated : ErrorCode::syntax, "not JSON: a list does not end");
      }
      ++at_;
      skip_blanks();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<CutBundle> cut_bundle(std::string_view text) { return Cutter(text).cut(); }

std::string on_one_line(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string && c == '\\' && at + 1 < json.size()) {
      out += c;
      out += json[++at];
      continue;
    }
    if (c == '"') {
      in_string = !in_string;
    }
    if (in_string || !is_blank(c)) {
      out += c;
    }
  }
  return out;
}

}  // namespace tocsin::stix
