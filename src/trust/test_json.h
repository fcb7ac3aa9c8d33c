// For tests of this room, which has no JSON: test vectors as flat objects, read by a plain reader of their own.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace tocsin::test {

struct Fields {
  std::map<std::string, std::vector<std::string>, std::less<>> values;

  std::string text(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() || found->second.empty() ? "" : found->second.front();
  }
  std::vector<std::string> list(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::vector<std::string>{} : found->second;
  }
  bool yes(std::string_view name) const { return text(name) == "true"; }
};

class FlatJson {
 public:
  explicit FlatJson(std::string_view text) : text_(text) {}

  // Well-formed objects of text, numbers, words and lists of them.
  Fields read() {
    Fields out;
    expect('{');
    while (!take('}')) {
      const std::string name = scalar();
      expect(':');
      std::vector<std::string>& values = out.values[name];
      if (take('[')) {
        while (!take(']')) {
          values.push_back(scalar());
          take(',');
        }
      } else if (text_.substr(at_, 4) == "null") {
        at_ += 4;
      } else {
        values.push_back(scalar());
      }
      take(',');
    }
    return out;
  }

 private:
  void blanks() {
    while (at_ < text_.size() && ascii_space(text_[at_])) {
      ++at_;
    }
  }
  bool take(char c) {
    blanks();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    if (at_ >= text_.size()) {
      std::abort();
    }
    return false;
  }
  void expect(char c) {
    if (!take(c)) {
      std::abort();
    }
  }
  char32_t hex4() {
    const auto value = parse_uint64("0x" + std::string(text_.substr(at_, 4)), true);
    at_ += 4;
    return static_cast<char32_t>(value.value_or(0xFFFD));
  }
  std::string scalar() {
    blanks();
    std::string out;
    if (!take('"')) {
      const std::size_t end = std::min(text_.find_first_of(",]} \n\r", at_), text_.size());
      out = text_.substr(at_, end - at_);
      at_ = end;
      return out;
    }
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        out += text_[at_++];
        continue;
      }
      const char c = text_[at_ + 1];
      at_ += 2;
      if (c == 'u') {
        char32_t unit = hex4();
        if (unit >= 0xD800 && unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
          at_ += 2;
          unit = 0x10000 + ((unit - 0xD800) << 10) + (hex4() - 0xDC00);
        }
        append_utf8(out, unit);
      } else {
        out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
      }
    }
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline std::vector<Fields> json_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Fields> out;
  for (std::string line; std::getline(file, line);) {
    out.push_back(FlatJson(line).read());
  }
  return out;
}

inline Fields json_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const std::string whole = text.str();
  return FlatJson(whole).read();
}

}  // namespace tocsin::test
