#include "detect/stix_pattern.h"

#include <algorithm>

#include "base/limits.h"
#include "stix/pattern_lexer.h"

namespace tocsin::detect {

using stix::ExpressionNode;
using stix::ObservationNode;

Result<std::shared_ptr<const StixPattern>> StixPattern::compile(std::string_view text) {
  std::shared_ptr<StixPattern> made(new StixPattern);
  TRY(made->pattern_, stix::parse_pattern(text));
  TRY(made->plan_, stix::BindingPlan::make(made->pattern_));
  const stix::Pattern& pattern = made->pattern_;
  for (const stix::Comparison& comparison : pattern.comparisons) {
    auto ready = StixComparison::make(comparison);
    if (!ready) {
      Error error = std::move(ready).error();
      error.where = stix::where_in(pattern.text, comparison.offset);
      return std::unexpected(std::move(error));
    }
    made->slow_ = made->slow_ || ready->slow();
    made->comparisons_.push_back(*std::move(ready));
  }
  std::uint32_t seen = 0;  // expressions stand in the order of the text
  for (const ObservationNode& node : pattern.observations) {
    if (node.kind != ObservationNode::Kind::observation) {
      continue;
    }
    made->roots_.push_back(node.expression);
    auto& types = made->types_.emplace_back();
    for (; seen <= node.expression; ++seen) {
      const ExpressionNode& expression = pattern.expressions[seen];
      if (expression.kind == ExpressionNode::Kind::comparison) {
        const std::string& type = pattern.comparisons[expression.comparison].path.type;
        if (std::find(types.begin(), types.end(), type) == types.end()) {
          types.push_back(type);
        }
      }
    }
  }
  return std::shared_ptr<const StixPattern>(std::move(made));
}

bool StixPattern::bracket_holds(std::uint32_t bracket, const stix::ObjectGraph& graph,
                                const stix::Observation& observation, StixWork& work) const {
  const std::vector<std::string>& types = types_[bracket];
  return std::any_of(observation.members.begin(), observation.members.end(), [&](const auto& member) {
    const stix::Object& object = graph.objects[member.object];
    return std::find(types.begin(), types.end(), object.type) != types.end() &&
           expression_holds(roots_[bracket], object.type, graph, observation, object.value, work);
  });
}

// Recursion follows the pattern's parentheses, whose depth the parser limits.
bool StixPattern::expression_holds(std::uint32_t at, std::string_view type, const stix::ObjectGraph& graph,
                                   const stix::Observation& observation, std::uint32_t object, StixWork& work) const {
  const ExpressionNode& node = pattern_.expressions[at];
  const auto holds = [&](std::uint32_t child) {
    return expression_holds(child, type, graph, observation, object, work);
  };
  switch (node.kind) {
    case ExpressionNode::Kind::comparison:
      return pattern_.comparisons[node.comparison].path.type == type &&
             comparisons_[node.comparison].holds(graph, observation, object, work);
    case ExpressionNode::Kind::all_of:
      return std::all_of(node.children.begin(), node.children.end(), holds);
    case ExpressionNode::Kind::any_of:
      return std::any_of(node.children.begin(), node.children.end(), holds);
  }
  return false;
}

std::vector<StixPattern::Met> StixPattern::met(std::uint32_t bracket, const stix::ObjectGraph& graph,
                                               const stix::Observation& observation, StixWork& work) const {
  std::vector<Met> out;
  for (const auto& member : observation.members) {
    const stix::Object& object = graph.objects[member.object];
    if (!expression_holds(roots_[bracket], object.type, graph, observation, object.value, work)) {
      continue;
    }
    std::vector<std::uint32_t> waiting = {roots_[bracket]};
    while (!waiting.empty()) {
      const std::uint32_t at = waiting.back();
      waiting.pop_back();
      const ExpressionNode& node = pattern_.expressions[at];
      if (!expression_holds(at, object.type, graph, observation, object.value, work)) {
        continue;
      }
      if (node.kind == ExpressionNode::Kind::comparison) {
        std::uint32_t value = object.value;
        comparisons_[node.comparison].holds(graph, observation, object.value, work, &value);
        out.push_back({stix::comparison_text(pattern_.comparisons[node.comparison]), value});
      }
      waiting.insert(waiting.end(), node.children.rbegin(), node.children.rend());
    }
    break;
  }
  return out;
}

Result<StixMatch> match(const StixPattern& pattern, const stix::ObservedData& data, StixWork& work) {
  work.renew();
  std::vector<stix::Occurrence> occurrences;
  occurrences.reserve(data.observations.size());
  std::vector<std::vector<std::uint32_t>> candidates(pattern.plan().brackets());
  for (std::uint32_t i = 0; i < data.observations.size(); ++i) {
    const stix::Observation& observation = data.observations[i];
    occurrences.push_back({observation.first, observation.last, observation.count, observation.timed});
    for (std::uint32_t bracket = 0; bracket < candidates.size(); ++bracket) {
      if (pattern.bracket_holds(bracket, data.graph, observation, work)) {
        candidates[bracket].push_back(i);
      }
    }
    if (work.exhausted) {
      return failure(ErrorCode::limit, "it takes too many steps to compare the pattern with so much data", {},
                     "fewer observations, or a simpler pattern");
    }
  }
  std::uint64_t steps = limits::pattern_steps_max;
  TRY(auto bound, stix::find_binding(pattern.plan(), occurrences, candidates, steps));
  StixMatch result;
  if (bound) {
    result.matched = true;
    result.observations = *std::move(bound);
  }
  return result;
}

}  // namespace tocsin::detect
