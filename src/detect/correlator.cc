#include "detect/correlator.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <optional>
#include <tuple>

#include "base/limits.h"
#include "base/text.h"
#include "detect/correlation_windows.h"

namespace tocsin::detect {
namespace {

using rules::Correlation;
using Type = Correlation::Type;

// Values of fields are kept once; 0 is "absent".
class Values {
 public:
  Values() { texts_.emplace_back(); }
  std::uint32_t id(std::string_view text) {
    if (text.empty()) {
      return 0;
    }
    const auto found = ids_.find(text);
    if (found != ids_.end()) {
      return found->second;
    }
    const auto number = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(std::make_unique<std::string>(text));
    bytes_ += text.size() + sizeof(std::string);
    ids_.emplace(std::string_view(*texts_.back()), number);
    return number;
  }
  std::string_view text(std::uint32_t number) const {
    return number == 0 ? std::string_view() : std::string_view(*texts_[number]);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  boost::unordered_flat_map<std::string_view, std::uint32_t> ids_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::size_t bytes_ = 0;
};

// Adds the name and gives its place.
std::uint32_t place_of(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) {
    return static_cast<std::uint32_t>(found - names.begin());
  }
  names.push_back(name);
  return static_cast<std::uint32_t>(names.size() - 1);
}

// A hit of a rule, with the ids of its wanted values in `values_begin…`.
struct KeptEvent {
  std::uint32_t rule = 0;
  std::uint32_t source = 0;
  Time time;
  std::uint64_t record = 0;
  std::uint64_t offset = 0;
  std::size_t values_begin = 0;

  auto identity() const { return std::tuple(time, source, record, offset); }
};

// One thing that a correlation counts: a rule's hit, or a hit of an inner correlation under one set of values.
struct Item {
  KeptEvent event;
  std::uint32_t input = 0;
  std::int64_t inner_hit = -1;        // index into the hits of that correlation
  std::vector<std::uint32_t> values;  // of CorrelationPlan::fields
};

struct CorrelationPlan {
  // Names that the correlation or a correlation above it asks for: group-by first, then value fields, then the others.
  std::vector<std::string> fields;
  // For each input: where each field's value stands among the input's own (wanted values, or an inner plan's fields).
  std::vector<std::vector<std::uint32_t>> from;
};

struct InnerHit {
  CorrelationHit hit;
  std::vector<std::vector<std::uint32_t>> values;  // different sets of values of the plan's fields among its events
};

}  // namespace

struct Correlator::State {
  explicit State(std::shared_ptr<const rules::RuleSet> given) : set(std::move(given)) {
    wanted.resize(set->rules.size());
    wants.resize(set->rules.size());
    plans.resize(set->correlations.size());
    order_correlations();
    // Outer correlations first, so that inner ones learn what is asked of them.
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      plan(*at);
    }
  }

  // Inner correlations before those that use them. References form no circle (room rules rejects those).
  void order_correlations() {
    const std::size_t count = set->correlations.size();
    std::vector<bool> done(count);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::uint32_t at = 0; at < count; ++at) {
        const auto& inputs = set->correlations[at].inputs;
        const bool ready = std::all_of(inputs.begin(), inputs.end(), [&](std::uint32_t input) {
          return input < set->rules.size() || done[input - set->rules.size()];
        });
        if (!done[at] && ready) {
          done[at] = true;
          order.push_back(at);
          moved = true;
        }
      }
    }
  }

  // The field that `name` means in this input.
  static const std::string& source_field(const Correlation& correlation, std::size_t input, const std::string& name) {
    for (const Correlation::Alias& alias : correlation.aliases) {
      if (alias.name != name) {
        continue;
      }
      for (const auto& [rule, field] : alias.fields) {
        if (rule == correlation.rules[input]) {
          return field;
        }
      }
    }
    return name;
  }

  void plan(std::uint32_t number) {
    const Correlation& correlation = set->correlations[number];
    CorrelationPlan& made = plans[number];
    std::vector<std::string> asked = std::move(made.fields);  // by outer correlations
    made.fields = correlation.group_by;
    for (const std::string& field : correlation.value_fields) {
      place_of(made.fields, field);
    }
    for (const std::string& field : asked) {
      place_of(made.fields, field);
    }
    made.from.resize(correlation.inputs.size());
    for (std::size_t input = 0; input < correlation.inputs.size(); ++input) {
      const std::uint32_t target = correlation.inputs[input];
      const bool is_rule = target < set->rules.size();
      if (is_rule) {
        wants[target] = true;
      }
      std::vector<std::string>& names = is_rule ? wanted[target] : plans[target - set->rules.size()].fields;
      for (const std::string& field : made.fields) {
        made.from[input].push_back(place_of(names, source_field(correlation, input, field)));
      }
    }
  }

  // An inner plan's fields are put in order only when it is planned itself, so names are looked up once more.
  void settle() {
    for (std::uint32_t number = 0; number < plans.size(); ++number) {
      const Correlation& correlation = set->correlations[number];
      for (std::size_t input = 0; input < correlation.inputs.size() && input < plans[number].from.size(); ++input) {
        const std::uint32_t target = correlation.inputs[input];
        if (target < set->rules.size()) {
          continue;
        }
        std::vector<std::string>& names = plans[target - set->rules.size()].fields;
        for (std::size_t field = 0; field < plans[number].fields.size(); ++field) {
          plans[number].from[input][field] =
              place_of(names, source_field(correlation, input, plans[number].fields[field]));
        }
      }
    }
  }

  std::vector<InnerHit> run(std::uint32_t number, const std::vector<std::vector<std::uint32_t>>& by_rule,
                            const std::vector<std::vector<InnerHit>>& inner) {
    const Correlation& correlation = set->correlations[number];
    const CorrelationPlan& plan = plans[number];
    std::map<std::vector<std::uint32_t>, std::vector<Item>> groups;
    const auto file = [&](Item item) {
      std::vector<std::uint32_t> key(item.values.begin(),
                                     item.values.begin() + static_cast<std::ptrdiff_t>(correlation.group_by.size()));
      if (std::find(key.begin(), key.end(), 0U) == key.end()) {
        groups[std::move(key)].push_back(std::move(item));
      }
    };
    for (std::uint32_t input = 0; input < correlation.inputs.size(); ++input) {
      const std::uint32_t target = correlation.inputs[input];
      if (target < set->rules.size()) {
        for (const std::uint32_t at : by_rule[target]) {
          Item item{events[at], input, -1, {}};
          for (const std::uint32_t from : plan.from[input]) {
            item.values.push_back(value_ids[events[at].values_begin + from]);
          }
          file(std::move(item));
        }
        continue;
      }
      const std::vector<InnerHit>& hits = inner[target - set->rules.size()];
      for (std::size_t at = 0; at < hits.size(); ++at) {
        const CorrelationHit::Ref& last = hits[at].hit.events.back();
        for (const std::vector<std::uint32_t>& given : hits[at].values) {
          Item item{{0, last.source, hits[at].hit.last, last.record, last.offset, 0},
                    input,
                    static_cast<std::int64_t>(at),
                    {}};
          for (const std::uint32_t from : plan.from[input]) {
            item.values.push_back(given[from]);
          }
          file(std::move(item));
        }
      }
    }
    std::vector<InnerHit> found;
    for (auto& [key, items] : groups) {
      run_group(number, key, items, inner, found);
      items.clear();
      items.shrink_to_fit();
    }
    return found;
  }

  void run_group(std::uint32_t number, const std::vector<std::uint32_t>& key, std::vector<Item>& items,
                 const std::vector<std::vector<InnerHit>>& inner, std::vector<InnerHit>& found) {
    const Correlation& correlation = set->correlations[number];
    const bool temporal = correlation.type == Type::temporal || correlation.type == Type::temporal_ordered;
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
      const auto sorted =
          std::tuple(a.event.identity(), a.input, a.inner_hit) <=> std::tuple(b.event.identity(), b.input, b.inner_hit);
      return sorted != 0 ? sorted < 0 : a.values < b.values;
    });
    // An event that matched several of the rules is one event.
    if (!temporal) {
      items.erase(std::unique(items.begin(), items.end(),
                              [](const Item& a, const Item& b) {
                                return a.inner_hit < 0 && b.inner_hit < 0 && a.event.identity() == b.event.identity();
                              }),
                  items.end());
    }
    std::vector<WindowItem> window;
    std::vector<std::uint32_t> kept;  // window item → item
    std::map<std::vector<std::uint32_t>, std::uint32_t> distinct;
    for (std::uint32_t at = 0; at < items.size(); ++at) {
      WindowItem made{items[at].event.time, items[at].input, 0, 0};
      if (correlation.type == Type::value_count) {
        const auto tuple = value_tuple(correlation, plans[number], items[at]);
        if (!tuple) {
          continue;
        }
        made.value = distinct.emplace(*tuple, static_cast<std::uint32_t>(distinct.size())).first->second;
      } else if (!temporal && correlation.type != Type::event_count) {
        const auto tuple = value_tuple(correlation, plans[number], items[at]);
        const auto parsed = tuple ? parse_double(values.text(tuple->front())) : std::nullopt;
        if (!parsed) {
          continue;
        }
        made.number = *parsed;
      }
      window.push_back(made);
      kept.push_back(at);
    }
    for (const Burst& burst : find_bursts(correlation, window)) {
      found.push_back(make_hit(number, key, burst, window, kept, items, inner));
    }
  }

  // The values of condition.field; nothing where one is absent.
  static std::optional<std::vector<std::uint32_t>> value_tuple(const Correlation& correlation,
                                                               const CorrelationPlan& plan, const Item& item) {
    std::vector<std::uint32_t> tuple;
    for (const std::string& field : correlation.value_fields) {
      const auto place = std::find(plan.fields.begin(), plan.fields.end(), field) - plan.fields.begin();
      const std::uint32_t value = item.values[static_cast<std::size_t>(place)];
      if (value == 0) {
        return std::nullopt;
      }
      tuple.push_back(value);
    }
    return tuple.empty() ? std::nullopt : std::optional(std::move(tuple));
  }

  InnerHit make_hit(std::uint32_t number, const std::vector<std::uint32_t>& key, const Burst& burst,
                    const std::vector<WindowItem>& window, const std::vector<std::uint32_t>& kept,
                    const std::vector<Item>& items, const std::vector<std::vector<InnerHit>>& inner) const {
    const Correlation& correlation = set->correlations[number];
    InnerHit made;
    made.hit.correlation = number;
    for (std::size_t at = 0; at < key.size(); ++at) {
      made.hit.group.emplace_back(correlation.group_by[at], std::string(values.text(key[at])));
    }
    made.hit.value = burst.value;
    made.hit.first = window[burst.first].time;
    made.hit.last = window[burst.last].time;
    std::optional<std::tuple<Time, std::uint32_t, std::uint64_t, std::uint64_t>> before;
    for (std::size_t at = burst.first; at <= burst.last; ++at) {
      const Item& item = items[kept[at]];
      add_values(made.values, item.values);
      if (item.inner_hit >= 0) {
        const CorrelationHit& hit =
            inner[correlation.inputs[item.input] - set->rules.size()][static_cast<std::size_t>(item.inner_hit)].hit;
        made.hit.first = std::min(made.hit.first, hit.first);
        made.hit.count += 1;
        for (const CorrelationHit::Ref& ref : hit.events) {
          add_ref(made.hit.events, ref);
        }
      } else if (before != item.event.identity()) {
        before = item.event.identity();
        made.hit.count += 1;
        add_ref(made.hit.events, {item.event.source, item.event.record, item.event.offset});
      }
    }
    if (correlation.type == Type::value_count) {
      made.hit.count = static_cast<std::uint64_t>(
          measure(correlation, std::span(window).subspan(burst.first, burst.last - burst.first + 1)));
    }
    return made;
  }

  static void add_values(std::vector<std::vector<std::uint32_t>>& sets, const std::vector<std::uint32_t>& values) {
    if (sets.size() < limits::verdict_events_max && (sets.empty() || sets.back() != values) &&
        std::find(sets.begin(), sets.end(), values) == sets.end()) {
      sets.push_back(values);
    }
  }

  static void add_ref(std::vector<CorrelationHit::Ref>& refs, const CorrelationHit::Ref& ref) {
    if (refs.size() < limits::verdict_events_max) {
      refs.push_back(ref);
    }
  }

  std::shared_ptr<const rules::RuleSet> set;
  std::vector<std::vector<std::string>> wanted;
  std::vector<bool> wants;
  std::vector<CorrelationPlan> plans;
  std::vector<std::uint32_t> order;
  Values values;
  std::vector<KeptEvent> events;
  std::vector<std::uint32_t> value_ids;
  std::uint64_t evicted = 0;
  std::uint64_t timeless = 0;
};

Correlator::Correlator(std::shared_ptr<const rules::RuleSet> set) : state_(std::make_unique<State>(std::move(set))) {
  state_->settle();
}
Correlator::~Correlator() = default;

bool Correlator::empty() const { return state_->set->correlations.empty(); }
bool Correlator::wants(std::uint32_t rule) const { return state_->wants[rule]; }
const std::vector<std::string>& Correlator::wanted(std::uint32_t rule) const { return state_->wanted[rule]; }
std::uint64_t Correlator::evicted() const { return state_->evicted; }
std::uint64_t Correlator::timeless() const { return state_->timeless; }

void Correlator::add(CorrelationEvent event) {
  State& state = *state_;
  if (!state.wants[event.rule]) {
    return;
  }
  if (!event.time.known()) {
    ++state.timeless;
    return;
  }
  if (state.events.size() >= limits::correlation_events_max || state.values.bytes() >= limits::correlation_bytes_max) {
    ++state.evicted;
    return;
  }
  state.events.push_back({event.rule, event.source, event.time, event.record, event.offset, state.value_ids.size()});
  event.values.resize(state.wanted[event.rule].size());
  for (const std::string& value : event.values) {
    state.value_ids.push_back(state.values.id(std::string_view(value).substr(0, limits::correlation_value_bytes_max)));
  }
}

std::vector<CorrelationHit> Correlator::finish() {
  State& state = *state_;
  std::vector<std::vector<std::uint32_t>> by_rule(state.set->rules.size());
  for (std::uint32_t at = 0; at < state.events.size(); ++at) {
    by_rule[state.events[at].rule].push_back(at);
  }
  std::vector<std::vector<InnerHit>> found(state.set->correlations.size());
  for (const std::uint32_t number : state.order) {
    found[number] = state.run(number, by_rule, found);
  }
  std::vector<CorrelationHit> hits;
  for (std::vector<InnerHit>& of : found) {
    for (InnerHit& hit : of) {
      hits.push_back(std::move(hit.hit));
    }
  }
  std::sort(hits.begin(), hits.end(), [](const CorrelationHit& a, const CorrelationHit& b) {
    return std::tie(a.correlation, a.first, a.group, a.last) < std::tie(b.correlation, b.first, b.group, b.last);
  });
  state.events = {};
  state.value_ids = {};
  state.values = {};
  return hits;
}

}  // namespace tocsin::detect
