// Recursion follows the pattern's parentheses and qualifiers, whose depth the parser limits.
#include <algorithm>

#include "base/limits.h"
#include "stix/binding.h"
#include "stix/binding_time.h"

namespace tocsin::stix {

class BindingPlanner {
 public:
  explicit BindingPlanner(const Pattern& pattern) : pattern_(pattern), bracket_of_(pattern.observations.size()) {
    for (std::size_t at = 0; at < pattern.observations.size(); ++at) {
      if (pattern.observations[at].kind == ObservationNode::Kind::observation) {
        bracket_of_[at] = plan_.brackets_++;
      }
    }
  }

  Result<BindingPlan> make() {
    const auto root = static_cast<std::uint32_t>(pattern_.observations.size() - 1);
    TRY(plan_.root_, build(root, {1, earliest, latest, true}));
    plan_.single_ = plan_.nodes_[plan_.root_].kind == BindingPlan::Node::Kind::leaf &&
                    plan_.leaves_.front().demand == 1 &&
                    std::all_of(plan_.leaves_.front().alternatives.begin(), plan_.leaves_.front().alternatives.end(),
                                [](const auto& a) { return a.from == earliest && a.to == latest; });
    return std::move(plan_);
  }

 private:
  using Node = BindingPlan::Node;
  using Alternative = BindingPlan::Alternative;

  struct Context {
    std::uint64_t times = 1;
    Instant from, to;
    bool free_of_time = true;
  };

  static std::uint64_t product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t out = 0;
    return __builtin_mul_overflow(a, b, &out) ? ~std::uint64_t{0} : out;
  }

  Context within_times(Context context, const ObservationNode& node) const {
    context.from = std::max(context.from, node.start);
    context.to = std::min(context.to, node.stop - 1);
    return context;
  }

  // Does the node always bind exactly one observation? Then it is a list of alternatives, and WITHIN says nothing.
  bool one_observation(std::uint32_t at, const Context& context, std::vector<Alternative>& out) const {
    const ObservationNode& node = pattern_.observations[at];
    switch (node.kind) {
      case ObservationNode::Kind::observation:
        out.push_back({bracket_of_[at], context.from, context.to});
        return true;
      case ObservationNode::Kind::within:
        return one_observation(node.children.front(), context, out);
      case ObservationNode::Kind::start_stop:
        return one_observation(node.children.front(), within_times(context, node), out);
      case ObservationNode::Kind::repeats:
        return node.times == 1 && one_observation(node.children.front(), context, out);
      case ObservationNode::Kind::any_of:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](std::uint32_t child) { return one_observation(child, context, out); });
      case ObservationNode::Kind::all_of:
      case ObservationNode::Kind::followed_by:
        return false;
    }
    return false;
  }

  Result<std::uint32_t> add(Node node) {
    if (plan_.nodes_.size() >= 2 * limits::pattern_expressions_max) {
      return too_many();
    }
    plan_.nodes_.push_back(std::move(node));
    return static_cast<std::uint32_t>(plan_.nodes_.size() - 1);
  }
  static std::unexpected<Error> too_many() {
    return failure(ErrorCode::limit, "the pattern asks for too many observations", {},
                   "at most " + std::to_string(limits::pattern_expressions_max) +
                       " expressions after REPEATS of AND, OR and FOLLOWEDBY is written out");
  }

  Result<std::uint32_t> build(std::uint32_t at, const Context& context) {
    std::vector<Alternative> alternatives;
    if (one_observation(at, context, alternatives)) {
      if (plan_.leaves_.size() >= limits::pattern_expressions_max) {
        return too_many();
      }
      Node node;
      node.leaf = static_cast<std::uint32_t>(plan_.leaves_.size());
      node.leaf_begin = node.leaf;
      node.leaf_end = node.leaf + 1;
      plan_.leaves_.push_back({std::move(alternatives), context.times, context.free_of_time});
      return add(std::move(node));
    }
    const ObservationNode& node = pattern_.observations[at];
    switch (node.kind) {
      case ObservationNode::Kind::start_stop:
        return build(node.children.front(), within_times(context, node));
      case ObservationNode::Kind::repeats: {
        Context inner = context;
        inner.times = product(context.times, node.times);
        return build(node.children.front(), inner);
      }
      case ObservationNode::Kind::all_of:  // (a AND b) REPEATS n is a n times and b n times
        return children(at, Node::Kind::all_of, context);
      case ObservationNode::Kind::any_of:
        return context.times > 1 ? copies(at, context) : children(at, Node::Kind::any_of, context);
      case ObservationNode::Kind::within:
      case ObservationNode::Kind::followed_by: {
        if (context.times > 1) {
          return copies(at, context);
        }
        Context inner = context;
        inner.free_of_time = false;
        return children(at, node.kind == ObservationNode::Kind::within ? Node::Kind::within : Node::Kind::followed_by,
                        inner);
      }
      case ObservationNode::Kind::observation:
        break;  // always one observation
    }
    return too_many();
  }

  Result<std::uint32_t> children(std::uint32_t at, Node::Kind kind, const Context& context) {
    const ObservationNode& written = pattern_.observations[at];
    Node node;
    node.kind = kind;
    node.window = written.window;
    node.leaf_begin = static_cast<std::uint32_t>(plan_.leaves_.size());
    for (const std::uint32_t child : written.children) {
      TRY(const std::uint32_t built, build(child, context));
      node.children.push_back(built);
    }
    node.leaf_end = static_cast<std::uint32_t>(plan_.leaves_.size());
    return add(std::move(node));
  }

  Result<std::uint32_t> copies(std::uint32_t at, Context context) {
    if (context.times > limits::pattern_expressions_max) {
      return too_many();
    }
    Node node;
    node.kind = Node::Kind::all_of;
    node.leaf_begin = static_cast<std::uint32_t>(plan_.leaves_.size());
    const std::uint64_t times = std::exchange(context.times, 1);
    for (std::uint64_t copy = 0; copy < times; ++copy) {
      TRY(const std::uint32_t built, build(at, context));
      if (!node.children.empty()) {
        plan_.nodes_[built].twin = node.children.back();
      }
      node.children.push_back(built);
    }
    node.leaf_end = static_cast<std::uint32_t>(plan_.leaves_.size());
    return add(std::move(node));
  }

  const Pattern& pattern_;
  std::vector<std::uint32_t> bracket_of_;
  BindingPlan plan_;
};

Result<BindingPlan> BindingPlan::make(const Pattern& pattern) { return BindingPlanner(pattern).make(); }

}  // namespace tocsin::stix
