// StixPattern: a STIX pattern made ready to be matched, against observed data or, through stix_events.h, against logs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "detect/stix_comparison.h"
#include "stix/binding.h"
#include "stix/observation.h"
#include "stix/observed_data.h"
#include "stix/pattern.h"

namespace tocsin::detect {

// Immutable and thread-safe.
class StixPattern {
 public:
  // Parses and compiles. Errors carry the place in the pattern and a hint.
  static Result<std::shared_ptr<const StixPattern>> compile(std::string_view text);
  StixPattern(const StixPattern&) = delete;
  StixPattern& operator=(const StixPattern&) = delete;

  const stix::Pattern& pattern() const { return pattern_; }
  const stix::BindingPlan& plan() const { return plan_; }
  // Has a regular expression that runs under PCRE2.
  bool slow() const { return slow_; }
  // Does the observation satisfy the expression in brackets, numbered in the order of the text? True where one object
  // in it satisfies the whole expression (section 9.5).
  bool bracket_holds(std::uint32_t bracket, const stix::ObjectGraph& graph, const stix::Observation& observation,
                     StixWork& work) const;
  // The comparisons that are true of the first object that satisfies the expression, with the value each met. Slow
  // path, for output.
  struct Met {
    std::string comparison;  // in the pattern's normal form
    std::uint32_t value;     // into ObjectGraph::values
  };
  std::vector<Met> met(std::uint32_t bracket, const stix::ObjectGraph& graph, const stix::Observation& observation,
                       StixWork& work) const;
  // Every object type that the expression's paths begin with.
  const std::vector<std::string>& types_of(std::uint32_t bracket) const { return types_[bracket]; }

 private:
  StixPattern() = default;
  bool expression_holds(std::uint32_t node, std::string_view type, const stix::ObjectGraph& graph,
                        const stix::Observation& observation, std::uint32_t object, StixWork& work) const;

  stix::Pattern pattern_;
  stix::BindingPlan plan_;
  std::vector<StixComparison> comparisons_;
  std::vector<std::uint32_t> roots_;  // by bracket, into Pattern::expressions
  std::vector<std::vector<std::string>> types_;
  bool slow_ = false;
};

struct StixMatch {
  bool matched = false;
  std::vector<std::uint32_t> observations;  // one way to match: into ObservedData::observations, each once
};

// Error limit where it cannot be decided (stix/binding.h).
Result<StixMatch> match(const StixPattern& pattern, const stix::ObservedData& data, StixWork& work);

}  // namespace tocsin::detect
