#include "rules/stored_rules.h"

#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace tocsin::rules {
namespace {

// The last value of each enum, so that no other one is ever read.
constexpr Pattern::Element last_of(Pattern::Element) { return Pattern::Element::dash; }
constexpr Operator last_of(Operator) { return Operator::field_ends_with; }
constexpr TimePart last_of(TimePart) { return TimePart::year; }
constexpr Node::Kind last_of(Node::Kind) { return Node::Kind::never; }
constexpr Level last_of(Level) { return Level::critical; }
constexpr Correlation::Type last_of(Correlation::Type) { return Correlation::Type::value_median; }
constexpr Diagnostic::Severity last_of(Diagnostic::Severity) { return Diagnostic::Severity::note; }
constexpr ErrorCode last_of(ErrorCode) {
  constexpr int count = 0
#define ERROR(name, code, exit, text) +1
#include "base/errors.def"
#undef ERROR
      ;
  return static_cast<ErrorCode>(count - 1);
}

// The members of each type, once for both directions. A structured binding names all of them: a member that is added to
// a type and forgotten here does not compile.
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Pattern::Piece>
void members(Archive& archive, T& piece) {
  auto& [element, text] = piece;
  archive(element, text);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Pattern>
void members(Archive& archive, T& pattern) {
  auto& [pieces] = pattern;
  archive(pieces);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Network>
void members(Archive& archive, T& network) {
  auto& [bytes, prefix_bits, v6] = network;
  for (auto& byte : bytes) {
    archive(byte);
  }
  archive(prefix_bits, v6);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Leaf>
void members(Archive& archive, T& leaf) {
  auto& [field, op, cased, part, pattern, regex, regex_ignore_case, regex_multiline, regex_dot_all, network, number,
         boolean, other_field, line, column, written] = leaf;
  archive(field, op, cased, part, pattern, regex, regex_ignore_case, regex_multiline, regex_dot_all);
  if (op == Operator::cidr) {
    archive(network);
  }
  archive(number, boolean, other_field, line, column, written);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Node>
void members(Archive& archive, T& node) {
  auto& [kind, leaf, children, label] = node;
  archive(kind, leaf, children, label);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, LogSource>
void members(Archive& archive, T& source) {
  auto& [product, category, service, definition] = source;
  archive(product, category, service, definition);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, RuleInfo>
void members(Archive& archive, T& info) {
  auto& [id, name, title, status, description, author, license, date, modified, taxonomy, level, tags, references,
         false_positives, fields, scope, source, line, kind] = info;
  archive(id, name, title, status, description, author, license, date, modified, taxonomy, level, tags, references,
          false_positives, fields, scope, source, line, kind);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Rule>
void members(Archive& archive, T& rule) {
  auto& [info, log_source, leaves, nodes, emits, waiting_for, filters, unfiltered_nodes, unfiltered_leaves] = rule;
  archive(info, log_source, leaves, nodes, emits, waiting_for, filters, unfiltered_nodes, unfiltered_leaves);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Correlation::Bound>
void members(Archive& archive, T& bound) {
  auto& [op, negated, value] = bound;
  archive(op, negated, value);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, std::pair<std::string, std::string>>
void members(Archive& archive, T& pair) {
  archive(pair.first, pair.second);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Correlation::Alias>
void members(Archive& archive, T& alias) {
  auto& [name, fields] = alias;
  archive(name, fields);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Correlation>
void members(Archive& archive, T& correlation) {
  auto& [info, type, rules, inputs, group_by, aliases, timespan_seconds, bounds, value_fields, percentile, condition,
         generate, emits] = correlation;
  archive(info, type, rules, inputs, group_by, aliases, timespan_seconds, bounds, value_fields, percentile, condition,
          generate, emits);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Where>
void members(Archive& archive, T& where) {
  auto& [source, line, column, offset] = where;
  archive(source, line, column, offset);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Error>
void members(Archive& archive, T& error) {
  auto& [code, message, where, hint] = error;
  archive(code, message, where, hint);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, Diagnostic>
void members(Archive& archive, T& diagnostic) {
  auto& [severity, error, rule_id] = diagnostic;
  archive(severity, error, rule_id);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, RuleSet::HiddenBy>
void members(Archive& archive, T& hidden) {
  auto& [level, status, tag, exclude] = hidden;
  archive(level, status, tag, exclude);
}
template <class Archive, class T>
  requires std::same_as<std::remove_const_t<T>, RuleSet>
void members(Archive& archive, T& set) {
  auto& [rules, correlations, diagnostics, given, rejected, filters, hidden, hidden_by, unmet_tags, unmet_excludes] =
      set;
  archive(rules, correlations, diagnostics, given, rejected, filters, hidden, hidden_by, unmet_tags, unmet_excludes);
}

class Writer {
 public:
  template <class... Values>
  void operator()(const Values&... values) {
    (put(values), ...);
  }
  std::string take() { return std::move(out_); }

 private:
  // Seven bits a byte, the lowest first; the top bit says that more follow.
  void put_count(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) {
      out_ += static_cast<char>(value | 0x80U);
    }
    out_ += static_cast<char>(value);
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      out_ += value ? '\1' : '\0';
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(sizeof(T) == 1);
      out_ += static_cast<char>(value);
    } else if constexpr (std::unsigned_integral<T>) {
      put_count(value);
    } else if constexpr (std::same_as<T, std::int64_t> || std::same_as<T, double>) {
      char bytes[sizeof(T)];
      std::memcpy(bytes, &value, sizeof bytes);
      out_.append(bytes, sizeof bytes);
    } else {
      members(*this, value);
    }
  }
  void put(const std::string& text) {
    put_count(text.size());
    out_ += text;
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put_count(values.size());
    for (const T& value : values) {
      put(value);
    }
  }

  std::string out_;
};

// Reads what is there. After the first wrong byte everything that is read is empty, and failed() says so.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  template <class... Values>
  void operator()(Values&... values) {
    (get(values), ...);
  }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  std::uint8_t get_byte() {
    if (rest_.empty()) {
      fail();
      return 0;
    }
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::uint64_t get_count() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = get_byte();
      const std::uint64_t bits = byte & 0x7FU;
      if (shift == 63 && bits > 1) {
        break;
      }
      value |= bits << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
    fail();
    return 0;
  }
  template <class T>
  void get(T& value) {
    if constexpr (std::same_as<T, bool>) {
      const std::uint8_t byte = get_byte();
      value = byte == 1;
      if (byte > 1) {
        fail();
      }
    } else if constexpr (std::is_enum_v<T>) {
      const std::uint8_t byte = get_byte();
      if (byte > static_cast<std::uint8_t>(last_of(T{}))) {
        fail();
      } else {
        value = static_cast<T>(byte);
      }
    } else if constexpr (std::unsigned_integral<T>) {
      const std::uint64_t count = get_count();
      if (count > std::numeric_limits<T>::max()) {
        fail();
      } else {
        value = static_cast<T>(count);
      }
    } else if constexpr (std::same_as<T, std::int64_t> || std::same_as<T, double>) {
      if (rest_.size() < sizeof(T)) {
        return fail();
      }
      std::memcpy(&value, rest_.data(), sizeof value);
      rest_.remove_prefix(sizeof value);
    } else {
      members(*this, value);
    }
  }
  void get(std::string& text) {
    const std::uint64_t size = get_count();
    if (size > rest_.size()) {
      return fail();
    }
    text.assign(rest_.data(), size);
    rest_.remove_prefix(size);
  }
  template <class T>
  void get(std::vector<T>& values) {
    // Every value takes a byte at least; a value in memory takes more, so room is made only as they come.
    const std::uint64_t count = get_count();
    if (count > rest_.size()) {
      return fail();
    }
    values.reserve(std::min<std::uint64_t>(count, 64 + rest_.size() / sizeof(T)));
    for (std::uint64_t at = 0; at < count && !failed_; ++at) {
      get(values.emplace_back());
    }
  }

  std::string_view rest_;
  bool failed_ = false;
};

// Children before parents, each with one parent, the root last.
bool is_tree(const std::vector<Node>& nodes, std::size_t leaves) {
  std::vector<bool> has_parent(nodes.size());
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    if (nodes[at].kind == Node::Kind::leaf && nodes[at].leaf >= leaves) {
      return false;
    }
    for (const std::uint32_t child : nodes[at].children) {
      if (child >= at || has_parent[child]) {
        return false;
      }
      has_parent[child] = true;
    }
  }
  return true;
}

bool is_sound(const Rule& rule) {
  if (rule.nodes.empty() || !is_tree(rule.nodes, rule.leaves.size()) || rule.unfiltered_nodes > rule.nodes.size() ||
      rule.unfiltered_leaves > rule.leaves.size()) {
    return false;
  }
  for (const Leaf& leaf : rule.leaves) {
    if (leaf.network.prefix_bits > (leaf.network.v6 ? 128 : 32)) {
      return false;
    }
  }
  // What the filters left alone must be a tree of its own.
  for (std::size_t at = 0; at < rule.unfiltered_nodes; ++at) {
    if (rule.nodes[at].kind == Node::Kind::leaf && rule.nodes[at].leaf >= rule.unfiltered_leaves) {
      return false;
    }
  }
  return rule.filters.empty() || rule.unfiltered_nodes > 0;
}

// Inputs that are there, and no correlation that waits for itself.
bool are_sound(const std::vector<Correlation>& correlations, std::size_t rules) {
  std::vector<std::uint32_t> waits_for(correlations.size());
  std::vector<std::vector<std::uint32_t>> waited_for_by(correlations.size());
  std::vector<std::uint32_t> ready;
  for (std::uint32_t at = 0; at < correlations.size(); ++at) {
    if (!is_tree(correlations[at].condition, correlations[at].inputs.size())) {
      return false;
    }
    for (const std::uint32_t input : correlations[at].inputs) {
      if (input >= rules + correlations.size()) {
        return false;
      }
      if (input >= rules) {
        ++waits_for[at];
        waited_for_by[input - rules].push_back(at);
      }
    }
    if (waits_for[at] == 0) {
      ready.push_back(at);
    }
  }
  for (std::size_t at = 0; at < ready.size(); ++at) {
    for (const std::uint32_t next : waited_for_by[ready[at]]) {
      if (--waits_for[next] == 0) {
        ready.push_back(next);
      }
    }
  }
  return ready.size() == correlations.size();
}

}  // namespace

std::string store_rules(const RuleSet& set) {
  Writer writer;
  writer(set);
  return writer.take();
}

Result<RuleSet> read_stored_rules(std::string_view bytes) {
  Reader reader(bytes);
  RuleSet set;
  reader(set);
  const auto damaged = [](std::string_view what) {
    return failure(ErrorCode::damaged, "stored rules " + std::string(what), {}, "they are made again from the rules");
  };
  if (reader.failed() || !reader.at_end()) {
    return damaged("do not have their form");
  }
  for (const Rule& rule : set.rules) {
    if (!is_sound(rule)) {
      return damaged("hold a rule that is not whole");
    }
  }
  if (!are_sound(set.correlations, set.rules.size())) {
    return damaged("hold a correlation that is not whole");
  }
  return set;
}

}  // namespace tocsin::rules
