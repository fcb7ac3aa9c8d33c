// Binding: which observations together satisfy the observation operators and qualifiers of a pattern (STIX 2.1 section
// 9.5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "stix/pattern.h"

namespace tocsin::stix {

// When something was observed, and how often, as far as binding needs to know it.
struct Occurrence {
  Instant first = 0, last = 0;  // its moment may be chosen anywhere between, both included
  std::uint64_t count = 1;      // different observations that it stands for
  bool timed = true;            // false: it cannot satisfy anything about time
};

// A pattern's operators and qualifiers made ready. START … STOP has moved to the expressions, REPEATS of one expression
// became a number, REPEATS of anything else was written out. Immutable.
class BindingPlan {
 public:
  // Error limit where the pattern has more than limits::pattern_expressions_max expressions after that.
  static Result<BindingPlan> make(const Pattern& pattern);

  // One observation of any expression in brackets, at any time, decides.
  bool single() const { return single_; }
  // Number of expressions in brackets.
  std::uint32_t brackets() const { return brackets_; }

  struct Alternative {
    std::uint32_t bracket = 0;  // in the order of the text
    Instant from = 0, to = 0;   // both included
  };
  // So many different observations, each of them satisfying one of the alternatives.
  struct Leaf {
    std::vector<Alternative> alternatives;
    std::uint64_t demand = 1;
    bool free_of_time = true;  // not below WITHIN or FOLLOWEDBY
  };
  struct Node {
    enum class Kind : std::uint8_t { leaf, all_of, any_of, followed_by, within };
    Kind kind = Kind::leaf;
    std::uint32_t leaf = 0;
    std::uint32_t leaf_begin = 0, leaf_end = 0;  // the leaves below this node
    std::uint32_t twin = none;                   // the copy before this one, of a REPEATS that was written out
    Instant window = 0;
    std::vector<std::uint32_t> children;
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  const std::vector<Leaf>& leaves() const { return leaves_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  std::uint32_t root() const { return root_; }

 private:
  friend class BindingPlanner;
  std::vector<Leaf> leaves_;
  std::vector<Node> nodes_;
  std::uint32_t root_ = 0;
  std::uint32_t brackets_ = 0;
  bool single_ = false;
};

// Finds different occurrences for all expressions, with moments that keep every qualifier; the match that is complete
// first in time. candidates[bracket] names the occurrences that satisfy the expression, each once. Returns the
// occurrences taken, in the order of the pattern's expressions, each once; nothing where there is no match; error limit
// after `steps` steps without an answer; `steps` gets what is left of them. Exact. Cost: near linear where the
// expressions' candidates differ; exponential at worst, hence the limit.
Result<std::optional<std::vector<std::uint32_t>>> find_binding(const BindingPlan& plan,
                                                               std::span<const Occurrence> occurrences,
                                                               std::span<const std::vector<std::uint32_t>> candidates,
                                                               std::uint64_t& steps);

}  // namespace tocsin::stix
