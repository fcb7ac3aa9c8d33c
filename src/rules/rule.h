// Rule: a Sigma rule after parsing: what it applies to, its condition as a tree over leaves, and what people read about
// it. Made by rules/sigma; understood by detect (which compiles it) and explain (which walks it). Immutable after
// loading.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::rules {

// ---- Leaves ------------------------------------------------------------------------------------------------

// A string with Sigma wildcards, as elements. sigma-rules-specification.md "Wildcard usage", "Escaping".
struct Pattern {
  enum class Element : std::uint8_t {
    literal,  // `text`
    any_run,  // *: any characters, also none, also line ends
    any_one,  // ?: exactly one character (code point)
    dash,     // windash: one of - / – — ―
  };
  struct Piece {
    Element element = Element::literal;
    std::string text;
    bool operator==(const Piece&) const = default;
  };
  std::vector<Piece> pieces;  // no two literals or any_runs beside each other; empty: the empty string
  bool operator==(const Pattern&) const = default;
  // Readable form: wildcards as * and ?, dash as the written character would be "-".
  std::string text() const;
};

enum class Operator : std::uint8_t {
  matches,  // pattern over the whole value (contains/startswith/endswith have become any_run at the ends)
  regex,    // unanchored search of `regex`
  cidr,     // the value is an address inside `network`
  less,
  less_equal,
  greater,
  greater_equal,   // numeric, against `number`
  equals_number,   // integer or real, exact; textual fallback
  equals_boolean,  // true/false, textual fallback
  is_null,         // absent, or null
  exists,          // present (also null or empty); `boolean` false: absent
  field_equals,
  field_contains,
  field_starts_with,
  field_ends_with,  // against the value of field `other_field`
};

enum class TimePart : std::uint8_t { none, minute, hour, day, week, month, year };

struct Network {
  std::uint8_t bytes[16] = {};
  std::uint8_t prefix_bits = 0;
  bool v6 = false;
};

// One comparison of one field with one value. An empty field is a keyword search: any value of the event, its
// field-less text and the raw record. Multi-valued fields: any value that matches will do.
struct Leaf {
  std::string field;
  Operator op = Operator::matches;
  bool cased = false;              // |cased; regex flags are separate
  TimePart part = TimePart::none;  // compare this part of the timestamp in the field
  Pattern pattern;                 // matches
  std::string regex;               // regex
  bool regex_ignore_case = false, regex_multiline = false, regex_dot_all = false;
  Network network;                     // cidr
  std::string number;                  // less…equals_number: decimal text as written
  bool boolean = true;                 // exists, equals_boolean
  std::string other_field;             // field_*
  std::uint32_t line = 0, column = 0;  // of the value in the rule's file
  std::string written;                 // the value as the author wrote it, for "matched" and explain
};

// ---- Condition ---------------------------------------------------------------------------------------------

// The condition as a tree in a vector; children come before parents, `root` is last. No recursion is needed to walk it.
struct Node {
  enum class Kind : std::uint8_t { leaf, all_of, any_of, none_of /* not (any of) */, always, never };
  Kind kind = Kind::never;
  std::uint32_t leaf = 0;               // index into Rule::leaves
  std::vector<std::uint32_t> children;  // indices into Rule::nodes
  std::string label;  // for explain: "selection_img", "Image|endswith", "1 of selection_*"; may be empty
};

// ---- Rules -------------------------------------------------------------------------------------------------

enum class Level : std::uint8_t { none, informational, low, medium, high, critical };
std::string_view level_text(Level level);
std::optional<Level> parse_level(std::string_view text);

struct LogSource {
  std::string product, category, service;  // lower case, empty where not given
  std::string definition;
  bool operator==(const LogSource&) const = default;
};

// What a person reads; shared by rules and correlations.
struct RuleInfo {
  std::string id, name, title, status, description, author, license, date, modified, taxonomy = "sigma";
  Level level = Level::none;
  std::vector<std::string> tags, references, false_positives, fields, scope;
  std::string source;  // file as given, relative to the folder that was loaded
  std::uint32_t line = 1;
  std::string kind = "sigma";  // sigma | stix | indicator | yara | playbook
};

struct Rule {
  RuleInfo info;
  LogSource log_source;
  std::vector<Leaf> leaves;
  std::vector<Node> nodes;               // the last is the root
  bool emits = true;                     // false: only used by correlations (generate: false)
  std::vector<std::string> waiting_for;  // placeholder lists that were not given: loaded, never fires
  std::vector<std::string> filters;      // ids of Sigma filters applied to it
  // With filters: how many of `nodes` and `leaves`, from the first, are the rule as its author wrote it. What the
  // filters hide can so be counted.
  std::size_t unfiltered_nodes = 0, unfiltered_leaves = 0;
};

// Correlation rule. sigma-correlation-rules-specification.md.
struct Correlation {
  enum class Type : std::uint8_t {
    event_count,
    value_count,
    temporal,
    temporal_ordered,
    value_sum,
    value_avg,
    value_percentile,
    value_median
  };
  struct Bound {
    Operator op = Operator::greater_equal;  // less, less_equal, greater, greater_equal, equals_number
    bool negated = false;                   // neq
    double value = 1;
  };
  struct Alias {
    std::string name;
    std::vector<std::pair<std::string, std::string>> fields;  // rule id or name → field of that rule
  };
  RuleInfo info;
  Type type = Type::event_count;
  std::vector<std::string> rules;  // ids or names as written
  std::vector<std::uint32_t>
      inputs;  // resolved: < rules.size() of the set → a rule, else rules.size() + index of a correlation
  std::vector<std::string> group_by;
  std::vector<Alias> aliases;
  std::int64_t timespan_seconds = 0;
  std::vector<Bound> bounds;              // all must hold
  std::vector<std::string> value_fields;  // condition.field
  double percentile = 50;
  // temporal with a boolean condition over its rules ("a and b and not c"); nodes as in Rule, leaf = index into
  // `inputs`.
  std::vector<Node> condition;
  bool generate = false;  // referenced rules also report on their own
  bool emits = true;      // false: only an input of another correlation without generate
};

// A finding about a rule file, for people: rendered as "file:line:column: code: message (hint)".
struct Diagnostic {
  enum class Severity : std::uint8_t { error, warning, note };
  Severity severity = Severity::error;
  Error error;
  std::string rule_id;  // where known
};

struct RuleSet {
  std::vector<Rule> rules;
  std::vector<Correlation> correlations;
  std::vector<Diagnostic> diagnostics;
  std::uint64_t given = 0;  // documents that are rules or correlations (filters and globals are not counted)
  std::uint64_t rejected = 0;
  std::uint64_t filters = 0;
  std::uint64_t hidden = 0;  // dropped by --status, --tag, --exclude, --level
  // The same by option; each rule counts once, under the first of these that leaves it out.
  struct HiddenBy {
    std::uint64_t level = 0, status = 0, tag = 0, exclude = 0;
  } hidden_by;
  std::vector<std::string> unmet_tags, unmet_excludes;  // entries of the Selection that no rule answers to
};

}  // namespace tocsin::rules
