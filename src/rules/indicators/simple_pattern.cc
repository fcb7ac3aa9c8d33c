#include "rules/indicators/simple_pattern.h"

#include "base/limits.h"
#include "base/text.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {
namespace {

class Reader {
 public:
  Reader(std::string_view text, std::vector<PatternTerm>& terms, std::string& why)
      : rest_(text), terms_(terms), why_(why) {}

  SimplePattern read() {
    do {
      if (!take('[')) {
        return rest_.starts_with('(') ? SimplePattern::needs_engine : invalid("'[' was expected");
      }
      if (const SimplePattern inside = observation(); inside != SimplePattern::values) {
        return inside;
      }
    } while (take_word("OR"));
    skip();
    if (!rest_.empty()) {
      return SimplePattern::needs_engine;  // AND, FOLLOWEDBY or a qualifier
    }
    return unknown_ ? SimplePattern::unknown_path : SimplePattern::values;
  }

 private:
  void skip() {
    while (!rest_.empty() && ascii_space(rest_.front())) {
      rest_.remove_prefix(1);
    }
  }
  bool take(char c) {
    skip();
    if (!rest_.starts_with(c)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip();
    if (!rest_.starts_with(word) || (rest_.size() > word.size() && ascii_alpha(rest_[word.size()]))) {
      return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }
  SimplePattern invalid(std::string_view why) {
    why_ = why;
    return SimplePattern::invalid;
  }

  // A path without its quotes: file:hashes.'SHA-256' → file:hashes.SHA-256.
  std::string path() {
    skip();
    std::string out;
    bool quoted = false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '\'') {
        quoted = !quoted;
      } else if (quoted || ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '_' || c == ':' || c == '.' ||
                 c == '*' || c == '[' || c == ']') {
        out += c;
      } else {
        break;
      }
      rest_.remove_prefix(1);
    }
    return quoted ? std::string() : out;
  }
  // §9.6.3: 'text' with \' and \\.
  bool string(std::string& out) {
    if (!take('\'')) {
      return false;
    }
    out.clear();
    while (!rest_.empty() && rest_.front() != '\'') {
      if (rest_.front() == '\\') {
        rest_.remove_prefix(1);
        if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '\\')) {
          return false;
        }
      }
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  // One comparison; its values go behind terms_, a comparison of a type into type_of_.
  SimplePattern comparison() {
    if (rest_.starts_with('(') || take_word("NOT") || take_word("EXISTS")) {
      return SimplePattern::needs_engine;
    }
    const std::string name = path();
    if (name.empty() || name.find(':') == name.npos) {
      return invalid("an object path was expected");
    }
    std::vector<std::string> values(1);
    if (take('=')) {
      skip();
      if (rest_.starts_with('=')) {
        return SimplePattern::needs_engine;
      }
      if (!string(values[0])) {
        return rest_.empty() ? invalid("a value was expected") : SimplePattern::needs_engine;
      }
    } else if (take_word("IN")) {
      if (!take('(')) {
        return invalid("'(' was expected");
      }
      for (;;) {
        if (!string(values.back())) {
          return SimplePattern::needs_engine;
        }
        if (take(')')) {
          break;
        }
        if (!take(',')) {
          return invalid("',' or ')' was expected");
        }
        if (values.size() >= limits::indicator_pattern_terms_max) {
          return SimplePattern::needs_engine;
        }
        values.emplace_back();
      }
    } else {
      return SimplePattern::needs_engine;
    }
    if (name.ends_with("_ref.type")) {
      ++types_;
      type_of_ = name.substr(0, name.size() - 4);
      return SimplePattern::values;
    }
    const std::uint32_t kinds = kinds_of_stix_path(name);
    if (kinds == 0 && !unknown_) {
      unknown_ = true;
      why_ = name;
    }
    ++compared_;
    compared_path_ = name;
    for (std::string& value : values) {
      terms_.push_back({kinds, std::move(value)});
    }
    return terms_.size() > limits::indicator_pattern_terms_max ? SimplePattern::needs_engine : SimplePattern::values;
  }

  SimplePattern observation() {
    do {
      types_ = compared_ = 0;
      type_of_.clear();
      bool joined = false;
      do {
        skip();
        if (const SimplePattern one = comparison(); one != SimplePattern::values) {
          return one;
        }
        joined = take_word("AND");
      } while (joined);
      if (compared_ != 1 || types_ > 1 || (types_ == 1 && !compared_path_.starts_with(type_of_))) {
        return SimplePattern::needs_engine;
      }
    } while (take_word("OR"));
    return take(']') ? SimplePattern::values : invalid("']' was expected");
  }

  std::string_view rest_;
  std::vector<PatternTerm>& terms_;
  std::string& why_;
  bool unknown_ = false;
  std::size_t types_ = 0, compared_ = 0;
  std::string type_of_, compared_path_;
};

}  // namespace

SimplePattern read_simple_pattern(std::string_view pattern, std::vector<PatternTerm>& terms, std::string& why) {
  terms.clear();
  why.clear();
  return Reader(pattern, terms, why).read();
}

}  // namespace tocsin::rules
