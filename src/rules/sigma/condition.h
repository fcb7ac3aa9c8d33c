// The condition grammar: or < and < not < "x of pattern" < ( ), over names that the caller resolves
// (sigma-rules-specification.md "Condition"). Correlations use the same grammar over rule names.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace tocsin::rules::sigma {

struct ConditionProblem {
  ErrorCode code = ErrorCode::rule_invalid;
  std::string message;
  std::string hint;
  std::size_t at = 0;  // byte of the condition
};

template <class T>
using ConditionResult = std::expected<T, ConditionProblem>;

// What a name or a selector stands for, as a node of the caller's tree.
class ConditionNames {
 public:
  virtual ~ConditionNames() = default;
  virtual ConditionResult<std::uint32_t> name(std::string_view text, std::size_t at) = 0;
  // "1 of", "any of" (all == false) or "all of" a pattern or "them"; `written` is the whole of it.
  virtual ConditionResult<std::uint32_t> selector(bool all, std::string_view pattern, std::string_view written,
                                                  std::size_t at) = 0;
};

// Appends the nodes of the condition and gives the root. No recursion; parentheses and `not` at most
// limits::condition_depth_max deep.
ConditionResult<std::uint32_t> parse_condition(std::string_view text, ConditionNames& names, std::vector<Node>& nodes);

// "sel*_x" with * for any characters.
bool matches_name_pattern(std::string_view pattern, std::string_view name);

// The name of `known` that is closest to `name`, or "" where none is near.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace tocsin::rules::sigma
