// How a binding is found.
//
// Time. Moments are whole attoseconds, so "less than x after" is "at most x - 1 after". Once for every WITHIN the
// latest moment e of its observations is fixed (they lie in [e - x + 1, e]), and for every FOLLOWEDBY a moment that
// parts left from right, nothing ties two observations' moments together any more: each expression has an interval of
// its own, and any observation that can lie in it will do. Only finitely many choices matter: in the solution with the
// earliest moments, e and the parting moment are the first moment of some observation below, or the interval's own
// beginning.
//
// Difference. With intervals fixed, giving every expression its own observations is a flow from expressions to
// observations, grown path by path.
//
// So choices of time are tried in order, outermost first; each expression joins the flow as soon as its interval is
// known, and a choice is taken back as soon as the flow cannot grow. What shares no observation with the rest is never
// taken back once it is satisfied: its choices are cut.
#include "stix/binding.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <numeric>

#include "base/check.h"
#include "base/limits.h"
#include "stix/binding_time.h"

namespace tocsin::stix {
namespace {

using Node = BindingPlan::Node;

// Counts work; when it is used up, everything unwinds by return values.
class Budget {
 public:
  explicit Budget(std::uint64_t steps) : left_(steps) {}
  bool spend(std::uint64_t steps) {
    left_ = steps < left_ ? left_ - steps : 0;
    return left_ != 0;
  }
  bool empty() const { return left_ == 0; }
  std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
};

// An observation that may serve a leaf, at a moment between first and last.
struct Entry {
  Instant first, last;
  std::uint32_t occurrence;
};

// The entries of one leaf, ready to be asked for an interval.
class Entries {
 public:
  void add(Entry entry) { by_first_.push_back(entry); }
  void finish(std::span<const Occurrence> occurrences) {
    std::sort(by_first_.begin(), by_first_.end(), [](const Entry& a, const Entry& b) {
      return a.first != b.first ? a.first < b.first : a.occurrence < b.occurrence;
    });
    for (const Entry& entry : by_first_) {
      longest_ = std::max(longest_, entry.last - entry.first);
      lasts_.push_back({entry.last, occurrences[entry.occurrence].count});
      begun_.push_back(sum(begun_.empty() ? 0 : begun_.back(), occurrences[entry.occurrence].count));
    }
    std::sort(lasts_.begin(), lasts_.end());
    std::uint64_t total = 0;
    for (auto& [last, count] : lasts_) {
      total = sum(total, count);
      count = total;
    }
  }
  const std::vector<Entry>& all() const { return by_first_; }

  // Entries outside of [begin, end) cannot lie in [from, to]; those inside may: last >= from is still to be asked.
  std::pair<std::size_t, std::size_t> range(Instant from, Instant to) const {
    const auto begin = std::partition_point(by_first_.begin(), by_first_.end(),
                                            [&](const Entry& e) { return e.first < from - longest_; });
    const auto end = std::partition_point(begin, by_first_.end(), [&](const Entry& e) { return e.first <= to; });
    return {static_cast<std::size_t>(begin - by_first_.begin()), static_cast<std::size_t>(end - by_first_.begin())};
  }
  // Could so many observations lie in [from, to], if nobody else wanted them?
  bool enough(Instant from, Instant to, std::uint64_t demand) const {
    if (!by_first_.empty() && begun_.back() == ~std::uint64_t{0}) {
      return true;  // sums ran full: let the flow find out
    }
    const auto [begin, end] = range(from, to);
    const std::uint64_t begun = end == 0 ? 0 : begun_[end - 1];
    const auto over = std::partition_point(lasts_.begin(), lasts_.end(), [&](const auto& l) { return l.first < from; });
    const std::uint64_t ended = over == lasts_.begin() ? 0 : std::prev(over)->second;
    return begun >= ended && begun - ended >= demand;
  }

 private:
  static std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
    std::uint64_t out = 0;
    return __builtin_add_overflow(a, b, &out) ? ~std::uint64_t{0} : out;
  }
  std::vector<Entry> by_first_;
  std::vector<std::uint64_t> begun_;                      // running sum of counts
  std::vector<std::pair<Instant, std::uint64_t>> lasts_;  // sorted; running sum of counts
  Instant longest_ = 0;
};

// Gives leaves different observations; what was done since a mark can be taken back.
class Flow {
 public:
  Flow(std::span<const Occurrence> occurrences, const std::vector<Entries>& entries, Budget& budget)
      : occurrences_(occurrences),
        entries_(entries),
        budget_(budget),
        from_(entries.size()),
        to_(entries.size()),
        via_(entries.size()),
        leaf_seen_(entries.size()),
        used_(occurrences.size()),
        reached_from_(occurrences.size()),
        occurrence_seen_(occurrences.size()),
        holders_(occurrences.size()) {}

  // False where the leaf cannot have `demand` observations in [from, to] beside what the others need, or the budget is
  // used up.
  bool grow(std::uint32_t leaf, std::uint64_t demand, Instant from, Instant to) {
    from_[leaf] = from;
    to_[leaf] = to;
    if (!entries_[leaf].enough(from, to, demand)) {
      return false;
    }
    const auto [begin, end] = entries_[leaf].range(from, to);
    for (std::size_t at = begin; at < end && demand > 0; ++at) {
      if (!budget_.spend(1)) {
        return false;
      }
      const Entry& entry = entries_[leaf].all()[at];
      const std::uint64_t amount = std::min(demand, free(entry.occurrence));
      if (entry.last >= from && amount > 0) {
        give(leaf, entry.occurrence, amount);
        demand -= amount;
      }
    }
    while (demand > 0) {
      const std::uint64_t amount = augment(leaf, demand);
      if (amount == 0) {
        return false;
      }
      demand -= amount;
    }
    return true;
  }

  std::size_t mark() const { return log_.size(); }
  void undo(std::size_t mark) {
    while (log_.size() > mark) {
      const Change change = log_.back();
      log_.pop_back();
      std::uint64_t& amount = amounts_[key(change.leaf, change.occurrence)];
      amount -= change.delta;  // unsigned arithmetic takes back both signs
      used_[change.occurrence] -= change.delta;
    }
  }
  std::uint64_t amount(std::uint32_t leaf, std::uint32_t occurrence) const {
    const auto found = amounts_.find(key(leaf, occurrence));
    return found == amounts_.end() ? 0 : found->second;
  }

 private:
  struct Change {
    std::uint32_t leaf, occurrence;
    std::uint64_t delta;  // modulo 2^64
  };
  static std::uint64_t key(std::uint32_t leaf, std::uint32_t occurrence) {
    return (std::uint64_t{leaf} << 32U) | occurrence;
  }
  std::uint64_t free(std::uint32_t occurrence) const { return occurrences_[occurrence].count - used_[occurrence]; }

  void change(std::uint32_t leaf, std::uint32_t occurrence, std::uint64_t delta) {
    amounts_[key(leaf, occurrence)] += delta;
    used_[occurrence] += delta;
    log_.push_back({leaf, occurrence, delta});
  }
  void give(std::uint32_t leaf, std::uint32_t occurrence, std::uint64_t amount) {
    auto& holders = holders_[occurrence];
    if (std::find(holders.begin(), holders.end(), leaf) == holders.end()) {
      holders.push_back(leaf);
    }
    change(leaf, occurrence, amount);
  }

  // Shortest path from the leaf to an observation that is free, through leaves that can take another one instead.
  std::uint64_t augment(std::uint32_t start, std::uint64_t demand) {
    ++stamp_;
    queue_.assign(1, start);
    leaf_seen_[start] = stamp_;
    for (std::size_t next = 0; next < queue_.size(); ++next) {
      const std::uint32_t leaf = queue_[next];
      const auto [begin, end] = entries_[leaf].range(from_[leaf], to_[leaf]);
      for (std::size_t at = begin; at < end; ++at) {
        if (!budget_.spend(1)) {
          return 0;
        }
        const Entry& entry = entries_[leaf].all()[at];
        if (entry.last < from_[leaf] || occurrence_seen_[entry.occurrence] == stamp_) {
          continue;
        }
        occurrence_seen_[entry.occurrence] = stamp_;
        reached_from_[entry.occurrence] = leaf;
        if (free(entry.occurrence) > 0) {
          return shift(start, entry.occurrence, demand);
        }
        for (const std::uint32_t holder : holders_[entry.occurrence]) {
          if (leaf_seen_[holder] != stamp_ && amount(holder, entry.occurrence) > 0) {
            leaf_seen_[holder] = stamp_;
            via_[holder] = entry.occurrence;
            queue_.push_back(holder);
          }
        }
      }
    }
    return 0;
  }

  std::uint64_t shift(std::uint32_t start, std::uint32_t found, std::uint64_t demand) {
    std::uint64_t amount_max = std::min(demand, free(found));
    for (std::uint32_t leaf = reached_from_[found]; leaf != start; leaf = reached_from_[via_[leaf]]) {
      amount_max = std::min(amount_max, amount(leaf, via_[leaf]));
    }
    std::uint32_t occurrence = found;
    for (;;) {
      const std::uint32_t leaf = reached_from_[occurrence];
      give(leaf, occurrence, amount_max);
      if (leaf == start) {
        return amount_max;
      }
      change(leaf, via_[leaf], std::uint64_t{0} - amount_max);
      occurrence = via_[leaf];
    }
  }

  std::span<const Occurrence> occurrences_;
  const std::vector<Entries>& entries_;
  Budget& budget_;
  std::vector<Instant> from_, to_;  // of leaves in the flow
  std::vector<std::uint32_t> via_;  // search: the occurrence through which a leaf was reached
  std::vector<std::uint64_t> leaf_seen_;
  std::vector<std::uint64_t> used_;
  std::vector<std::uint32_t> reached_from_;  // search: the leaf from which an occurrence was reached
  std::vector<std::uint64_t> occurrence_seen_;
  std::vector<std::vector<std::uint32_t>> holders_;  // leaves that had a part of an occurrence at some time
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> amounts_;
  std::vector<Change> log_;
  std::vector<std::uint32_t> queue_;
  std::uint64_t stamp_ = 0;
};

class Search {
 public:
  Search(const BindingPlan& plan, std::span<const Occurrence> occurrences,
         std::span<const std::vector<std::uint32_t>> candidates, std::uint64_t steps)
      : plan_(plan),
        occurrences_(occurrences),
        budget_(steps),
        entries_(make_entries(plan, occurrences, candidates)),
        flow_(occurrences, entries_, budget_),
        alone_(nodes_alone()),
        chosen_(plan.nodes().size()) {}

  std::uint64_t steps_left() const { return budget_.left(); }

  Result<std::optional<std::vector<std::uint32_t>>> run() {
    for (const Entries& entries : entries_) {
      budget_.spend(entries.all().size());
    }
    if (!possible()) {
      return budget_.empty() ? out_of_steps() : std::nullopt;
    }
    std::uint32_t agenda = push({plan_.root(), 0, earliest, latest, nil, false});
    while (agenda != nil) {
      if (!budget_.spend(1)) {
        return out_of_steps();
      }
      if (!step(agenda) && !next_choice(agenda)) {
        return budget_.empty() ? out_of_steps() : std::nullopt;
      }
    }
    return taken();
  }

 private:
  static constexpr std::uint32_t nil = ~std::uint32_t{0};

  // What is still to do, as a list whose cells never change: a choice keeps the list that it began with.
  struct Cell {
    std::uint32_t node;   // of the plan; for a cut: how many choices stay
    std::uint32_t child;  // all_of, followed_by: the next child
    Instant from, to;
    std::uint32_t next;
    bool cut;
  };
  struct Choice {
    Cell cell;
    std::vector<Instant> moments;  // within, followed_by
    std::size_t position;          // of the next one to try: in moments, or a child of any_of
    std::size_t cells, mark;       // to go back to
  };

  static Result<std::optional<std::vector<std::uint32_t>>> out_of_steps() {
    return failure(ErrorCode::limit, "it takes too many steps to find out whether the pattern matches", {},
                   "fewer observations, or a simpler nesting of FOLLOWEDBY, REPEATS and WITHIN");
  }

  static std::vector<Entries> make_entries(const BindingPlan& plan, std::span<const Occurrence> occurrences,
                                           std::span<const std::vector<std::uint32_t>> candidates) {
    std::vector<Entries> out(plan.leaves().size());
    for (std::size_t leaf = 0; leaf < out.size(); ++leaf) {
      for (const BindingPlan::Alternative& alternative : plan.leaves()[leaf].alternatives) {
        for (const std::uint32_t occurrence : candidates[alternative.bracket]) {
          const Occurrence& seen = occurrences[occurrence];
          if (!seen.timed) {
            if (plan.leaves()[leaf].free_of_time && alternative.from == earliest && alternative.to == latest) {
              out[leaf].add({earliest, latest, occurrence});
            }
            continue;
          }
          const Instant first = std::max(seen.first, alternative.from);
          const Instant last = std::min(seen.last, alternative.to);
          if (first <= last) {
            out[leaf].add({first, last, occurrence});
          }
        }
      }
      out[leaf].finish(occurrences);
    }
    return out;
  }

  // For each node: does it share no observation with a leaf outside of it?
  std::vector<char> nodes_alone() const {
    std::vector<std::uint32_t> parent(plan_.leaves().size());
    std::iota(parent.begin(), parent.end(), 0U);
    const auto top = [&](std::uint32_t leaf) {
      while (parent[leaf] != leaf) {
        leaf = parent[leaf] = parent[parent[leaf]];
      }
      return leaf;
    };
    std::vector<std::uint32_t> first_leaf(occurrences_.size(), nil);
    for (std::uint32_t leaf = 0; leaf < parent.size(); ++leaf) {
      for (const Entry& entry : entries_[leaf].all()) {
        std::uint32_t& first = first_leaf[entry.occurrence];
        if (first == nil) {
          first = leaf;
        } else {
          parent[top(leaf)] = top(first);
        }
      }
    }
    std::vector<std::uint32_t> lowest(parent.size(), nil);
    std::vector<std::uint32_t> highest(parent.size(), 0);
    for (std::uint32_t leaf = 0; leaf < parent.size(); ++leaf) {
      const std::uint32_t group = top(leaf);
      lowest[group] = std::min(lowest[group], leaf);
      highest[group] = std::max(highest[group], leaf);
    }
    std::vector<char> alone(plan_.nodes().size(), 1);
    for (std::size_t at = 0; at < alone.size(); ++at) {
      const Node& node = plan_.nodes()[at];
      for (std::uint32_t leaf = node.leaf_begin; leaf < node.leaf_end && alone[at] != 0; ++leaf) {
        const std::uint32_t group = top(leaf);
        alone[at] = lowest[group] >= node.leaf_begin && highest[group] < node.leaf_end ? 1 : 0;
      }
    }
    return alone;
  }

  // Enough different observations, leaving WITHIN and FOLLOWEDBY aside? A quick no for most patterns.
  bool possible() {
    for (const Node& node : plan_.nodes()) {
      if (node.kind == Node::Kind::any_of) {
        return true;
      }
    }
    bool grown = true;
    for (std::uint32_t leaf = 0; leaf < entries_.size() && grown; ++leaf) {
      grown = flow_.grow(leaf, plan_.leaves()[leaf].demand, earliest, latest);
    }
    flow_.undo(0);
    return grown;
  }

  std::uint32_t push(const Cell& cell) {
    cells_.push_back(cell);
    return static_cast<std::uint32_t>(cells_.size() - 1);
  }
  // The node, and behind it a cut back to `choices` where nothing outside depends on how it was satisfied.
  std::uint32_t push_node(std::uint32_t node, Instant from, Instant to, std::uint32_t next, std::size_t choices) {
    if (alone_[node] != 0 && plan_.nodes()[node].kind != Node::Kind::leaf) {
      next = push({static_cast<std::uint32_t>(choices), 0, 0, 0, next, true});
    }
    return push({node, 0, from, to, next, false});
  }

  // Does the first thing on the agenda. False: it cannot be done, or there is a choice to make now.
  bool step(std::uint32_t& agenda) {
    const Cell cell = cells_[agenda];
    if (cell.cut) {
      choices_.resize(std::min<std::size_t>(choices_.size(), cell.node));
      agenda = cell.next;
      return true;
    }
    const Node& node = plan_.nodes()[cell.node];
    switch (node.kind) {
      case Node::Kind::leaf:
        agenda = cell.next;
        return flow_.grow(node.leaf, plan_.leaves()[node.leaf].demand, cell.from, cell.to);
      case Node::Kind::all_of: {
        std::uint32_t rest = cell.next;
        if (cell.child + 1 < node.children.size()) {
          rest = push({cell.node, cell.child + 1, cell.from, cell.to, cell.next, false});
        }
        agenda = push_node(node.children[cell.child], cell.from, cell.to, rest, choices_.size());
        return true;
      }
      case Node::Kind::followed_by:
        if (cell.child + 1 == node.children.size()) {
          agenda = push_node(node.children[cell.child], cell.from, cell.to, cell.next, choices_.size());
          return true;
        }
        choose(cell, moments_below(plan_.nodes()[node.children[cell.child]], cell.from, cell.to));
        return false;
      case Node::Kind::within:
        choose(cell, moments_below(node, cell.from, cell.to));
        return false;
      case Node::Kind::any_of:
        choose(cell, {});
        return false;
    }
    return false;
  }

  void choose(const Cell& cell, std::vector<Instant> moments) {
    const Node& node = plan_.nodes()[cell.node];
    std::size_t position = 0;
    // Copies of one expression may change places: the later one takes the same moment or a later one.
    if (node.twin != BindingPlan::none && cell.child == 0) {
      position = node.kind == Node::Kind::any_of
                     ? static_cast<std::size_t>(chosen_[node.twin])
                     : static_cast<std::size_t>(std::lower_bound(moments.begin(), moments.end(), chosen_[node.twin]) -
                                                moments.begin());
    }
    choices_.push_back({cell, std::move(moments), position, cells_.size(), flow_.mark()});
  }

  // Takes the newest choice that has something left to try. False where none has.
  bool next_choice(std::uint32_t& agenda) {
    while (!choices_.empty()) {
      Choice& choice = choices_.back();
      flow_.undo(choice.mark);
      cells_.resize(choice.cells);
      const Cell cell = choice.cell;
      const Node& node = plan_.nodes()[cell.node];
      const std::size_t end = node.kind == Node::Kind::any_of ? node.children.size() : choice.moments.size();
      if (budget_.empty() || choice.position >= end) {
        choices_.pop_back();
        continue;
      }
      const std::size_t position = choice.position++;
      const std::size_t outside = choices_.size() - 1;
      if (node.kind == Node::Kind::any_of) {
        chosen_[cell.node] = static_cast<Instant>(position);
        agenda = push_node(node.children[position], cell.from, cell.to, cell.next, choices_.size());
        return true;
      }
      const Instant moment = choice.moments[position];
      const bool parts = node.kind == Node::Kind::followed_by;
      if (parts && !std::all_of(node.children.begin() + cell.child + 1, node.children.end(),
                                [&](std::uint32_t child) { return plausible(child, moment, cell.to); })) {
        choice.position = end;  // too late for something on the right: later moments are no better
        continue;
      }
      if (!plausible(node.children[cell.child], parts ? cell.from : std::max(cell.from, moment - node.window + 1),
                     moment)) {
        continue;
      }
      if (cell.child == 0) {
        chosen_[cell.node] = moment;
      }
      if (!parts) {
        agenda = push_node(node.children.front(), std::max(cell.from, moment - node.window + 1), moment, cell.next,
                           choices_.size());
        return true;
      }
      // The earliest parting moment that suits the left side suits the right side best, if they share nothing.
      const std::uint32_t rest = push({cell.node, cell.child + 1, moment, cell.to, cell.next, false});
      const std::uint32_t left = node.children[cell.child];
      std::uint32_t after = rest;
      if (alone_[left] != 0) {
        after = push({static_cast<std::uint32_t>(outside), 0, 0, 0, rest, true});
      }
      agenda = push({left, 0, cell.from, moment, after, false});
      return true;
    }
    return false;
  }

  // Has every leaf below enough observations in the interval, if nobody else wanted them?
  // Recursion follows the pattern's parentheses, whose depth the parser limits.
  bool plausible(std::uint32_t at, Instant from, Instant to) {
    budget_.spend(1);
    const Node& node = plan_.nodes()[at];
    const auto child_plausible = [&](std::uint32_t child) { return plausible(child, from, to); };
    switch (node.kind) {
      case Node::Kind::leaf:
        return entries_[node.leaf].enough(from, to, plan_.leaves()[node.leaf].demand);
      case Node::Kind::any_of:
        return std::any_of(node.children.begin(), node.children.end(), child_plausible);
      case Node::Kind::all_of:
      case Node::Kind::followed_by:
      case Node::Kind::within:
        return std::all_of(node.children.begin(), node.children.end(), child_plausible);
    }
    return true;
  }

  std::vector<Instant> moments_below(const Node& node, Instant from, Instant to) {
    std::vector<Instant> out;
    for (std::uint32_t leaf = node.leaf_begin; leaf < node.leaf_end; ++leaf) {
      const auto [begin, end] = entries_[leaf].range(from, to);
      budget_.spend(end - begin);
      for (std::size_t at = begin; at < end; ++at) {
        const Entry& entry = entries_[leaf].all()[at];
        if (entry.last >= from) {
          out.push_back(std::max(entry.first, from));
        }
      }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  std::vector<std::uint32_t> taken() const {
    std::vector<std::uint32_t> out;
    std::vector<char> seen(occurrences_.size(), 0);
    for (std::uint32_t leaf = 0; leaf < entries_.size(); ++leaf) {
      for (const Entry& entry : entries_[leaf].all()) {
        if (seen[entry.occurrence] == 0 && flow_.amount(leaf, entry.occurrence) > 0) {
          seen[entry.occurrence] = 1;
          out.push_back(entry.occurrence);
        }
      }
    }
    return out;
  }

  const BindingPlan& plan_;
  std::span<const Occurrence> occurrences_;
  Budget budget_;
  std::vector<Entries> entries_;
  Flow flow_;
  std::vector<char> alone_;
  std::vector<Instant> chosen_;  // by node: the moment or child taken last
  std::vector<Cell> cells_;
  std::vector<Choice> choices_;
};

}  // namespace

Result<std::optional<std::vector<std::uint32_t>>> find_binding(const BindingPlan& plan,
                                                               std::span<const Occurrence> occurrences,
                                                               std::span<const std::vector<std::uint32_t>> candidates,
                                                               std::uint64_t& steps) {
  check(candidates.size() == plan.brackets(), "there is a list of candidates for every expression");
  Search search(plan, occurrences, candidates, steps);
  auto found = search.run();
  steps = search.steps_left();
  return found;
}

}  // namespace tocsin::stix
