// Pattern: a STIX 2.1 pattern after parsing, as trees without recursion: comparisons, what joins them inside brackets,
// and what joins the brackets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/timestamp.h"

namespace tocsin::stix {

// A constant (section 9.2).
struct Literal {
  enum class Kind : std::uint8_t { boolean, number, string, octets, timestamp };
  Kind kind = Kind::string;
  bool boolean = false;
  bool hex = false;  // octets: written h'…', else b'…'
  // number: the digits as written; string: without quotes and escapes; octets: decoded; timestamp: as written.
  std::string text = {};
  Instant instant = 0;  // timestamp
};

// One step behind the object type (section 9.7).
struct PathStep {
  enum class Kind : std::uint8_t { key, index, any };
  Kind kind = Kind::key;
  std::string key = {};
  bool quoted = false;  // as written
  std::uint64_t index = 0;
};

struct ObjectPath {
  std::string type;
  std::vector<PathStep> steps;  // the first is a key
};

enum class ComparisonOperator : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  like,
  matches,
  is_subset,
  is_superset,
  exists,
};
std::string_view operator_text(ComparisonOperator op);

struct Comparison {
  ObjectPath path;
  ComparisonOperator op = ComparisonOperator::equal;
  bool negated = false;
  std::vector<Literal> values;  // one; any number for `in`; none for `exists`
  std::size_t offset = 0;       // into Pattern::text; where_in() of pattern_lexer.h gives line and column
};

// Inside brackets: comparisons joined by AND and OR. Children stand before their parents.
struct ExpressionNode {
  enum class Kind : std::uint8_t { comparison, all_of, any_of };
  Kind kind = Kind::comparison;
  bool parentheses = false;  // as written
  std::uint32_t comparison = 0;
  std::vector<std::uint32_t> children;
};

// Outside brackets: observation expressions, operators and qualifiers (section 9.5). Children stand before their
// parents; a qualifier has one child.
struct ObservationNode {
  enum class Kind : std::uint8_t { observation, all_of, any_of, followed_by, repeats, within, start_stop };
  Kind kind = Kind::observation;
  bool parentheses = false;      // as written
  std::uint32_t expression = 0;  // observation: its root in Pattern::expressions
  std::vector<std::uint32_t> children;
  std::uint64_t times = 0;                      // repeats
  Instant window = 0;                           // within: the latest moment is less than this after the earliest
  Instant start = 0, stop = 0;                  // start_stop: from start, before stop
  std::string written = {}, written_stop = {};  // within: the number; start_stop: the timestamps
};

struct Pattern {
  std::string text;
  std::vector<Comparison> comparisons;  // in the order of the text
  std::vector<ExpressionNode> expressions;
  std::vector<ObservationNode> observations;  // the last is the root
};

// Parses and checks everything that sections 9.2 to 9.7 demand of a pattern by itself. Errors carry offset, line and
// column (from 1, in code points) and a hint. Limits: limits::pattern_bytes_max, pattern_depth_max.
Result<Pattern> parse_pattern(std::string_view text);

// The pattern in one form of writing: one blank between words, parentheses and apostrophes
// where the author put them. Parses to the same trees.
std::string pattern_text(const Pattern& pattern);
// Parts of it: "file:hashes.'SHA-256'", "'it\'s'".
std::string path_text(const ObjectPath& path);
std::string literal_text(const Literal& literal);
std::string comparison_text(const Comparison& comparison);

}  // namespace tocsin::stix
