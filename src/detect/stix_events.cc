#include "detect/stix_events.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <tuple>

#include "base/limits.h"
#include "detect/stix_event_objects.h"

namespace tocsin::detect {

namespace {

// One expression may spend so much of the work that an event may cost (limits::pattern_work_max) at most.
constexpr std::uint64_t expression_work_max = limits::pattern_work_max / 40;
// Steps for all matches of one pattern over several events.
constexpr std::uint64_t joining_steps_max = 10 * limits::pattern_steps_max;

}  // namespace

using stix::Comparison;
using stix::ComparisonOperator;
using stix::ExpressionNode;
using stix::Literal;
using stix::ObservationNode;

// ---- StixRules ---------------------------------------------------------------------------------------------

struct StixRules::Implementation {
  struct Bracket {
    std::uint32_t pattern, bracket;
  };
  std::vector<Bracket> brackets;
  // An expression that needs one of a few exact strings waits for them here; the others are asked of every event that
  // has an object of their types.
  boost::unordered_flat_map<std::string_view, std::vector<std::uint32_t>> by_value;
  boost::unordered_flat_map<std::string_view, std::vector<std::uint32_t>> by_type;
};

namespace {

// Strings of which one must be a value of the event for the expression to hold; nothing where no such list is known.
// Recursion follows the pattern's parentheses, whose depth the parser limits.
std::optional<std::vector<std::string_view>> witness(const stix::Pattern& pattern, std::uint32_t at) {
  const ExpressionNode& node = pattern.expressions[at];
  switch (node.kind) {
    case ExpressionNode::Kind::comparison: {
      const Comparison& comparison = pattern.comparisons[node.comparison];
      const bool exact = comparison.op == ComparisonOperator::equal || comparison.op == ComparisonOperator::in;
      const bool octets = std::any_of(comparison.path.steps.begin(), comparison.path.steps.end(), [](const auto& step) {
        return step.key.ends_with("_bin") || step.key.ends_with("_hex");
      });
      if (!exact || comparison.negated || octets) {
        return std::nullopt;
      }
      std::vector<std::string_view> out;
      for (const Literal& literal : comparison.values) {
        if (literal.kind != Literal::Kind::string) {
          return std::nullopt;
        }
        out.push_back(literal.text);
      }
      // A type stands in every event of its kind.
      return comparison.path.steps.back().key == "type" ? std::nullopt : std::optional(std::move(out));
    }
    case ExpressionNode::Kind::all_of: {
      std::optional<std::vector<std::string_view>> best;
      for (const std::uint32_t child : node.children) {
        auto own = witness(pattern, child);
        if (own && (!best || own->size() < best->size())) {
          best = std::move(own);
        }
      }
      return best;
    }
    case ExpressionNode::Kind::any_of: {
      std::vector<std::string_view> all;
      for (const std::uint32_t child : node.children) {
        const auto own = witness(pattern, child);
        if (!own) {
          return std::nullopt;
        }
        all.insert(all.end(), own->begin(), own->end());
      }
      return all;
    }
  }
  return std::nullopt;
}

// Could an event satisfy the expression, if every comparison of an object that events are seen as were true?
bool could_hold(const stix::Pattern& pattern, std::uint32_t at) {
  const ExpressionNode& node = pattern.expressions[at];
  const auto child_could = [&](std::uint32_t child) { return could_hold(pattern, child); };
  switch (node.kind) {
    case ExpressionNode::Kind::comparison:
      return StixEventObjects::makes(pattern.comparisons[node.comparison].path.type);
    case ExpressionNode::Kind::all_of:
      return std::all_of(node.children.begin(), node.children.end(), child_could);
    case ExpressionNode::Kind::any_of:
      return std::any_of(node.children.begin(), node.children.end(), child_could);
  }
  return false;
}

bool could_match(const stix::Pattern& pattern, std::uint32_t at) {
  const ObservationNode& node = pattern.observations[at];
  const auto child_could = [&](std::uint32_t child) { return could_match(pattern, child); };
  switch (node.kind) {
    case ObservationNode::Kind::observation:
      return could_hold(pattern, node.expression);
    case ObservationNode::Kind::any_of:
      return std::any_of(node.children.begin(), node.children.end(), child_could);
    case ObservationNode::Kind::all_of:
    case ObservationNode::Kind::followed_by:
    case ObservationNode::Kind::within:
    case ObservationNode::Kind::start_stop:
    case ObservationNode::Kind::repeats:
      return std::all_of(node.children.begin(), node.children.end(), child_could);
  }
  return false;
}

}  // namespace

StixRules::StixRules(std::vector<std::shared_ptr<const StixPattern>> patterns) : patterns_(std::move(patterns)) {
  auto made = std::make_shared<Implementation>();
  for (std::uint32_t at = 0; at < patterns_.size(); ++at) {
    const StixPattern& pattern = *patterns_[at];
    std::uint32_t bracket = 0;
    for (const ObservationNode& node : pattern.pattern().observations) {
      if (node.kind != ObservationNode::Kind::observation) {
        continue;
      }
      const auto number = static_cast<std::uint32_t>(made->brackets.size());
      made->brackets.push_back({at, bracket});
      if (const auto values = witness(pattern.pattern(), node.expression)) {
        for (const std::string_view value : *values) {
          auto& list = made->by_value[value];
          if (list.empty() || list.back() != number) {
            list.push_back(number);
          }
        }
      } else {
        for (const std::string& type : pattern.types_of(bracket)) {
          made->by_type[type].push_back(number);
        }
      }
      ++bracket;
    }
  }
  implementation_ = std::move(made);
}

StixRules::Unknown StixRules::unknown_types(const StixPattern& pattern) {
  Unknown out;
  for (std::uint32_t bracket = 0; bracket < pattern.plan().brackets(); ++bracket) {
    for (const std::string& type : pattern.types_of(bracket)) {
      if (!StixEventObjects::makes(type) && std::find(out.types.begin(), out.types.end(), type) == out.types.end()) {
        out.types.push_back(type);
      }
    }
  }
  out.all = !out.types.empty() &&
            !could_match(pattern.pattern(), static_cast<std::uint32_t>(pattern.pattern().observations.size() - 1));
  return out;
}

// ---- StixScanner -------------------------------------------------------------------------------------------

struct StixScanner::State {
  State(std::shared_ptr<const StixRules> given, event::FieldTable& fields)
      : rules(std::move(given)), objects(fields), asked(rules->implementation().brackets.size()) {}

  void ask(std::span<const std::uint32_t> brackets) {
    for (const std::uint32_t number : brackets) {
      if (asked[number] != stamp) {
        asked[number] = stamp;
        candidates.push_back(number);
      }
    }
  }

  std::shared_ptr<const StixRules> rules;
  StixEventObjects objects;
  StixWork work;
  std::vector<std::uint64_t> asked;  // by bracket: the event for which it was asked last
  std::uint64_t stamp = 0;
  std::vector<std::uint32_t> candidates;
};

StixScanner::StixScanner(std::shared_ptr<const StixRules> rules, event::FieldTable& fields)
    : state_(std::make_unique<State>(std::move(rules), fields)) {}
StixScanner::~StixScanner() = default;

const StixWork& StixScanner::work() const { return state_->work; }

void StixScanner::scan(const event::EventBatch& batch, std::vector<StixHit>& hits) {
  const StixRules::Implementation& rules = state_->rules->implementation();
  for (std::uint32_t at = 0; at < batch.events.size(); ++at) {
    if (rules.brackets.empty() || !state_->objects.make(batch, batch.events[at])) {
      continue;
    }
    const stix::ObjectGraph& graph = state_->objects.graph();
    ++state_->stamp;
    state_->candidates.clear();
    for (const stix::Object& object : graph.objects) {
      if (const auto found = rules.by_type.find(object.type); found != rules.by_type.end()) {
        state_->ask(found->second);
      }
    }
    if (!rules.by_value.empty()) {
      for (const stix::Value& value : graph.values) {
        if (value.kind == stix::ValueKind::string) {
          if (const auto found = rules.by_value.find(value.text); found != rules.by_value.end()) {
            state_->ask(found->second);
          }
        }
      }
    }
    std::sort(state_->candidates.begin(), state_->candidates.end());
    std::uint32_t told = ~std::uint32_t{0};  // a pattern that this event decided alone
    std::uint64_t left = limits::pattern_work_max;
    for (const std::uint32_t number : state_->candidates) {
      const auto& [pattern, bracket] = rules.brackets[number];
      const StixPattern& asked = *state_->rules->patterns()[pattern];
      if (pattern == told) {
        continue;
      }
      StixWork& work = state_->work;
      work.left_max = std::min(left, expression_work_max);
      work.renew();
      if (asked.bracket_holds(bracket, graph, state_->objects.observation(), work)) {
        hits.push_back({at, pattern, bracket});
        told = asked.plan().single() ? pattern : told;
      } else if (work.exhausted) {
        ++work.unfinished;
      }
      left -= work.left_max - work.left;
    }
  }
}

std::vector<StixMatched> StixScanner::matched(const event::EventBatch& batch, const StixHit& hit) {
  std::vector<StixMatched> out;
  if (!state_->objects.make(batch, batch.events[hit.event])) {
    return out;
  }
  const stix::ObjectGraph& graph = state_->objects.graph();
  for (const StixPattern::Met& met :
       state_->rules->patterns()[hit.pattern]->met(hit.bracket, graph, state_->objects.observation(), state_->work)) {
    out.push_back({met.comparison, state_->objects.field_of(met.value).value_or(event::overflow_field),
                   std::string(graph.values[met.value].text)});
  }
  return out;
}

// ---- StixJoiner --------------------------------------------------------------------------------------------

struct StixJoiner::State {
  explicit State(std::shared_ptr<const StixRules> given) : rules(std::move(given)), seen(rules->patterns().size()) {
    for (const auto& pattern : rules->patterns()) {
      any = any || !pattern->plan().single();
    }
  }

  static auto order(const StixSeen& hit) {
    return std::tuple(hit.time, hit.source, hit.record, hit.offset, hit.bracket);
  }
  static bool same_event(const StixSeen& a, const StixSeen& b) {
    return a.source == b.source && a.record == b.record && a.offset == b.offset;
  }

  // Keeps the newest.
  void shrink(std::vector<StixSeen>& list, std::size_t keep) {
    if (list.size() <= keep) {
      return;
    }
    std::sort(list.begin(), list.end(), [](const StixSeen& a, const StixSeen& b) { return order(a) < order(b); });
    const std::size_t over = list.size() - keep;
    list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(over));
    dropped += over;
    total -= over;
  }

  void join(std::uint32_t pattern, const std::function<bool()>& stop, std::vector<StixJoined>& out);

  std::shared_ptr<const StixRules> rules;
  std::vector<std::vector<StixSeen>> seen;  // by pattern
  std::size_t total = 0;
  std::uint64_t dropped = 0;
  std::uint64_t undecided = 0;
  std::uint64_t cut = 0;
  bool any = false;
};

StixJoiner::StixJoiner(std::shared_ptr<const StixRules> rules) : state_(std::make_unique<State>(std::move(rules))) {}
StixJoiner::~StixJoiner() = default;

bool StixJoiner::empty() const { return !state_->any; }
std::uint64_t StixJoiner::dropped() const { return state_->dropped; }
std::uint64_t StixJoiner::undecided() const { return state_->undecided; }
std::uint64_t StixJoiner::cut() const { return state_->cut; }

void StixJoiner::add(const StixSeen& hit) {
  if (state_->rules->patterns()[hit.pattern]->plan().single()) {
    return;
  }
  auto& list = state_->seen[hit.pattern];
  list.push_back(hit);
  ++state_->total;
  // A quarter more than the limit, so that sorting is rare.
  if (list.size() >= limits::pattern_events_max + limits::pattern_events_max / 4) {
    state_->shrink(list, limits::pattern_events_max);
  }
  if (state_->total > limits::pattern_events_total_max) {
    for (auto& other : state_->seen) {
      state_->shrink(other, other.size() / 2);
    }
  }
}

void StixJoiner::State::join(std::uint32_t pattern, const std::function<bool()>& stop, std::vector<StixJoined>& out) {
  const stix::BindingPlan& plan = rules->patterns()[pattern]->plan();
  std::vector<StixSeen>& list = seen[pattern];
  shrink(list, limits::pattern_events_max);
  std::sort(list.begin(), list.end(), [](const StixSeen& a, const StixSeen& b) { return order(a) < order(b); });
  std::vector<stix::Occurrence> occurrences;
  std::vector<std::size_t> first_hit;  // of an occurrence, in list
  std::vector<std::vector<std::uint32_t>> candidates(plan.brackets());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i == 0 || !same_event(list[i], list[i - 1])) {
      const stix::Instant moment = list[i].time.known() ? stix::from_time(list[i].time) : stix::Instant{0};
      occurrences.push_back({moment, moment, 1, list[i].time.known()});
      first_hit.push_back(i);
    } else if (list[i].bracket == list[i - 1].bracket) {
      continue;
    }
    candidates[list[i].bracket].push_back(static_cast<std::uint32_t>(occurrences.size() - 1));
  }
  std::vector<char> taken(occurrences.size(), 0);
  std::uint64_t steps = joining_steps_max;
  for (std::size_t matches = 0; !stop(); ++matches) {
    const std::uint64_t before = std::min(steps, limits::pattern_steps_max);
    std::uint64_t left = before;
    const auto bound = stix::find_binding(plan, occurrences, candidates, left);
    steps -= before - left;
    if (!bound) {
      ++undecided;
      return;
    }
    if (!*bound) {
      return;
    }
    if (matches == limits::pattern_matches_max) {
      ++cut;
      return;
    }
    StixJoined joined;
    joined.pattern = pattern;
    std::vector<std::uint32_t> events = **bound;
    std::sort(events.begin(), events.end());
    for (const std::uint32_t at : events) {
      taken[at] = 1;
      const StixSeen& hit = list[first_hit[at]];
      if (hit.time.known()) {
        joined.first = joined.first.known() ? std::min(joined.first, hit.time) : hit.time;
        joined.last = std::max(joined.last, hit.time);
      }
      if (joined.events.size() < limits::verdict_events_max) {
        joined.events.push_back({hit.source, hit.record, hit.offset, hit.time, hit.host});
      }
    }
    joined.count = events.size();
    out.push_back(std::move(joined));
    for (auto& candidate : candidates) {
      std::erase_if(candidate, [&](std::uint32_t at) { return taken[at] != 0; });
    }
  }
}

std::vector<StixJoined> StixJoiner::finish(const std::function<bool()>& stop) {
  std::vector<StixJoined> out;
  for (std::uint32_t pattern = 0; pattern < state_->seen.size(); ++pattern) {
    if (!state_->seen[pattern].empty()) {
      state_->join(pattern, stop, out);
    }
    state_->seen[pattern].clear();
  }
  state_->total = 0;
  return out;
}

}  // namespace tocsin::detect
