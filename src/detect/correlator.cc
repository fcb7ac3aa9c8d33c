#include "detect/correlator.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <tuple>

#include "base/arena.h"
#include "base/limits.h"
#include "base/text.h"
#include "detect/correlation_windows.h"

namespace tocsin::detect {
namespace {

using rules::Correlation;
using Type = Correlation::Type;

// Grows page by page: nothing is copied, so that growing never takes twice the memory.
template <class T>
class Pages {
 public:
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return pages_.size() * page_items * sizeof(T); }
  void push_back(const T& item) {
    if (size_ == pages_.size() * page_items) {
      pages_.push_back(std::make_unique_for_overwrite<T[]>(page_items));
    }
    pages_[size_ / page_items][size_ % page_items] = item;
    ++size_;
  }
  const T& operator[](std::size_t at) const { return pages_[at / page_items][at % page_items]; }
  void clear() {
    pages_.clear();
    size_ = 0;
  }

 private:
  static constexpr std::size_t page_items = std::size_t{1} << 14U;
  std::vector<std::unique_ptr<T[]>> pages_;
  std::size_t size_ = 0;
};

// Values of fields are kept once; 0 is "absent".
class Values {
 public:
  Values() { texts_.push_back({}); }
  // 0 where the value is new and there is no room for it.
  std::uint32_t id(std::string_view text, std::size_t room) {
    if (text.empty()) {
      return 0;
    }
    std::size_t slot = slot_of(text);
    if (slots_[slot] != 0) {
      return slots_[slot];
    }
    if (text.size() + sizeof(std::string_view) + 2 * sizeof(std::uint32_t) > room) {
      return 0;
    }
    const auto number = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(arena_.copy(text));
    text_bytes_ += text.size();
    if (texts_.size() * 2 > slots_.size()) {
      grow();
    } else {
      slots_[slot] = number;
    }
    return number;
  }
  std::string_view text(std::uint32_t number) const { return texts_[number]; }
  std::size_t bytes() const { return text_bytes_ + texts_.bytes() + slots_.size() * sizeof(std::uint32_t); }
  void clear() {
    arena_ = {};
    text_bytes_ = 0;
    texts_.clear();
    texts_.push_back({});
    slots_.assign(slots_min, 0);
  }

 private:
  static constexpr std::size_t slots_min = 1024;

  std::size_t slot_of(std::string_view text) const {
    std::size_t slot = std::hash<std::string_view>{}(text) & (slots_.size() - 1);
    while (slots_[slot] != 0 && texts_[slots_[slot]] != text) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    return slot;
  }
  void grow() {
    const std::size_t count = slots_.size() * 2;
    slots_ = {};
    slots_.assign(count, 0);
    for (std::uint32_t number = 1; number < texts_.size(); ++number) {
      slots_[slot_of(texts_[number])] = number;
    }
  }

  Arena arena_;
  std::size_t text_bytes_ = 0;
  Pages<std::string_view> texts_;
  std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(slots_min);  // open addressing, at most half full
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
  Time time;
  std::uint64_t record = 0;
  std::uint64_t offset = 0;
  std::uint32_t rule = 0;
  std::uint32_t source = 0;
  std::uint32_t values_begin = 0;
  std::uint32_t host = 0;

  auto identity() const { return std::tuple(time, source, record, offset); }
};

// One thing that a correlation counts: a rule's hit, or a hit of an inner correlation under one set of values.
struct Item {
  std::uint32_t at = 0;  // of the events, or of the inner correlation's hits
  std::uint32_t input = 0;
  std::uint32_t value_set = no_set;  // no_set: an event
  static constexpr std::uint32_t no_set = ~std::uint32_t{0};
};

struct CorrelationPlan {
  // Names that the correlation or a correlation above it asks for: group-by first, then value fields, then the others.
  std::vector<std::string> fields;
  std::size_t own = 0;  // of them, at the beginning, what the correlation itself asks for
  // For each input: where each field's value stands among the input's own (wanted values, or an inner plan's fields).
  std::vector<std::vector<std::uint32_t>> from;
};

struct InnerHit {
  CorrelationHit hit;
  std::vector<std::vector<std::uint32_t>> values;  // different sets of values of the plan's fields among its events
};

// Numbers tuples of values from 0, in the order in which they are met.
class Tuples {
 public:
  explicit Tuples(std::size_t length) : next_(length) {}
  template <class ValueAt>
  std::uint32_t number(ValueAt value_at) {
    std::uint32_t number = 0;
    for (std::size_t place = 0; place < next_.size(); ++place) {
      const std::uint64_t key = static_cast<std::uint64_t>(number) << 32U | value_at(place);
      number = next_[place].try_emplace(key, static_cast<std::uint32_t>(next_[place].size())).first->second;
    }
    return number;
  }

 private:
  std::vector<boost::unordered_flat_map<std::uint64_t, std::uint32_t>> next_;  // number of the part before, value
};

}  // namespace

struct Correlator::State {
  explicit State(std::shared_ptr<const rules::RuleSet> given) : set(std::move(given)) {
    wanted.resize(set->rules.size());
    wants.resize(set->rules.size());
    plans.resize(set->correlations.size());
    is_input.resize(set->correlations.size());
    kept_of.resize(set->rules.size());
    order_correlations();
    // Outer correlations first, so that inner ones learn what is asked of them.
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      plan(*at);
    }
    inputs = static_cast<std::size_t>(std::count(wants.begin(), wants.end(), true));
  }

  // Inner correlations before those that use them. References form no circle (room rules rejects those).
  void order_correlations() {
    const std::size_t count = set->correlations.size();
    std::vector<bool> done(count);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::uint32_t at = 0; at < count; ++at) {
        const auto& of = set->correlations[at].inputs;
        const bool ready = std::all_of(of.begin(), of.end(), [&](std::uint32_t input) {
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
  static std::string source_field(const Correlation& correlation, std::size_t input, const std::string& name) {
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
    made.own = made.fields.size();
    for (const std::string& field : asked) {
      place_of(made.fields, field);
    }
    made.from.resize(correlation.inputs.size());
    for (std::size_t input = 0; input < correlation.inputs.size(); ++input) {
      const std::uint32_t target = correlation.inputs[input];
      const bool is_rule = target < set->rules.size();
      if (is_rule) {
        wants[target] = true;
      } else {
        is_input[target - set->rules.size()] = true;
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

  using Inner = std::vector<std::vector<InnerHit>>;

  std::uint32_t value(std::uint32_t number, const Item& item, std::size_t field, const Inner& inner) const {
    const std::uint32_t from = plans[number].from[item.input][field];
    if (item.value_set == Item::no_set) {
      return value_ids[events[item.at].values_begin + from];
    }
    return inner_hit(number, item, inner).values[item.value_set][from];
  }

  const InnerHit& inner_hit(std::uint32_t number, const Item& item, const Inner& inner) const {
    return inner[set->correlations[number].inputs[item.input] - set->rules.size()][item.at];
  }

  // A hit of a correlation stands at its last moment, in the place of its last event.
  auto identity(std::uint32_t number, const Item& item, const Inner& inner) const {
    if (item.value_set == Item::no_set) {
      return events[item.at].identity();
    }
    const CorrelationHit& hit = inner_hit(number, item, inner).hit;
    const CorrelationHit::Ref& last = hit.events.back();
    return std::tuple(hit.last, last.source, last.record, last.offset);
  }

  // What the correlation counts, in the order of time.
  std::vector<Item> collect(std::uint32_t number, const Inner& inner) const {
    const Correlation& correlation = set->correlations[number];
    std::vector<std::vector<std::uint32_t>> inputs_of(set->rules.size());
    bool chained = false;
    for (std::uint32_t input = 0; input < correlation.inputs.size(); ++input) {
      if (correlation.inputs[input] < set->rules.size()) {
        inputs_of[correlation.inputs[input]].push_back(input);
      } else {
        chained = true;
      }
    }
    std::size_t count = 0;
    for (std::size_t rule = 0; rule < inputs_of.size(); ++rule) {
      count += inputs_of[rule].size() * kept_of[rule];
    }
    std::vector<Item> items;
    items.reserve(count);
    for (const std::uint32_t at : by_time) {
      for (const std::uint32_t input : inputs_of[events[at].rule]) {
        items.push_back({at, input, Item::no_set});
      }
    }
    if (!chained) {
      return items;
    }
    for (std::uint32_t input = 0; input < correlation.inputs.size(); ++input) {
      if (correlation.inputs[input] < set->rules.size()) {
        continue;
      }
      const std::vector<InnerHit>& hits = inner[correlation.inputs[input] - set->rules.size()];
      for (std::uint32_t at = 0; at < hits.size(); ++at) {
        // Once for each different set of the values that are asked for here.
        Tuples met(plans[number].own);
        std::uint32_t different = 0;
        for (std::uint32_t values_at = 0; values_at < hits[at].values.size(); ++values_at) {
          const Item item{at, input, values_at};
          if (met.number([&](std::size_t field) { return value(number, item, field, inner); }) == different) {
            items.push_back(item);
            ++different;
          }
        }
      }
    }
    std::stable_sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
      return std::tuple(identity(number, a, inner), a.input) < std::tuple(identity(number, b, inner), b.input);
    });
    return items;
  }

  // Sorts the items by group, keeping the order of time, and gives the ends of the groups. An item without a value for
  // a group-by field belongs to no group.
  std::vector<std::uint32_t> group(std::uint32_t number, std::vector<Item>& items, const Inner& inner) const {
    const std::size_t fields = set->correlations[number].group_by.size();
    Tuples tuples(fields);
    std::vector<std::uint32_t> group_of;
    std::vector<std::uint32_t> ends;
    group_of.reserve(items.size());
    std::size_t grouped = 0;
    for (const Item& item : items) {
      bool whole = true;
      for (std::size_t field = 0; field < fields && whole; ++field) {
        whole = value(number, item, field, inner) != 0;
      }
      if (!whole) {
        continue;
      }
      items[grouped++] = item;
      group_of.push_back(tuples.number([&](std::size_t field) { return value(number, item, field, inner); }));
      if (group_of.back() >= ends.size()) {
        ends.resize(group_of.back() + std::size_t{1});
      }
      ++ends[group_of.back()];
    }
    items.resize(grouped);
    if (ends.size() <= 1) {
      return ends;
    }
    std::uint32_t before = 0;
    for (std::uint32_t& end : ends) {
      const std::uint32_t size = end;
      end = before;
      before += size;
    }
    std::vector<Item> sorted(items.size());
    for (std::size_t at = 0; at < items.size(); ++at) {
      sorted[ends[group_of[at]]++] = items[at];
    }
    items = std::move(sorted);
    return ends;
  }

  std::vector<InnerHit> run(std::uint32_t number, const Inner& inner) {
    std::vector<Item> items = collect(number, inner);
    const std::vector<std::uint32_t> ends = group(number, items, inner);
    std::vector<InnerHit> found;
    std::size_t begin = 0;
    for (const std::uint32_t end : ends) {
      if (stopped()) {
        break;
      }
      run_group(number, std::span(items).subspan(begin, end - begin), inner, found);
      begin = end;
    }
    return found;
  }

  void run_group(std::uint32_t number, std::span<const Item> items, const Inner& inner, std::vector<InnerHit>& found) {
    const Correlation& correlation = set->correlations[number];
    const bool temporal = correlation.type == Type::temporal || correlation.type == Type::temporal_ordered;
    Tuples distinct(correlation.value_fields.size());
    window.clear();
    kept.clear();
    for (std::uint32_t at = 0; at < items.size(); ++at) {
      if (at % 4096 == 0 && stopped()) {
        return;
      }
      const Item& item = items[at];
      // An event that matched several of the rules is one event.
      if (!temporal && !kept.empty() && item.value_set == Item::no_set && items[at - 1].value_set == Item::no_set &&
          events[item.at].identity() == events[items[at - 1].at].identity()) {
        continue;
      }
      WindowItem made{std::get<0>(identity(number, item, inner)), item.input, 0, 0};
      if (!temporal && correlation.type != Type::event_count) {
        const auto field_value = [&](std::size_t place) {
          return value(number, item, value_place(number, place), inner);
        };
        bool whole = !correlation.value_fields.empty();
        for (std::size_t place = 0; place < correlation.value_fields.size() && whole; ++place) {
          whole = field_value(place) != 0;
        }
        if (!whole) {
          continue;
        }
        if (correlation.type == Type::value_count) {
          made.value = distinct.number(field_value);
        } else if (const auto parsed = parse_double(values.text(field_value(0)))) {
          made.number = *parsed;
        } else {
          continue;
        }
      }
      window.push_back(made);
      kept.push_back(at);
    }
    for (const Burst& burst : find_bursts(correlation, window)) {
      if (stopped()) {
        return;
      }
      if (hits_made >= limits::correlation_hits_max) {
        ++hits_beyond;
        continue;
      }
      ++hits_made;
      found.push_back(make_hit(number, burst, items, inner));
    }
  }

  // Where a field of the condition stands among the plan's fields.
  std::size_t value_place(std::uint32_t number, std::size_t place) const {
    const std::string& name = set->correlations[number].value_fields[place];
    const std::vector<std::string>& fields = plans[number].fields;
    return static_cast<std::size_t>(std::find(fields.begin(), fields.end(), name) - fields.begin());
  }

  InnerHit make_hit(std::uint32_t number, const Burst& burst, std::span<const Item> items, const Inner& inner) {
    const Correlation& correlation = set->correlations[number];
    InnerHit made;
    made.hit.correlation = number;
    for (std::size_t field = 0; field < correlation.group_by.size(); ++field) {
      made.hit.group.emplace_back(correlation.group_by[field],
                                  std::string(values.text(value(number, items.front(), field, inner))));
    }
    made.hit.value = burst.value;
    made.hit.first = window[burst.first].time;
    made.hit.last = window[burst.last].time;
    std::optional<std::tuple<Time, std::uint32_t, std::uint64_t, std::uint64_t>> before;
    Tuples sets(is_input[number] ? plans[number].fields.size() : 0);
    for (std::size_t at = burst.first; at <= burst.last; ++at) {
      const Item& item = items[kept[at]];
      if (is_input[number]) {
        add_all_values(number, item, inner, sets, made.values);
      }
      if (item.value_set != Item::no_set) {
        const CorrelationHit& hit = inner_hit(number, item, inner).hit;
        made.hit.first = std::min(made.hit.first, hit.first);
        made.hit.count += 1;
        for (const CorrelationHit::Ref& ref : hit.events) {
          add_ref(made.hit.events, ref);
        }
      } else if (const KeptEvent& event = events[item.at]; before != event.identity()) {
        before = event.identity();
        made.hit.count += 1;
        add_ref(made.hit.events, {event.source, event.record, event.offset, event.time, event.host});
      }
    }
    if (correlation.type == Type::value_count) {
      made.hit.count = static_cast<std::uint64_t>(
          measure(correlation, std::span(window).subspan(burst.first, burst.last - burst.first + 1)));
    }
    return made;
  }

  // An item that is a hit has all its sets of values that look the same to this correlation.
  void add_all_values(std::uint32_t number, const Item& item, const Inner& inner, Tuples& met,
                      std::vector<std::vector<std::uint32_t>>& sets) {
    add_values(number, item, inner, met, sets);
    if (item.value_set == Item::no_set) {
      return;
    }
    const std::size_t count = inner_hit(number, item, inner).values.size();
    for (Item other{item.at, item.input, item.value_set + 1}; other.value_set < count; ++other.value_set) {
      bool same = true;
      for (std::size_t field = 0; field < plans[number].own && same; ++field) {
        same = value(number, other, field, inner) == value(number, item, field, inner);
      }
      if (same) {
        add_values(number, other, inner, met, sets);
      }
    }
  }

  void add_values(std::uint32_t number, const Item& item, const Inner& inner, Tuples& met,
                  std::vector<std::vector<std::uint32_t>>& sets) {
    const std::size_t fields = plans[number].fields.size();
    const std::size_t most =
        sets_made < limits::correlation_refs_max ? limits::verdict_events_max : limits::correlation_refs_min;
    if (sets.size() >= most ||
        met.number([&](std::size_t field) { return value(number, item, field, inner); }) != sets.size()) {
      return;
    }
    std::vector<std::uint32_t>& made = sets.emplace_back();
    for (std::size_t field = 0; field < fields; ++field) {
      made.push_back(value(number, item, field, inner));
    }
    ++sets_made;
  }

  void add_ref(std::vector<CorrelationHit::Ref>& refs, const CorrelationHit::Ref& ref) {
    const std::size_t most =
        refs_made < limits::correlation_refs_max ? limits::verdict_events_max : limits::correlation_refs_min;
    if (refs.size() < most) {
      refs.push_back(ref);
      ++refs_made;
    }
  }

  // Half of the room is kept for the rules in equal parts, so that a rule that fires on everything leaves room for the
  // others.
  bool has_room(std::uint32_t rule) const {
    return kept_of[rule] < own_part() || shared < limits::correlation_kept_events_max / 2;
  }
  std::size_t own_part() const { return limits::correlation_kept_events_max / 2 / std::max<std::size_t>(1, inputs); }
  std::size_t bytes() const { return events.bytes() + value_ids.bytes() + values.bytes(); }
  void forget() {
    events.clear();
    value_ids.clear();
    values.clear();
    std::fill(kept_of.begin(), kept_of.end(), 0);
    shared = 0;
    by_time = {};
    window = {};
    kept = {};
    hits_made = 0;
    refs_made = 0;
    sets_made = 0;
  }

  std::shared_ptr<const rules::RuleSet> set;
  std::vector<std::vector<std::string>> wanted;
  std::vector<bool> wants;
  std::vector<CorrelationPlan> plans;
  std::vector<std::uint32_t> order;
  std::vector<bool> is_input;  // by correlation: another one uses its hits
  std::size_t inputs = 0;      // rules that are wanted
  Values values;
  Pages<KeptEvent> events;
  Pages<std::uint32_t> value_ids;
  std::vector<std::size_t> kept_of;  // events, by rule
  std::size_t shared = 0;            // events beyond their rule's own part
  std::uint64_t evicted = 0;
  std::uint64_t timeless = 0;
  bool stopped() const { return cancelled != nullptr && *cancelled && (*cancelled)(); }

  // While finishing.
  const std::function<bool()>* cancelled = nullptr;
  std::vector<std::uint32_t> by_time;  // events
  std::vector<WindowItem> window;      // of the group at hand
  std::vector<std::uint32_t> kept;     // window item → item
  std::size_t hits_made = 0;
  std::uint64_t hits_beyond = 0;
  std::size_t refs_made = 0;
  std::size_t sets_made = 0;
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
std::uint64_t Correlator::hits_beyond() const { return state_->hits_beyond; }
std::size_t Correlator::bytes() const { return state_->bytes(); }

void Correlator::add(CorrelationEvent event) {
  State& state = *state_;
  if (!state.wants[event.rule]) {
    return;
  }
  if (!event.time.known()) {
    ++state.timeless;
    return;
  }
  const std::size_t values_begin = state.value_ids.size();
  const std::size_t bytes = state.bytes();
  if (!state.has_room(event.rule) || bytes >= limits::correlation_kept_bytes_max) {
    ++state.evicted;
    return;
  }
  std::vector<std::uint32_t>& ids = state.kept;
  ids.clear();
  event.values.resize(state.wanted[event.rule].size());
  for (const std::string& value : event.values) {
    const std::string_view text = std::string_view(value).substr(0, limits::correlation_value_bytes_max);
    ids.push_back(state.values.id(text, limits::correlation_kept_bytes_max - bytes));
    if (ids.back() == 0 && !text.empty()) {
      ++state.evicted;
      return;
    }
  }
  for (const std::uint32_t id : ids) {
    state.value_ids.push_back(id);
  }
  state.events.push_back({event.time, event.record, event.offset, event.rule, event.source,
                          static_cast<std::uint32_t>(values_begin), event.host});
  if (state.kept_of[event.rule]++ >= state.own_part()) {
    ++state.shared;
  }
}

std::vector<CorrelationHit> Correlator::finish(const std::function<bool()>& cancelled) {
  State& state = *state_;
  state.cancelled = &cancelled;
  state.by_time.resize(state.events.size());
  std::iota(state.by_time.begin(), state.by_time.end(), 0U);
  std::sort(state.by_time.begin(), state.by_time.end(), [&](std::uint32_t a, std::uint32_t b) {
    const KeptEvent& left = state.events[a];
    const KeptEvent& right = state.events[b];
    return std::tuple(left.identity(), left.rule, a) < std::tuple(right.identity(), right.rule, b);
  });
  std::vector<std::vector<InnerHit>> found(state.set->correlations.size());
  for (const std::uint32_t number : state.order) {
    found[number] = state.run(number, found);
  }
  state.cancelled = nullptr;
  state.forget();
  std::vector<CorrelationHit> hits;
  for (std::vector<InnerHit>& of : found) {
    for (InnerHit& hit : of) {
      hits.push_back(std::move(hit.hit));
    }
    of = {};
  }
  std::sort(hits.begin(), hits.end(), [](const CorrelationHit& a, const CorrelationHit& b) {
    return std::tie(a.correlation, a.first, a.group, a.last) < std::tie(b.correlation, b.first, b.group, b.last);
  });
  return hits;
}

}  // namespace tocsin::detect
