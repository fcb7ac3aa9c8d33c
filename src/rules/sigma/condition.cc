#include "rules/sigma/condition.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "rules/sigma/quote.h"

namespace tocsin::rules::sigma {
namespace {

bool name_character(char c) { return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '-' || c == '*' || c == '.'; }

// A parenthesis that is open, or the whole condition.
struct Frame {
  std::vector<std::uint32_t> any = {};  // finished terms of `or`
  std::vector<std::uint32_t> all = {};  // terms of the `and` at hand
  std::size_t nots = 0;                 // waiting for their operand
  std::size_t at = 0;
};

class Parser {
 public:
  Parser(std::string_view text, ConditionNames& names, std::vector<Node>& nodes)
      : text_(text), names_(names), nodes_(nodes) {}

  ConditionResult<std::uint32_t> parse() {
    frames_.push_back({});
    for (std::string_view token = next(); !token.empty(); token = next()) {
      if (auto problem = take(token)) {
        return std::unexpected(std::move(*problem));
      }
    }
    if (wants_operand_) {
      return fail(end_, text_.find_first_not_of(" \t\r\n") == std::string_view::npos
                            ? "the condition is empty"
                            : "the condition ends where a name is expected");
    }
    if (frames_.size() > 1) {
      return fail(frames_.back().at, "a parenthesis is not closed", "close it with ')'");
    }
    return close(frames_.back());
  }

 private:
  static std::unexpected<ConditionProblem> fail(std::size_t at, std::string message, std::string hint = {},
                                                ErrorCode code = ErrorCode::rule_invalid) {
    return std::unexpected(ConditionProblem{code, std::move(message), std::move(hint), at});
  }
  static ConditionProblem wrong(std::size_t at, std::string message, std::string hint = {},
                                ErrorCode code = ErrorCode::rule_invalid) {
    return {code, std::move(message), std::move(hint), at};
  }

  // The next token: a name, or one character. `begin_` is where it stands.
  std::string_view next() {
    while (end_ < text_.size() && ascii_space(text_[end_])) {
      ++end_;
    }
    begin_ = end_;
    if (end_ < text_.size() && name_character(text_[end_])) {
      while (end_ < text_.size() && name_character(text_[end_])) {
        ++end_;
      }
    } else if (end_ < text_.size()) {
      next_code_point(text_, end_);
    }
    return text_.substr(begin_, end_ - begin_);
  }

  std::string_view peek() {
    const std::size_t begin = begin_;
    const std::size_t end = end_;
    const std::string_view token = next();
    begin_ = begin;
    end_ = end;
    return token;
  }

  std::uint32_t put(Node::Kind kind, std::vector<std::uint32_t> children, std::string label = {}) {
    nodes_.push_back({.kind = kind, .children = std::move(children), .label = std::move(label)});
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::uint32_t join(Node::Kind kind, std::vector<std::uint32_t>& terms) {
    const std::uint32_t node = terms.size() == 1 ? terms[0] : put(kind, terms);
    terms.clear();
    return node;
  }

  std::uint32_t close(Frame& frame) {
    frame.any.push_back(join(Node::Kind::all_of, frame.all));
    return join(Node::Kind::any_of, frame.any);
  }

  void operand(std::uint32_t node) {
    Frame& frame = frames_.back();
    for (; frame.nots > 0; --frame.nots) {
      node = put(Node::Kind::none_of, {node}, "not");
    }
    frame.all.push_back(node);
    wants_operand_ = false;
  }

  std::optional<ConditionProblem> take(std::string_view token) {
    const std::size_t at = begin_;
    if (++tokens_ > limits::condition_tokens_max) {
      return wrong(at, "the condition has more than " + std::to_string(limits::condition_tokens_max) + " words",
                   "use '1 of pattern*'", ErrorCode::limit);
    }
    if (token == "|") {
      return wrong(at, "aggregations behind '|' are no longer part of Sigma",
                   "write a correlation rule (type: event_count, value_count or temporal) that names this rule",
                   ErrorCode::rule_unsupported);
    }
    const bool and_token = ascii_iequals(token, "and");
    if (and_token || ascii_iequals(token, "or")) {
      if (wants_operand_) {
        return wrong(at, quoted(token) + " stands where a name is expected");
      }
      Frame& frame = frames_.back();
      if (!and_token) {
        frame.any.push_back(join(Node::Kind::all_of, frame.all));
      }
      wants_operand_ = true;
      return std::nullopt;
    }
    if (token == ")") {
      if (wants_operand_ || frames_.size() == 1) {
        return wrong(at, frames_.size() == 1 ? "')' closes nothing" : "')' stands where a name is expected");
      }
      const std::uint32_t node = close(frames_.back());
      frames_.pop_back();
      operand(node);
      return std::nullopt;
    }
    if (!wants_operand_) {
      return wrong(at, quoted(token) + " stands where 'and' or 'or' is expected",
                   token.front() == '*' ? "patterns need '1 of' or 'all of' before them" : "");
    }
    if (token == "(") {
      if (frames_.size() > limits::condition_depth_max) {
        return wrong(at, "parentheses are nested deeper than " + std::to_string(limits::condition_depth_max), {},
                     ErrorCode::limit);
      }
      frames_.push_back({.at = at});
      return std::nullopt;
    }
    if (ascii_iequals(token, "not")) {
      if (++frames_.back().nots > limits::condition_depth_max) {
        return wrong(at, "too many 'not' behind each other", {}, ErrorCode::limit);
      }
      return std::nullopt;
    }
    if (!name_character(token.front())) {
      return wrong(at, quoted(token) + " has no meaning in a condition", "names have letters, digits, _ and -");
    }
    return name(token, at);
  }

  std::optional<ConditionProblem> name(std::string_view token, std::size_t at) {
    if (ascii_iequals(peek(), "of")) {
      const bool all = ascii_iequals(token, "all");
      if (!all && token != "1" && !ascii_iequals(token, "any")) {
        return wrong(at, "'" + std::string(token) + " of' is not known", "only '1 of', 'any of' and 'all of'");
      }
      next();
      const std::string_view pattern = next();
      if (pattern.empty() || !name_character(pattern.front())) {
        return wrong(begin_, "a pattern or 'them' is expected behind 'of'");
      }
      auto node = names_.selector(all, pattern, text_.substr(at, end_ - at), begin_);
      if (!node) {
        return std::move(node).error();
      }
      operand(*node);
      return std::nullopt;
    }
    if (token.find('*') != std::string_view::npos) {
      return wrong(at, "the pattern '" + std::string(token) + "' does not say how many",
                   "write '1 of " + std::string(token) + "' or 'all of " + std::string(token) + "'");
    }
    auto node = names_.name(token, at);
    if (!node) {
      return std::move(node).error();
    }
    operand(*node);
    return std::nullopt;
  }

  std::string_view text_;
  ConditionNames& names_;
  std::vector<Node>& nodes_;
  std::vector<Frame> frames_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t tokens_ = 0;
  bool wants_operand_ = true;
};

}  // namespace

ConditionResult<std::uint32_t> parse_condition(std::string_view text, ConditionNames& names, std::vector<Node>& nodes) {
  return Parser(text, names, nodes).parse();
}

bool matches_name_pattern(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 64;
  std::string_view best;
  std::size_t best_distance = name.size() < 5 ? 2 : 3;  // strictly less counts as near
  if (name.size() > longest) {
    return best;
  }
  for (const std::string_view candidate : known) {
    if (candidate.size() > longest || candidate.size() + best_distance < name.size() ||
        name.size() + best_distance < candidate.size()) {
      continue;
    }
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) {
      row[j] = j;
    }
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t replace = diagonal + (ascii_lower(name[i - 1]) == ascii_lower(candidate[j - 1]) ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace tocsin::rules::sigma
