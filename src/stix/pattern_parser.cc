// Recursive descent over sections 9.4 to 9.7; recursion only through parentheses, whose depth is limited.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "stix/address_range.h"
#include "stix/octets.h"
#include "stix/pattern.h"
#include "stix/pattern_lexer.h"

namespace tocsin::stix {
namespace {

constexpr auto keywords = std::to_array<std::string_view>(
    {"AND", "OR", "NOT", "FOLLOWEDBY", "LIKE", "MATCHES", "ISSUPERSET", "ISSUBSET", "EXISTS", "LAST", "IN", "START",
     "STOP", "SECONDS", "true", "false", "WITHIN", "REPEATS", "TIMES"});

bool is_keyword(std::string_view word) { return std::find(keywords.begin(), keywords.end(), word) != keywords.end(); }

std::string unescaped(std::string_view quoted) {
  std::string out;
  out.reserve(quoted.size());
  for (std::size_t at = 1; at + 1 < quoted.size(); ++at) {
    if (quoted[at] == '\\') {
      ++at;
    }
    out += quoted[at];
  }
  return out;
}

// Which object types can make a node true: a type that no operand of an AND shares with the others makes it impossible.
using Types = std::set<std::string, std::less<>>;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) { advance(); }

  Result<Pattern> parse() {
    TRY(const std::uint32_t root, followed_by(0));
    if (token_.kind != Token::Kind::end) {
      return unexpected("the end of the pattern, or AND, OR, FOLLOWEDBY, WITHIN, REPEATS or START");
    }
    check(root + 1 == pattern_.observations.size(), "the root stands last");
    pattern_.text = text_;
    return std::move(pattern_);
  }

 private:
  void advance() { token_ = lexer_.next(); }

  std::unexpected<Error> fail(ErrorCode code, std::string message, std::size_t offset, std::string hint = {}) const {
    return failure(code, std::move(message), where_in(text_, offset), std::move(hint));
  }
  std::unexpected<Error> unexpected(std::string_view expected, std::string hint = {}) const {
    if (token_.kind == Token::Kind::wrong) {
      return fail(ErrorCode::syntax, lexer_.error(), token_.offset, lexer_.hint());
    }
    if (token_.kind == Token::Kind::word) {
      std::string upper(token_.text);
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
      const std::string lower = ascii_lower(token_.text);
      if (upper != token_.text && is_keyword(upper)) {
        hint = "keywords are written in capitals: " + upper;
      } else if (lower != token_.text && is_keyword(lower)) {
        hint = "write " + lower;
      }
    }
    const std::string found =
        token_.kind == Token::Kind::end ? "the end of the pattern" : "'" + std::string(token_.text) + "'";
    return fail(ErrorCode::syntax, "expected " + std::string(expected) + ", found " + found, token_.offset,
                std::move(hint));
  }
  bool accept_word(std::string_view word) {
    if (!token_.is_word(word)) {
      return false;
    }
    advance();
    return true;
  }
  bool accept_sign(std::string_view sign) {
    if (!token_.is(sign)) {
      return false;
    }
    advance();
    return true;
  }
  Result<void> depth_ok(std::size_t depth) const {
    if (depth > limits::pattern_depth_max) {
      return fail(ErrorCode::limit, "the parentheses are nested too deep", token_.offset,
                  "at most " + std::to_string(limits::pattern_depth_max) + " levels");
    }
    return {};
  }

  // ---- Outside brackets ------------------------------------------------------------------------------------

  std::uint32_t add(ObservationNode node) {
    pattern_.observations.push_back(std::move(node));
    return static_cast<std::uint32_t>(pattern_.observations.size() - 1);
  }
  std::uint32_t joined(ObservationNode::Kind kind, std::vector<std::uint32_t> children) {
    if (children.size() == 1) {
      return children.front();
    }
    ObservationNode node;
    node.kind = kind;
    node.children = std::move(children);
    return add(std::move(node));
  }

  Result<std::uint32_t> followed_by(std::size_t depth) {
    std::vector<std::uint32_t> children;
    do {
      TRY(const std::uint32_t child, any_of(depth));
      children.push_back(child);
    } while (accept_word("FOLLOWEDBY"));
    return joined(ObservationNode::Kind::followed_by, std::move(children));
  }
  Result<std::uint32_t> any_of(std::size_t depth) {
    std::vector<std::uint32_t> children;
    do {
      TRY(const std::uint32_t child, all_of(depth));
      children.push_back(child);
    } while (accept_word("OR"));
    return joined(ObservationNode::Kind::any_of, std::move(children));
  }
  Result<std::uint32_t> all_of(std::size_t depth) {
    std::vector<std::uint32_t> children;
    do {
      TRY(const std::uint32_t child, qualified(depth));
      children.push_back(child);
    } while (accept_word("AND"));
    return joined(ObservationNode::Kind::all_of, std::move(children));
  }

  Result<std::uint32_t> qualified(std::size_t depth) {
    std::uint32_t node = 0;
    bool group = false;
    if (accept_sign("(")) {
      group = true;
      TRY_VOID(depth_ok(depth + 1));
      TRY(node, followed_by(depth + 1));
      if (!accept_sign(")")) {
        return unexpected("')'");
      }
      // The marker sits on the node itself; a second pair of parentheses around it says no more.
      pattern_.observations[node].parentheses = true;
    } else if (token_.is("[")) {
      advance();
      Types types;
      TRY(const std::uint32_t expression, comparison_or(0, types));
      if (!accept_sign("]")) {
        return unexpected("']', AND or OR");
      }
      ObservationNode observation;
      observation.expression = expression;
      node = add(std::move(observation));
    } else {
      return unexpected("'[' or '('", "an observation expression stands in brackets: [file:size = 1280]");
    }
    return qualifiers(node, group);
  }

  // Section 9.5.1 forbids a second qualifier of a kind on one observation expression. What stands in parentheses is no
  // longer one (section 9.5: they delimit what a qualifier applies to), so ([a]) WITHIN 5 SECONDS WITHIN 6 SECONDS is
  // sound.
  Result<std::uint32_t> qualifiers(std::uint32_t node, bool group) {
    bool repeats = false;
    bool within = false;
    bool start_stop = false;
    for (;;) {
      const std::size_t offset = token_.offset;
      ObservationNode qualifier;
      bool* seen = nullptr;
      std::string_view name;
      if (accept_word("REPEATS")) {
        TRY_VOID(read_repeats(qualifier));
        seen = &repeats;
        name = "REPEATS";
      } else if (accept_word("WITHIN")) {
        TRY_VOID(read_within(qualifier));
        seen = &within;
        name = "WITHIN";
      } else if (accept_word("START")) {
        TRY_VOID(read_start_stop(qualifier));
        seen = &start_stop;
        name = "START … STOP";
      } else {
        return node;
      }
      if (std::exchange(*seen, true) && !group) {
        return fail(ErrorCode::pattern_invalid, std::string(name) + " stands twice on one expression", offset,
                    "section 9.5.1: one qualifier of each kind; put the inner part in parentheses");
      }
      qualifier.children = {node};
      node = add(std::move(qualifier));
    }
  }

  Result<void> read_repeats(ObservationNode& node) {
    node.kind = ObservationNode::Kind::repeats;
    if (token_.kind != Token::Kind::integer) {
      return unexpected("a whole number after REPEATS");
    }
    const auto times = parse_uint64(token_.text);
    if (token_.text.starts_with('-') || token_.text.starts_with('+') || token_.text == "0") {
      return fail(token_.text == "0" ? ErrorCode::pattern_invalid : ErrorCode::syntax,
                  "REPEATS needs a positive whole number without a sign", token_.offset, "section 9.5.1");
    }
    if (!times) {
      return fail(ErrorCode::limit, "the number of repetitions is too large", token_.offset);
    }
    node.times = *times;
    advance();
    if (!accept_word("TIMES")) {
      return unexpected("TIMES");
    }
    return {};
  }

  Result<void> read_within(ObservationNode& node) {
    node.kind = ObservationNode::Kind::within;
    if (token_.kind != Token::Kind::integer && token_.kind != Token::Kind::real) {
      return unexpected("a number after WITHIN");
    }
    if (token_.text.starts_with('-') || token_.text.starts_with('+')) {
      return fail(ErrorCode::syntax, "WITHIN needs a positive number without a sign", token_.offset, "section 9.5.1");
    }
    node.written = token_.text;
    node.window = window_of(token_.text);
    if (node.window == 0) {
      return fail(ErrorCode::pattern_invalid, "WITHIN needs a positive number", token_.offset, "section 9.5.1");
    }
    advance();
    if (!accept_word("SECONDS")) {
      return unexpected("SECONDS", "SECONDS is the only unit");
    }
    return {};
  }

  // Seconds as written, in attoseconds; a remainder below one counts as one, so that "less than" stays exact.
  static Instant window_of(std::string_view written) {
    constexpr Instant most = instants_per_second * 1'000'000'000'000;  // 31,000 years: every span of two timestamps
    const std::size_t point = written.find('.');
    Instant window = 0;
    for (const char c : written.substr(0, point)) {
      window = std::min(window * 10 + (c - '0'), most / instants_per_second);
    }
    window *= instants_per_second;
    if (point != std::string_view::npos) {
      Instant unit = instants_per_second;
      for (const char c : written.substr(point + 1)) {
        if (unit == 1 && c != '0') {
          return window + 1;
        }
        if (unit > 1) {
          unit /= 10;
          window += unit * (c - '0');
        }
      }
    }
    return window;
  }

  Result<Instant> read_timestamp(std::string_view after, std::string& written) {
    if (token_.kind != Token::Kind::timestamp) {
      return unexpected("a timestamp after " + std::string(after), "such as t'2021-03-03T06:49:42Z'");
    }
    TRY(const Literal literal, timestamp_literal());
    written = literal.text;
    advance();
    return literal.instant;
  }

  Result<void> read_start_stop(ObservationNode& node) {
    node.kind = ObservationNode::Kind::start_stop;
    TRY(node.start, read_timestamp("START", node.written));
    if (!accept_word("STOP")) {
      return unexpected("STOP");
    }
    TRY(node.stop, read_timestamp("STOP", node.written_stop));
    return {};
  }

  // ---- Inside brackets -------------------------------------------------------------------------------------

  std::uint32_t add(ExpressionNode node) {
    pattern_.expressions.push_back(std::move(node));
    return static_cast<std::uint32_t>(pattern_.expressions.size() - 1);
  }
  std::uint32_t joined(ExpressionNode::Kind kind, std::vector<std::uint32_t> children) {
    if (children.size() == 1) {
      return children.front();
    }
    ExpressionNode node;
    node.kind = kind;
    node.children = std::move(children);
    return add(std::move(node));
  }

  Result<std::uint32_t> comparison_or(std::size_t depth, Types& types) {
    std::vector<std::uint32_t> children;
    do {
      Types own;
      TRY(const std::uint32_t child, comparison_and(depth, own));
      children.push_back(child);
      types.merge(own);
    } while (accept_word("OR"));
    return joined(ExpressionNode::Kind::any_of, std::move(children));
  }

  Result<std::uint32_t> comparison_and(std::size_t depth, Types& types) {
    std::vector<std::uint32_t> children;
    const std::size_t start = token_.offset;
    do {
      Types own;
      TRY(const std::uint32_t child, comparison(depth, own));
      if (children.empty()) {
        types = std::move(own);
      } else {
        std::erase_if(types, [&](const std::string& type) { return !own.contains(type); });
      }
      children.push_back(child);
      if (types.empty()) {
        return fail(ErrorCode::pattern_invalid,
                    "no object can satisfy all parts of this AND: their object types differ", start,
                    "section 9.5: comparisons of different object types are joined by OR");
      }
    } while (accept_word("AND"));
    return joined(ExpressionNode::Kind::all_of, std::move(children));
  }

  Result<std::uint32_t> comparison(std::size_t depth, Types& types) {
    if (accept_sign("(")) {
      TRY_VOID(depth_ok(depth + 1));
      TRY(const std::uint32_t node, comparison_or(depth + 1, types));
      if (!accept_sign(")")) {
        return unexpected("')', AND or OR");
      }
      pattern_.expressions[node].parentheses = true;
      return node;
    }
    Comparison made;
    made.offset = token_.offset;
    const std::size_t start = token_.offset;
    const bool negated = accept_word("NOT");
    if (accept_word("EXISTS")) {
      made.op = ComparisonOperator::exists;
      made.negated = negated;
      TRY(made.path, object_path());
    } else if (negated) {
      return fail(ErrorCode::syntax, "NOT stands behind the object path, or before EXISTS", start,
                  "[file:name NOT = 'x']");
    } else {
      TRY(made.path, object_path());
      made.negated = accept_word("NOT");
      TRY_VOID(read_operator(made));
    }
    types.insert(made.path.type);
    pattern_.comparisons.push_back(std::move(made));
    ExpressionNode node;
    node.comparison = static_cast<std::uint32_t>(pattern_.comparisons.size() - 1);
    return add(std::move(node));
  }

  Result<void> read_operator(Comparison& made) {
    const Token op = token_;
    if (op.is("=") || op.is("!=")) {
      made.op = op.is("=") ? ComparisonOperator::equal : ComparisonOperator::not_equal;
      advance();
      return read_value(made, true);
    }
    if (op.is("==") || op.is("<>")) {
      return fail(ErrorCode::pattern_invalid, "'" + std::string(op.text) + "' is not an operator", op.offset,
                  std::string("section 9.6.1 has ") + (op.is("==") ? "=" : "!="));
    }
    if (op.is("<") || op.is("<=") || op.is(">") || op.is(">=")) {
      made.op = op.is("<")    ? ComparisonOperator::less
                : op.is("<=") ? ComparisonOperator::less_equal
                : op.is(">")  ? ComparisonOperator::greater
                              : ComparisonOperator::greater_equal;
      advance();
      return read_value(made, false);
    }
    if (accept_word("IN")) {
      made.op = ComparisonOperator::in;
      return read_set(made);
    }
    const bool like = op.is_word("LIKE");
    const bool matches = op.is_word("MATCHES");
    const bool subset = op.is_word("ISSUBSET");
    if (!like && !matches && !subset && !op.is_word("ISSUPERSET")) {
      return unexpected(made.negated ? "an operator after NOT" : "a comparison operator",
                        op.kind == Token::Kind::word && !is_keyword(op.text)
                            ? "=, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET"
                            : "");
    }
    made.op = like      ? ComparisonOperator::like
              : matches ? ComparisonOperator::matches
              : subset  ? ComparisonOperator::is_subset
                        : ComparisonOperator::is_superset;
    advance();
    if (token_.kind != Token::Kind::string) {
      return unexpected("a text between apostrophes after " + std::string(op.text));
    }
    Literal literal;
    literal.text = unescaped(token_.text);
    if (!like && !matches && !parse_address_range(literal.text)) {
      return fail(ErrorCode::pattern_invalid, "'" + literal.text + "' is no IPv4 or IPv6 address or CIDR range",
                  token_.offset, "section 9.6.1, such as '198.51.100.0/24'");
    }
    made.values.push_back(std::move(literal));
    advance();
    return {};
  }

  Result<void> read_value(Comparison& made, bool with_boolean) {
    const std::size_t offset = token_.offset;
    TRY(Literal value, literal());
    if (value.kind == Literal::Kind::boolean && !with_boolean) {
      return fail(ErrorCode::syntax, "true and false have no order", offset, "compare them with = or !=");
    }
    made.values.push_back(std::move(value));
    return {};
  }

  Result<void> read_set(Comparison& made) {
    if (!accept_sign("(")) {
      return unexpected("'(' after IN", "IN ('a', 'b')");
    }
    if (accept_sign(")")) {
      return {};
    }
    do {
      const std::size_t offset = token_.offset;
      TRY(Literal value, literal());
      if (!made.values.empty() && made.values.front().kind != value.kind) {
        return fail(ErrorCode::pattern_invalid, "the values of a set must be of one type", offset, "section 9.6.1");
      }
      made.values.push_back(std::move(value));
    } while (accept_sign(","));
    if (!accept_sign(")")) {
      return unexpected("',' or ')'");
    }
    return {};
  }

  // ---- Constants and paths ---------------------------------------------------------------------------------

  Result<Literal> timestamp_literal() const {
    Literal literal;
    literal.kind = Literal::Kind::timestamp;
    literal.text = token_.text.substr(2, token_.text.size() - 3);
    const auto instant = parse_timestamp(literal.text);
    if (!instant) {
      return fail(ErrorCode::pattern_invalid, "'" + literal.text + "' is no timestamp", token_.offset,
                  "section 2.16, in UTC: t'2021-03-03T06:49:42.5Z'");
    }
    literal.instant = *instant;
    return literal;
  }

  Result<Literal> literal() {
    Literal literal;
    switch (token_.kind) {
      case Token::Kind::integer:
      case Token::Kind::real:
        if (token_.text.starts_with('+')) {
          return fail(ErrorCode::pattern_invalid, "a positive number has no sign", token_.offset, "section 9.2");
        }
        literal.kind = Literal::Kind::number;
        literal.text = token_.text;
        break;
      case Token::Kind::string:
        literal.text = unescaped(token_.text);
        break;
      case Token::Kind::hex: {
        auto octets = decode_hex(token_.text.substr(2, token_.text.size() - 3));
        if (!octets) {
          return fail(ErrorCode::pattern_invalid, "h'…' takes pairs of hexadecimal digits", token_.offset,
                      "section 9.2, such as h'ffd8'");
        }
        literal.kind = Literal::Kind::octets;
        literal.hex = true;
        literal.text = *std::move(octets);
        break;
      }
      case Token::Kind::binary: {
        std::string digits(token_.text.substr(2, token_.text.size() - 3));
        // Section 9.2: line feeds in the data are ignored.
        std::erase_if(digits, [](char c) { return c == '\n' || c == '\r'; });
        auto octets = decode_base64(digits);
        if (!octets || octets->empty()) {
          return fail(ErrorCode::pattern_invalid, "b'…' takes Base64 with its padding", token_.offset,
                      "section 9.2, such as b'ABI='");
        }
        literal.kind = Literal::Kind::octets;
        literal.text = *std::move(octets);
        break;
      }
      case Token::Kind::timestamp: {
        TRY(literal, timestamp_literal());
        break;
      }
      case Token::Kind::word:
        if (token_.text != "true" && token_.text != "false") {
          return unexpected("a value", "texts stand between apostrophes: 'like this'");
        }
        literal.kind = Literal::Kind::boolean;
        literal.boolean = token_.text == "true";
        break;
      case Token::Kind::sign:
      case Token::Kind::end:
      case Token::Kind::wrong:
        return unexpected("a value");
    }
    advance();
    return literal;
  }

  Result<PathStep> key_step() {
    PathStep step;
    if (token_.kind == Token::Kind::string) {
      step.key = unescaped(token_.text);
      step.quoted = true;
    } else if (token_.kind == Token::Kind::word) {
      if (is_keyword(token_.text)) {
        return unexpected("a property name", "'" + std::string(token_.text) + "' is a keyword: put it in apostrophes");
      }
      if (token_.text.find('-') != std::string_view::npos) {
        return fail(ErrorCode::syntax, "a property name with a hyphen stands between apostrophes", token_.offset,
                    "section 9.7: '" + std::string(token_.text) + "'");
      }
      step.key = token_.text;
    } else {
      return unexpected("a property name");
    }
    advance();
    return step;
  }

  Result<ObjectPath> object_path() {
    ObjectPath path;
    if (token_.kind != Token::Kind::word || is_keyword(token_.text)) {
      return unexpected("an object path", "such as file:name or ipv4-addr:value");
    }
    path.type = token_.text;
    advance();
    if (!accept_sign(":")) {
      return unexpected("':' after the object type");
    }
    TRY(PathStep first, key_step());
    path.steps.push_back(std::move(first));
    for (;;) {
      if (accept_sign(".")) {
        TRY(PathStep step, key_step());
        path.steps.push_back(std::move(step));
      } else if (accept_sign("[")) {
        PathStep step;
        step.kind = PathStep::Kind::any;
        if (!accept_sign("*")) {
          if (token_.kind != Token::Kind::integer) {
            return unexpected("a number or * between the brackets");
          }
          const auto index = parse_uint64(token_.text);
          if (!index || !ascii_digit(token_.text.front())) {
            return fail(ErrorCode::pattern_invalid, "a list index counts from 0, without a sign", token_.offset,
                        "section 9.7.2");
          }
          step.kind = PathStep::Kind::index;
          step.index = *index;
          advance();
        }
        if (!accept_sign("]")) {
          return unexpected("']' after the list index");
        }
        path.steps.push_back(std::move(step));
      } else {
        return path;
      }
    }
  }

  std::string_view text_;
  PatternLexer lexer_;
  Token token_;
  Pattern pattern_;
};

}  // namespace

Result<Pattern> parse_pattern(std::string_view text) {
  if (text.size() > limits::pattern_bytes_max) {
    return failure(ErrorCode::limit, "the pattern is too long", Where{.offset = limits::pattern_bytes_max},
                   "at most " + std::to_string(limits::pattern_bytes_max) + " bytes");
  }
  if (!valid_utf8(text)) {
    return failure(ErrorCode::encoding, "the pattern is not UTF-8", {}, "section 9.4: patterns are Unicode text");
  }
  return Parser(text).parse();
}

}  // namespace tocsin::stix
