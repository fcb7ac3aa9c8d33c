#include "detect/program.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <string>

#include "base/limits.h"
#include "detect/implementation.h"
#include "detect/plan.h"

namespace tocsin::detect {
namespace {

using rules::Leaf;
using rules::Operator;
using rules::Rule;

// Two leaves with one key ask the same of a value.
void append_key(const Leaf& leaf, std::string& key) {
  const auto number = [&](std::uint64_t value) { key.append(reinterpret_cast<const char*>(&value), sizeof value); };
  const auto text = [&](std::string_view value) {
    number(value.size());
    key.append(value);
  };
  number(static_cast<std::uint64_t>(leaf.op) | static_cast<std::uint64_t>(leaf.part) << 8U |
         static_cast<std::uint64_t>(leaf.cased) << 16U | static_cast<std::uint64_t>(leaf.field.empty()) << 17U |
         static_cast<std::uint64_t>(leaf.boolean) << 18U | static_cast<std::uint64_t>(leaf.regex_ignore_case) << 19U |
         static_cast<std::uint64_t>(leaf.regex_multiline) << 20U |
         static_cast<std::uint64_t>(leaf.regex_dot_all) << 21U | static_cast<std::uint64_t>(leaf.network.v6) << 22U |
         static_cast<std::uint64_t>(leaf.network.prefix_bits) << 24U);
  switch (leaf.op) {
    case Operator::matches:
      for (const rules::Pattern::Piece& piece : leaf.pattern.pieces) {
        number(static_cast<std::uint64_t>(piece.element));
        text(piece.text);
      }
      break;
    case Operator::regex:
      text(leaf.regex);
      break;
    case Operator::cidr:
      key.append(reinterpret_cast<const char*>(leaf.network.bytes), sizeof leaf.network.bytes);
      break;
    default:
      text(leaf.number);
      break;
  }
}

class Compiler {
 public:
  Compiler(Program::Implementation& out, event::FieldTable& table) : out_(out), table_(table) {}

  void run() {
    out_.rules.resize(out_.set->rules.size());
    out_.states.resize(out_.set->rules.size());
    std::size_t leaves = 0;
    for (const Rule& rule : out_.set->rules) {
      leaves += rule.leaves.size();
    }
    matchers_.reserve(leaves);
    out_.matchers.reserve(leaves);
    for (std::uint32_t rule = 0; rule < out_.set->rules.size(); ++rule) {
      add(rule);
    }
    make_lookups();
  }

 private:
  void add(std::uint32_t index) {
    const Rule& rule = out_.set->rules[index];
    CompiledRule& compiled = out_.rules[index];
    RuleState& state = out_.states[index];
    compiled.source = source(rule.log_source);
    compiled.leaves.reserve(rule.leaves.size());
    for (const Leaf& leaf : rule.leaves) {
      CompiledLeaf made;
      const auto number = matcher(leaf);
      if (!number) {
        state.active = false;
        state.reason = number.error().message;
        Error error = number.error();
        error.where = {rule.info.source, leaf.line, leaf.column, Where::unknown_offset};
        out_.diagnostics.push_back({rules::Diagnostic::Severity::error, std::move(error), rule.info.id});
      } else {
        made.matcher = *number;
        if (out_.matchers[*number].regex != nullptr && out_.matchers[*number].regex->slow()) {
          state.slow = true;
          state.reason = "slow: a regular expression needs back references or look-around and runs under PCRE2";
        }
      }
      made.field = leaf.field.empty() ? no_field : field(leaf.field);
      made.other_field = leaf.other_field.empty() ? no_field : field(leaf.other_field);
      compiled.leaves.push_back(made);
    }
    if (written_out(rule) > limits::condition_steps_max) {
      state.active = false;
      state.reason = "the condition mentions its searches too often";
      out_.diagnostics.push_back({rules::Diagnostic::Severity::error,
                                  {ErrorCode::limit, state.reason, {rule.info.source, rule.info.line}, ""},
                                  rule.info.id});
    }
    if (!rule.waiting_for.empty()) {
      state.active = false;
      state.reason = "waiting for list " + rule.waiting_for.front();
    }
    if (!has_reader(rule.log_source)) {
      state.active = false;
      state.has_reader = false;
      state.reason = "no reader yet for log source " + describe(rule.log_source);
    }
    if (state.active) {
      out_.source_rules[compiled.source].push_back(index);
    }
  }

  // Nodes of the tree when those that are used several times are counted each time.
  static std::size_t written_out(const Rule& rule) {
    std::vector<std::size_t> of(rule.nodes.size());
    for (std::size_t at = 0; at < rule.nodes.size(); ++at) {
      of[at] = 1;
      for (const std::uint32_t child : rule.nodes[at].children) {
        of[at] = std::min(of[at] + of[child], limits::condition_steps_max + 1);
      }
    }
    return of.empty() ? 0 : of.back();
  }

  static std::string describe(const rules::LogSource& source) {
    std::string text;
    const auto part = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) {
        text += (text.empty() ? "" : ", ") + std::string(name) + " " + value;
      }
    };
    part("product", source.product);
    part("category", source.category);
    part("service", source.service);
    return text;
  }

  std::uint32_t source(const rules::LogSource& wanted) {
    rules::LogSource key{wanted.product, wanted.category, wanted.service, {}};
    for (std::uint32_t at = 0; at < out_.sources.size(); ++at) {
      if (out_.sources[at] == key) {
        return at;
      }
    }
    out_.sources.push_back(std::move(key));
    out_.source_rules.emplace_back();
    return static_cast<std::uint32_t>(out_.sources.size() - 1);
  }

  std::uint32_t field(const std::string& name) {
    const auto [at, added] = fields_.try_emplace(name, static_cast<std::uint32_t>(out_.field_names.size()));
    if (added) {
      out_.field_names.push_back(name);
    }
    return at->second;
  }

  Result<std::uint32_t> matcher(const Leaf& leaf) {
    key_.clear();
    append_key(leaf, key_);
    if (const auto found = matchers_.find(key_); found != matchers_.end()) {
      return found->second;
    }
    TRY(Matcher made, make_matcher(leaf));
    const auto number = static_cast<std::uint32_t>(out_.matchers.size());
    out_.matchers.push_back(std::move(made));
    matchers_.emplace(key_, number);
    return number;
  }

  // Most fields have the same aliases in every scope; those share one lookup.
  void make_lookups() {
    std::vector<std::uint32_t> general;
    std::vector<bool> aliased;
    for (const std::string& name : out_.field_names) {
      aliased.push_back(has_aliases(name));
      general.push_back(static_cast<std::uint32_t>(out_.lookups.size()));
      out_.lookups.push_back(make_lookup(table_, name, {}));
    }
    out_.lookup_of.resize(std::size_t{alias_sets()} * 2);
    for (AliasSet set = 0; set < alias_sets(); ++set) {
      for (const bool web : {false, true}) {
        std::vector<std::uint32_t>& row = out_.lookup_of[Program::Implementation::scope_index({set, web})];
        row = general;
        for (std::size_t at = 0; at < row.size(); ++at) {
          if (!aliased[at]) {
            continue;
          }
          FieldLookup own = make_lookup(table_, out_.field_names[at], {set, web});
          if (own.aliases.size() != out_.lookups[general[at]].aliases.size()) {
            row[at] = static_cast<std::uint32_t>(out_.lookups.size());
            out_.lookups.push_back(std::move(own));
          }
        }
      }
    }
  }

  Program::Implementation& out_;
  event::FieldTable& table_;
  // Boost's own hash of a text takes it character by character.
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const std::string& text) const { return std::hash<std::string>{}(text); }
  };
  boost::unordered_flat_map<std::string, std::uint32_t, Hash> fields_, matchers_;
  std::string key_;
};

}  // namespace

Program::Implementation::Implementation() = default;
Program::Implementation::~Implementation() = default;

std::shared_ptr<const Program> Program::compile(std::shared_ptr<const rules::RuleSet> set, event::FieldTable& fields,
                                                Engine engine) {
  auto implementation = std::make_shared<Implementation>();
  implementation->set = std::move(set);
  implementation->engine = engine;
  Compiler(*implementation, fields).run();
  implementation->plans = std::make_unique<PlanCache>(*implementation);
  return std::make_shared<const Program>(std::move(implementation));
}

const rules::RuleSet& Program::set() const { return *implementation_->set; }
std::span<const RuleState> Program::states() const { return implementation_->states; }
std::span<const rules::Diagnostic> Program::diagnostics() const { return implementation_->diagnostics; }
bool Program::gave_up(std::uint32_t rule) const {
  if (!implementation_->states[rule].slow) {
    return false;
  }
  const std::vector<CompiledLeaf>& leaves = implementation_->rules[rule].leaves;
  return std::any_of(leaves.begin(), leaves.end(), [this](const CompiledLeaf& leaf) {
    const Regex* regex = leaf.matcher == no_matcher ? nullptr : implementation_->matchers[leaf.matcher].regex.get();
    return regex != nullptr && regex->gave_up();
  });
}

}  // namespace tocsin::detect
