// What a Program holds: the rules of the set with their leaves made ready, shared by both evaluators.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/field_lookup.h"
#include "detect/log_source_map.h"
#include "detect/matcher.h"
#include "detect/program.h"

namespace tocsin::detect {

class PlanCache;

inline constexpr std::uint32_t no_field = ~std::uint32_t{0};

inline constexpr std::uint32_t no_matcher = ~std::uint32_t{0};

struct CompiledLeaf {
  std::uint32_t matcher = no_matcher;    // into Implementation::matchers; no_matcher: cannot be compiled, never true
  std::uint32_t field = no_field;        // into Implementation::field_names; no_field: keyword
  std::uint32_t other_field = no_field;  // field_*
};

struct CompiledRule {
  std::uint32_t source = 0;  // into Implementation::sources
  std::vector<CompiledLeaf> leaves;
};

struct Program::Implementation {
  Implementation();
  ~Implementation();

  std::shared_ptr<const rules::RuleSet> set;
  Engine engine = Engine::indexed;
  std::vector<CompiledRule> rules;                       // index as RuleSet::rules
  std::vector<Matcher> matchers;                         // one for all leaves of one meaning
  std::vector<std::string> field_names;                  // as rules write them
  std::vector<rules::LogSource> sources;                 // the different log sources of the set
  std::vector<std::vector<std::uint32_t>> source_rules;  // their active rules
  std::vector<FieldLookup> lookups;                      // see lookup()
  std::vector<std::vector<std::uint32_t>> lookup_of;     // scope_index → field → into lookups
  std::vector<RuleState> states;
  std::vector<rules::Diagnostic> diagnostics;
  std::unique_ptr<PlanCache> plans;

  static std::size_t scope_index(Scope scope) { return scope.set * std::size_t{2} + (scope.web ? 1 : 0); }
  const FieldLookup& lookup(std::uint32_t field, Scope scope) const {
    return lookups[lookup_of[scope_index(scope)][field]];
  }
};

}  // namespace tocsin::detect
