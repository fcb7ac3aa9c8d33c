#include "detect/correlation_windows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

namespace tocsin::detect {
namespace {

using rules::Correlation;
using rules::Node;
using rules::Operator;
using Type = Correlation::Type;

bool bound_holds(const Correlation::Bound& bound, double value) {
  bool holds = false;
  switch (bound.op) {
    case Operator::less:
      holds = value < bound.value;
      break;
    case Operator::less_equal:
      holds = value <= bound.value;
      break;
    case Operator::greater:
      holds = value > bound.value;
      break;
    case Operator::greater_equal:
      holds = value >= bound.value;
      break;
    default:
      holds = value == bound.value;
      break;
  }
  return holds != bound.negated;
}

bool bounds_hold(const Correlation& correlation, double value) {
  return std::all_of(correlation.bounds.begin(), correlation.bounds.end(),
                     [&](const Correlation::Bound& bound) { return bound_holds(bound, value); });
}

bool is_temporal(Type type) { return type == Type::temporal || type == Type::temporal_ordered; }

// Is the condition one that more events can only make true? A sum or an average may fall again, but its windows are
// judged as they stand.
bool grows(const Correlation& correlation) {
  for (const Node& node : correlation.condition) {
    if (node.kind == Node::Kind::none_of) {
      return false;
    }
  }
  return std::all_of(correlation.bounds.begin(), correlation.bounds.end(), [](const Correlation::Bound& bound) {
    return !bound.negated && (bound.op == Operator::greater || bound.op == Operator::greater_equal);
  });
}

// Multiset of numbers with order statistics: a Fenwick tree over the ranks of all numbers of the group.
class Ranks {
 public:
  explicit Ranks(std::span<const WindowItem> items) {
    for (const WindowItem& item : items) {
      sorted_.push_back(item.number);
    }
    std::sort(sorted_.begin(), sorted_.end());
    sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
    tree_.assign(sorted_.size() + 1, 0);
  }
  void add(double number, int change) {
    std::size_t at =
        static_cast<std::size_t>(std::lower_bound(sorted_.begin(), sorted_.end(), number) - sorted_.begin()) + 1;
    for (; at < tree_.size(); at += at & (~at + 1)) {
      tree_[at] += change;
    }
  }
  // The number of this rank, from 1.
  double at(std::int64_t rank) const {
    std::size_t position = 0;
    for (std::size_t step = std::bit_floor(sorted_.size()); step != 0; step /= 2) {
      if (position + step < tree_.size() && tree_[position + step] < rank) {
        position += step;
        rank -= tree_[position];
      }
    }
    return sorted_[std::min(position, sorted_.size() - 1)];
  }

 private:
  std::vector<double> sorted_;
  std::vector<std::int64_t> tree_;
};

// What a window measures, kept up to date as items enter and leave it.
class Meter {
 public:
  Meter(const Correlation& correlation, std::span<const WindowItem> items)
      : correlation_(correlation), items_(items), inputs_(correlation.inputs.size()) {
    const Type type = correlation.type;
    if (type == Type::value_percentile || type == Type::value_median) {
      ranks_.emplace(items);
    }
    if (type == Type::value_count) {
      std::uint32_t most = 0;
      for (const WindowItem& item : items) {
        most = std::max(most, item.value);
      }
      values_.assign(std::size_t{most} + 1, 0);
    }
  }

  void add(std::size_t at) { change(at, 1); }
  void remove(std::size_t at) { change(at, -1); }
  bool present(std::uint32_t input) const { return inputs_[input] != 0; }
  std::int64_t count() const { return count_; }

  double value() const {
    switch (correlation_.type) {
      case Type::event_count:
        return static_cast<double>(count_);
      case Type::value_count:
      case Type::temporal:
      case Type::temporal_ordered:
        return static_cast<double>(distinct_);
      case Type::value_sum:
        return static_cast<double>(sum_);
      case Type::value_avg:
        return static_cast<double>(sum_ / static_cast<long double>(count_));
      case Type::value_percentile: {
        const double rank = std::ceil(correlation_.percentile / 100 * static_cast<double>(count_));
        return ranks_->at(std::clamp<std::int64_t>(static_cast<std::int64_t>(rank), 1, count_));
      }
      case Type::value_median:
        return (ranks_->at((count_ + 1) / 2) + ranks_->at(count_ / 2 + 1)) / 2;
    }
    return 0;
  }

 private:
  void change(std::size_t at, int by) {
    const WindowItem& item = items_[at];
    count_ += by;
    sum_ += by * static_cast<long double>(item.number);
    if (count_ == 0) {
      sum_ = 0;  // no rounding is carried from one window to a later one
    }
    if (ranks_) {
      ranks_->add(item.number, by);
    }
    if (is_temporal(correlation_.type)) {
      move(inputs_[item.input], by);
    } else if (correlation_.type == Type::value_count) {
      move(values_[item.value], by);
    }
  }
  void move(std::int64_t& counter, int by) {
    distinct_ -= counter != 0 ? 1 : 0;
    counter += by;
    distinct_ += counter != 0 ? 1 : 0;
  }

  const Correlation& correlation_;
  std::span<const WindowItem> items_;
  std::int64_t count_ = 0;
  std::int64_t distinct_ = 0;
  long double sum_ = 0;
  std::vector<std::int64_t> inputs_, values_;
  std::optional<Ranks> ranks_;
};

// The tree over rule names. What stands under an odd number of `not` is asked of the whole window, the rest of what has
// happened so far.
bool tree_holds(const Correlation& correlation, const Meter& so_far, const Meter& whole) {
  const std::vector<Node>& nodes = correlation.condition;
  std::vector<bool> truth(nodes.size() * 2);  // [node × 2 + odd]
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    const Node& node = nodes[at];
    for (const bool odd : {false, true}) {
      const bool flips = node.kind == Node::Kind::none_of;
      std::size_t held = 0;
      for (const std::uint32_t child : node.children) {
        held += truth[child * std::size_t{2} + (odd != flips ? 1 : 0)] ? 1 : 0;
      }
      bool holds = false;
      switch (node.kind) {
        case Node::Kind::leaf:
          holds = (odd ? whole : so_far).present(node.leaf);
          break;
        case Node::Kind::all_of:
          holds = held == node.children.size();
          break;
        case Node::Kind::any_of:
          holds = held != 0;
          break;
        case Node::Kind::none_of:
          holds = held == 0;
          break;
        case Node::Kind::always:
          holds = true;
          break;
        case Node::Kind::never:
          break;
      }
      truth[at * 2 + (odd ? 1 : 0)] = holds;
    }
  }
  return !nodes.empty() && truth[(nodes.size() - 1) * 2];
}

// Chains of different rules in the order of the list: for each place and length, where the latest such chain starts.
class Chains {
 public:
  static constexpr std::int64_t none = -1;
  // length: from 1 to the number of inputs. A chain of all of them needs one length only for each place.
  Chains(const Correlation& correlation, std::size_t length)
      : places_(correlation.inputs.size()),
        length_(length),
        all_(length == places_),
        starts_(all_ ? places_ : places_ * length, none) {}

  // The items [begin, end) have one time.
  void add(std::span<const WindowItem> items, std::size_t begin, std::size_t end) {
    at_.assign(places_, none);
    for (std::size_t at = begin; at < end; ++at) {
      at_[items[at].input] = static_cast<std::int64_t>(at);
    }
    for (std::size_t place = 0; place < places_; ++place) {
      if (at_[place] == none) {
        continue;
      }
      if (all_) {
        starts_[place] = place == 0 ? at_[0] : std::max(starts_[place], starts_[place - 1]);
        continue;
      }
      start(place, 1) = at_[place];
      for (std::size_t length = 2; length <= length_; ++length) {
        for (std::size_t before = 0; before < place; ++before) {
          start(place, length) = std::max(start(place, length), start(before, length - 1));
        }
      }
    }
  }
  // Where the latest chain of full length starts.
  std::int64_t latest() {
    if (all_) {
      return starts_.back();
    }
    std::int64_t latest = none;
    for (std::size_t place = 0; place < places_; ++place) {
      latest = std::max(latest, start(place, length_));
    }
    return latest;
  }

 private:
  std::int64_t& start(std::size_t place, std::size_t length) { return starts_[place * length_ + length - 1]; }

  std::size_t places_;
  std::size_t length_;
  bool all_;
  std::vector<std::int64_t> starts_, at_;
};

// How many different rules in order the bounds ask for; 0: no number of rules satisfies them.
std::size_t chain_length(const Correlation& correlation) {
  if (!correlation.condition.empty() || correlation.bounds.empty()) {
    return correlation.inputs.size();
  }
  for (std::size_t length = 1; length <= correlation.inputs.size(); ++length) {
    if (bounds_hold(correlation, static_cast<double>(length))) {
      return length;
    }
  }
  return 0;
}

// With a boolean condition: do those rules of the condition that are present appear in the order of the list?
bool in_order(const Correlation& correlation, std::span<const WindowItem> window) {
  std::vector<std::vector<Time>> times(correlation.inputs.size());
  for (const WindowItem& item : window) {
    times[item.input].push_back(item.time);
  }
  Time last;
  for (const std::vector<Time>& of : times) {
    if (!of.empty()) {
      const auto next = std::lower_bound(of.begin(), of.end(), last);
      if (next == of.end()) {
        return false;
      }
      last = *next;
    }
  }
  return true;
}

class Finder {
 public:
  Finder(const Correlation& correlation, std::span<const WindowItem> items)
      : correlation_(correlation),
        items_(items),
        span_(static_cast<std::uint64_t>(correlation.timespan_seconds * Time::ticks_per_second)),
        grows_(grows(correlation)),
        consumes_(grows_ && (is_temporal(correlation.type) || correlation.type == Type::event_count ||
                             correlation.type == Type::value_count)),
        so_far_(correlation, items),
        whole_(correlation, items) {}

  std::vector<Burst> run() {
    const bool chained = correlation_.type == Type::temporal_ordered && correlation_.condition.empty();
    const std::size_t length = chained ? chain_length(correlation_) : 0;
    if (chained && length == 0) {
      return {};
    }
    std::optional<Chains> chains;
    if (chained) {
      chains.emplace(correlation_, length);
    }
    for (std::size_t begin = 0; begin < items_.size();) {
      std::size_t end = begin;
      while (end < items_.size() && items_[end].time == items_[begin].time) {
        so_far_.add(end++);
      }
      if (chained) {
        chains->add(items_, begin, end);
      }
      while (beyond(begin)) {
        drop_first();
      }
      while (!grows_ && whole_end_ < items_.size() && age(first_, whole_end_) <= span_) {
        whole_.add(whole_end_++);
      }
      if (chained) {
        const std::int64_t latest = chains->latest();
        const bool holds = latest >= static_cast<std::int64_t>(first_);
        auto start = static_cast<std::size_t>(std::max<std::int64_t>(latest, 0));
        while (holds && start > first_ && items_[start - 1].time == items_[start].time) {
          --start;  // the chain's other events may stand before its first one in the same moment
        }
        judge(holds, start, end - 1, so_far_.value());
      } else if (!correlation_.condition.empty()) {
        bool holds = tree_holds(correlation_, so_far_, grows_ ? so_far_ : whole_);
        if (holds && correlation_.type == Type::temporal_ordered) {
          holds = in_order(correlation_, items_.subspan(first_, end - first_));
        }
        judge(holds, first_, end - 1, so_far_.value());
      } else {
        const double value = (grows_ ? so_far_ : whole_).value();
        judge(bounds_hold(correlation_, value), first_, (grows_ ? end : whole_end_) - 1, value);
      }
      begin = end;
    }
    close();
    return std::move(bursts_);
  }

 private:
  // Ticks between two items; later ones have the greater times, and the difference of any two fits an unsigned number.
  std::uint64_t age(std::size_t from, std::size_t to) const {
    return static_cast<std::uint64_t>(items_[to].time.ticks) - static_cast<std::uint64_t>(items_[from].time.ticks);
  }
  // Is the first item of the window too old for the item at hand?
  bool beyond(std::size_t at) const { return first_ < at && age(first_, at) > span_; }
  void drop_first() {
    so_far_.remove(first_);
    if (first_ < whole_end_) {
      whole_.remove(first_);
    } else {
      whole_end_ = first_ + 1;
    }
    ++first_;
  }

  void judge(bool holds, std::size_t first, std::size_t last, double value) {
    if (!holds) {
      close();
      return;
    }
    if (open_ && first > open_->last) {
      close();
    }
    if (!open_) {
      open_ = Burst{first, last, value};
      return;
    }
    open_->last = std::max(open_->last, last);
    open_->value = std::max(open_->value, value);
  }
  void close() {
    if (!open_) {
      return;
    }
    bursts_.push_back(*open_);
    while (consumes_ && first_ <= open_->last) {
      drop_first();
    }
    open_.reset();
  }

  const Correlation& correlation_;
  std::span<const WindowItem> items_;
  std::uint64_t span_;
  bool grows_;
  bool consumes_;  // fewer items can only make the condition false, so that a closed burst may be taken out
  Meter so_far_;
  Meter whole_;
  std::size_t first_ = 0;      // of both windows
  std::size_t whole_end_ = 0;  // past the last item of whole_
  std::optional<Burst> open_;
  std::vector<Burst> bursts_;
};

}  // namespace

std::vector<Burst> find_bursts(const Correlation& correlation, std::span<const WindowItem> items) {
  return Finder(correlation, items).run();
}

double measure(const Correlation& correlation, std::span<const WindowItem> items) {
  Meter meter(correlation, items);
  for (std::size_t at = 0; at < items.size(); ++at) {
    meter.add(at);
  }
  return items.empty() ? 0 : meter.value();
}

}  // namespace tocsin::detect
