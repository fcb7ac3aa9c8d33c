#include "detect/indexed.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>

#include "base/text.h"
#include "detect/number.h"

namespace tocsin::detect {

using event::Event;
using event::EventBatch;
using event::Field;
using event::FieldId;
using event::Value;
using event::ValueKind;
using rules::Operator;

namespace {

// Routes that one thread remembers; an input with more kinds of events makes it start again.
constexpr std::size_t routes_max = 4096;
constexpr std::size_t name_bytes_max = 512;
// Sequences of fields, likewise.
constexpr std::size_t shapes_max = 4096;
// Values and raw record are searched for keywords as one text, with this byte between them; no literal has it.
constexpr char separator = '\0';
// Raw text of neighbouring rows is searched for keywords in pieces of about this size, which may lie this far apart: a
// line ending.
constexpr std::size_t rows_bytes = 4096;
constexpr std::size_t rows_apart = 2;

// ASCII letters become small. Gives the end of what was written.
char* copy_lower(std::string_view text, char* out) {
  for (const char c : text) {
    *out++ = ascii_lower(c);
  }
  return out;
}

bool is_number(const Value& value) {
  if (value.kind == ValueKind::boolean || value.text.empty()) {
    return false;
  }
  const char first = value.text.front();
  return ascii_digit(first) || first == '-' || first == '+' || first == '.';
}

bool is_witness(const Plan& plan, std::uint32_t atom) {
  return plan.witness_begin[atom] != plan.witness_begin[atom + 1];
}

// What of a keyword must be looked for in raw text before it can be said that the values alone decide: nothing as long
// as no rule asks for it or is put forward by it. Of one without literals it can never be said.
enum class Heed : std::uint8_t { no, literals, never };

}  // namespace

// Which values the slots of a plan read is settled by the names of an event's fields and their order. Logs have few
// such sequences: the three captures of the sample data, with 70,004 events, have 132.
struct IndexedEvaluator::Shape {
  std::vector<FieldId> names;
  struct Read {
    std::uint32_t slot = 0;
    std::uint32_t begin = 0;  // into positions
    std::uint32_t count = 0;
  };
  std::vector<Read> reads;
  std::vector<std::uint32_t> positions;  // indices of fields, in the order in which a slot has them
  std::vector<ValueMemo::Hint> hints;    // by position
  std::vector<std::uint32_t> mapped;     // slots to be resolved in every event
  std::vector<std::uint32_t> rules;      // of the plan, to be run whatever the values are
  std::vector<std::uint32_t> inputs;     // indices of fields that any slot may read
  std::uint64_t serial = 0;              // no other shape of any plan had it
};

// What a plan remembers from event to event; stamps hold the epoch of the event for which they are true.
struct IndexedEvaluator::State {
  State(const Plan& given, std::uint64_t number)
      : plan(given),
        key(number << 32U),
        answers(given.atoms.size()),
        rule_epochs(given.rules.size()),
        ranges(given.slots.size()),
        heed(given.atoms.size(), Heed::no) {
    for (std::uint32_t atom = 0; atom < heed.size(); ++atom) {
      heed[atom] = is_witness(given, atom) ? Heed::literals : Heed::no;
    }
    for (const std::uint32_t trigger : given.keyword_always) {
      heed[given.triggers[trigger].atom] = Heed::never;
    }
  }

  void forget() {
    std::fill(answers.begin(), answers.end(), 0);
    std::fill(rule_epochs.begin(), rule_epochs.end(), 0);
    std::fill(ranges.begin(), ranges.end(), Range{});
  }

  const Plan& plan;
  std::uint64_t key;  // of this plan's values in the memo
  std::uint32_t epoch = 0;
  std::vector<std::uint32_t> answers;      // by atom: 2 × epoch, + 1 where true
  std::vector<std::uint32_t> rule_epochs;  // by rule of the plan: is a candidate already
  std::vector<Range> ranges;               // by slot: of met_
  std::vector<Heed> heed;                  // by atom
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Shape>> shapes;
  Shape* last_shape = nullptr;
};

struct IndexedEvaluator::RouteKey {
  std::string channel, provider;
  std::uint32_t event_id = 0;
  const event::LogSource* log_source = nullptr;
};

struct RouteView {
  std::string_view channel, provider;
  std::uint32_t event_id = 0;
  const event::LogSource* log_source = nullptr;
};

struct IndexedEvaluator::RouteHash {
  using is_transparent = void;
  template <class Key>
  std::size_t operator()(const Key& key) const {
    const std::hash<std::string_view> text;
    std::size_t hash = text(key.channel) * 31 + text(key.provider);
    hash = hash * 0x9E3779B97F4A7C15ULL + key.event_id;
    return hash * 0x9E3779B97F4A7C15ULL + reinterpret_cast<std::uintptr_t>(key.log_source);
  }
};

struct IndexedEvaluator::RouteEqual {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return a.event_id == b.event_id && a.log_source == b.log_source && a.channel == b.channel &&
           a.provider == b.provider;
  }
};

struct IndexedEvaluator::Route {
  RouteKey key;
  std::vector<MetSource> certain;
  struct Conditional {
    MetSource met;
    FieldLookup lookup;
    std::string_view value;
  };
  std::vector<Conditional> conditional;  // several of one source: the first that holds counts
  State* state = nullptr;                // where nothing is conditional
  bool told = false;                     // the caller knows the certain sources
};

IndexedEvaluator::IndexedEvaluator(const Program::Implementation& program, event::FieldTable& table,
                                   ScanOptions options)
    : program_(program),
      table_(table),
      plain_(program, table),
      routes_(std::make_unique<boost::unordered_flat_map<RouteKey, std::unique_ptr<Route>, RouteHash, RouteEqual>>()),
      options_(options) {}

IndexedEvaluator::~IndexedEvaluator() = default;

// ---- Route ---------------------------------------------------------------------------------------------------

void IndexedEvaluator::make_route(const Event& event, Route& route) {
  std::vector<Way> found;
  for (std::uint32_t source = 0; source < program_.sources.size(); ++source) {
    found.clear();
    ways(program_.sources[source], event, found);
    for (const Way& way : found) {
      if (way.condition_field.empty()) {
        if (route.conditional.empty() || route.conditional.back().met.source != source) {
          route.certain.push_back({source, way.scope});
        } else {
          // After conditional ways of the same source: met where none of them holds.
          route.conditional.push_back({{source, way.scope}, {}, {}});
        }
        break;
      }
      route.conditional.push_back(
          {{source, way.scope}, make_lookup(table_, way.condition_field, way.scope), way.condition_value});
    }
  }
}

const std::vector<MetSource>* IndexedEvaluator::route(const EventBatch& batch, const Event& event) {
  // Longer names are no names of the tables, whatever follows; what an input can make us remember stays small.
  const RouteView view{event.channel.substr(0, name_bytes_max), event.provider.substr(0, name_bytes_max),
                       event.event_id, event.log_source};
  if (last_route_ == nullptr || !RouteEqual{}(last_route_->key, view)) {
    auto found = routes_->find(view);
    if (found == routes_->end()) {
      if (routes_->size() >= routes_max) {
        routes_->clear();
      }
      auto made = std::make_unique<Route>();
      made->key = {std::string(view.channel), std::string(view.provider), view.event_id, view.log_source};
      make_route(event, *made);
      RouteKey key = made->key;
      found = routes_->emplace(std::move(key), std::move(made)).first;
    }
    last_route_ = found->second.get();
  }
  Route& route = *last_route_;
  const auto state_of = [this](const std::vector<MetSource>& met) {
    const Plan& plan = program_.plans->plan(met);
    std::unique_ptr<State>& state = states_[&plan];
    if (state == nullptr) {
      state = std::make_unique<State>(plan, states_.size());
    }
    return state.get();
  };
  if (route.conditional.empty()) {
    const bool first = !route.told;
    route.told = true;
    if (route.state == nullptr) {
      route.state = state_of(route.certain);
    }
    state_ = route.state;
    return first ? &route.certain : nullptr;
  }
  met_sources_ = route.certain;
  for (const Route::Conditional& conditional : route.conditional) {
    const bool have = std::any_of(met_sources_.begin(), met_sources_.end(),
                                  [&](const MetSource& met) { return met.source == conditional.met.source; });
    if (have) {
      continue;
    }
    bool holds = conditional.value.empty();
    if (!holds) {
      found_.clear();
      resolve(conditional.lookup, batch.fields_of(event), table_, made_, found_);
      holds = std::any_of(found_.begin(), found_.end(),
                          [&](const FoundValue& found) { return ascii_iequals(found.value->text, conditional.value); });
    }
    if (holds) {
      met_sources_.push_back(conditional.met);
    }
  }
  std::sort(met_sources_.begin(), met_sources_.end());
  state_ = state_of(met_sources_);
  return &met_sources_;
}

// ---- One event -----------------------------------------------------------------------------------------------

void IndexedEvaluator::run(const EventBatch& batch, const Event& event, std::vector<std::uint32_t>& fired) {
  State& state = *state_;
  const Plan& plan = state.plan;
  if (plan.rules.empty()) {
    return;
  }
  constexpr std::uint32_t epoch_max = std::uint32_t{1} << 30U;
  if (++state.epoch >= epoch_max) {
    state.forget();
    state.epoch = 1;
  }
  epoch_ = state.epoch;
  batch_ = &batch;
  event_ = &event;
  ++event_number_;
  arena_.clear();
  made_.clear();
  met_.clear();
  candidates_.clear();
  folded_raw_ = {};
  asked_more_ = false;
  memo_.make_room();
  const std::span<const Field> fields = batch.fields_of(event);
  if (folded_fields_.size() < fields.size()) {
    folded_fields_.resize(fields.size());
  }
  Shape& shape = this->shape(fields);
  const bool is_row = options_.rows && event.log_source != nullptr && !event.raw.empty() && rows_.awake() &&
                      decided_by_values(fields, shape);
  if (is_row) {
    if (const std::vector<std::uint32_t>* known = rows_.find()) {
      fired.insert(fired.end(), known->begin(), known->end());
      ++rows_known_;
      return;
    }
  }
  for (const std::uint32_t rule : shape.rules) {
    nominate(rule);
  }
  for (const Shape::Read& read : shape.reads) {
    state.ranges[read.slot] = {static_cast<std::uint32_t>(met_.size()), read.count, epoch_};
    for (std::uint32_t i = read.begin; i < read.begin + read.count; ++i) {
      meet(read.slot, fields[shape.positions[i]].value, shape.positions[i], shape.hints[i]);
    }
  }
  if (!shape.mapped.empty()) {
    search_mapped(batch, event, shape);
  }
  if (plan.has_keywords) {
    search_keywords(batch, event);
  }
  const std::size_t first = fired.size();
  rules_run_ += candidates_.size();
  for (const std::uint32_t rule : candidates_) {
    std::int32_t at = plan.entries[rule];
    while (at >= 0) {
      const Step& step = plan.steps[static_cast<std::size_t>(at)];
      at = ask(step.atom) ? step.on_true : step.on_false;
    }
    if (at == Step::accept) {
      fired.push_back(plan.rules[rule]);
    }
  }
  std::sort(fired.begin() + static_cast<std::ptrdiff_t>(first), fired.end());
  if (is_row && !asked_more_) {
    rows_.keep(std::span(fired).subspan(first));
  }
}

// Does the event's raw text put no rule forward, and give no rule a keyword that it asks for? Then values that rules
// read decide alone; they are given to rows_.
bool IndexedEvaluator::decided_by_values(std::span<const Field> fields, const Shape& shape) {
  const Plan& plan = state_->plan;
  if (std::any_of(plan.keyword_always.begin(), plan.keyword_always.end(),
                  [&](std::uint32_t trigger) { return is_witness(plan, plan.triggers[trigger].atom); })) {
    return false;
  }
  rows_.begin(shape.serial);
  if (plan.keywords.empty()) {
    return std::all_of(shape.inputs.begin(), shape.inputs.end(),
                       [&](std::uint32_t at) { return rows_.add(at, fields[at].value); });
  }
  const auto raw = reinterpret_cast<std::uintptr_t>(event_->raw.data());
  std::size_t input = 0;
  for (std::uint32_t at = 0; at < fields.size(); ++at) {
    bool decides = input < shape.inputs.size() && shape.inputs[input] == at;
    input += decides ? 1 : 0;
    if (!decides) {
      // Keywords are looked for in it beside the raw text.
      const auto begin = reinterpret_cast<std::uintptr_t>(fields[at].value.text.data());
      decides = begin < raw || begin - raw + fields[at].value.text.size() > event_->raw.size();
    }
    if (decides && !rows_.add(at, fields[at].value)) {
      return false;
    }
  }
  return raw_is_clear();
}

bool IndexedEvaluator::any_keyword(std::string_view text) {
  const KeywordIndex& keywords = state_->plan.keywords;
  if (!keywords.takes_any_case()) {
    if (joined_.size() < text.size()) {
      joined_.resize(text.size() * 2);
    }
    copy_lower(text, joined_.data());
    text = std::string_view(joined_).substr(0, text.size());
  }
  bool any = false;
  keywords.scan(keywords.needs_folding(text) ? fold(text) : text, [&](std::uint32_t trigger) {
    any = any || state_->heed[state_->plan.triggers[trigger].atom] != Heed::no;
  });
  return any;
}

// No literal of a keyword to be heeded stands in the raw text of the event at hand. Lines that follow each other
// are searched as one text.
bool IndexedEvaluator::raw_is_clear() {
  const char* const begin = event_->raw.data();
  const char* end = begin + event_->raw.size();
  const std::less_equal<const char*> before;
  const char* const searched = searched_.text.data();
  const bool inside =
      searched_.plan == &state_->plan && before(searched, begin) && before(end, searched + searched_.text.size());
  if (!inside) {
    const Event* const last = batch_->events.data() + batch_->events.size();
    for (const Event* next = event_ + 1; next != last && static_cast<std::size_t>(end - begin) < rows_bytes; ++next) {
      const auto gap = reinterpret_cast<std::uintptr_t>(next->raw.data()) - reinterpret_cast<std::uintptr_t>(end);
      if (next->raw.empty() || gap > rows_apart) {
        break;
      }
      end = next->raw.data() + next->raw.size();
    }
    searched_.plan = &state_->plan;
    searched_.text = {begin, static_cast<std::size_t>(end - begin)};
    searched_.clear = !any_keyword(searched_.text);
  }
  return searched_.clear || !any_keyword(event_->raw);
}

IndexedEvaluator::Shape& IndexedEvaluator::shape(std::span<const Field> fields) {
  const auto same = [&](const Shape& known) {
    return known.names.size() == fields.size() &&
           std::equal(fields.begin(), fields.end(), known.names.begin(),
                      [](const Field& field, FieldId name) { return field.id == name; });
  };
  State& state = *state_;
  if (options_.shapes && state.last_shape != nullptr && same(*state.last_shape)) {
    return *state.last_shape;
  }
  std::uint64_t hash = fields.size();
  for (const Field& field : fields) {
    hash = (hash ^ event::index(field.id)) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32U;
  }
  if (shapes_ >= shapes_max) {
    for (auto& [plan, each] : states_) {
      each->shapes.clear();
      each->last_shape = nullptr;
    }
    shapes_ = 0;
  }
  std::unique_ptr<Shape>& found = state.shapes[hash];
  if (found == nullptr) {
    found = std::make_unique<Shape>();
    ++shapes_;
    make_shape(fields, *found);
  } else if (!options_.shapes || !same(*found)) {
    make_shape(fields, *found);
  }
  state.last_shape = found.get();
  return *found;
}

void IndexedEvaluator::make_shape(std::span<const Field> fields, Shape& shape) {
  const Plan& plan = state_->plan;
  shape = {};
  shape.serial = ++shape_serial_;
  std::vector<std::uint32_t> slots;
  for (const Field& field : fields) {
    shape.names.push_back(field.id);
    if (field.id == event::overflow_field) {
      continue;
    }
    if (const auto fed = plan.names.find(event::index(table_.folded(field.id))); fed != plan.names.end()) {
      slots.insert(slots.end(), fed->second.begin(), fed->second.end());
      shape.inputs.push_back(static_cast<std::uint32_t>(shape.names.size() - 1));
    }
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  shape.rules = plan.always_rules;
  for (const std::uint32_t slot : slots) {
    if (plan.slots[slot].mapped) {
      shape.mapped.push_back(slot);
      continue;
    }
    found_.clear();
    resolve(*plan.slots[slot].lookup, fields, table_, made_, found_);
    if (found_.empty()) {
      continue;
    }
    shape.reads.push_back(
        {slot, static_cast<std::uint32_t>(shape.positions.size()), static_cast<std::uint32_t>(found_.size())});
    for (const FoundValue& found : found_) {
      // What is not mapped points into the fields.
      const Field* field = fields.data();
      while (&field->value != found.value) {
        ++field;
      }
      shape.positions.push_back(static_cast<std::uint32_t>(field - fields.data()));
    }
    for (const std::uint32_t trigger : plan.slots[slot].present) {
      const std::uint32_t atom = plan.triggers[trigger].atom;
      shape.rules.insert(shape.rules.end(), plan.witness_rules.begin() + plan.witness_begin[atom],
                         plan.witness_rules.begin() + plan.witness_begin[atom + 1]);
    }
  }
  std::sort(shape.rules.begin(), shape.rules.end());
  shape.rules.erase(std::unique(shape.rules.begin(), shape.rules.end()), shape.rules.end());
  shape.hints.resize(shape.positions.size());
}

void IndexedEvaluator::meet(std::uint32_t slot, const Value& value, std::uint32_t field, ValueMemo::Hint& hint) {
  Met& met = met_.emplace_back();
  met.value = &value;
  met.field = field;
  if (value.kind == ValueKind::null || state_->plan.slots[slot].literals.empty()) {
    return;
  }
  met.found = look_up(slot, met, hint);
  for (std::uint32_t i = 0; i < met.found.rules; ++i) {
    nominate(met.found.list[i]);
  }
}

ValueMemo::Answer IndexedEvaluator::look_up(std::uint32_t number, const Met& met, ValueMemo::Hint& hint) {
  const Slot& slot = state_->plan.slots[number];
  const std::string_view text = met.value->text;
  if (!options_.memo || text.empty() || text.size() > ValueMemo::text_bytes_max || hint.resting()) {
    return search(slot, met);
  }
  const std::uint64_t key =
      state_->key | std::uint64_t{number} << 1U | (met.value->kind == ValueKind::boolean ? 1U : 0U);
  if (const ValueMemo::Answer* known = memo_.again(hint, key, text)) {
    hint.note(true);
    return *known;
  }
  const std::uint64_t hash = ValueMemo::hash(key, text);
  const ValueMemo::Answer* known = memo_.find(hash, key, text, hint);
  hint.note(known != nullptr);
  if (known != nullptr) {
    return *known;
  }
  const ValueMemo::Answer found = search(slot, met);
  if (memo_.met(hash)) {
    memo_.keep(hash, key, text, found);
  }
  return found;
}

// The literals that stand in the value: which rules they are witnesses of, which atoms they prove.
ValueMemo::Answer IndexedEvaluator::search(const Slot& slot, const Met& met) {
  const Plan& plan = state_->plan;
  found_rules_.clear();
  found_atoms_.clear();
  const auto pull = [&](std::uint32_t number) {
    const Trigger trigger = plan.triggers[number];
    if (trigger.proves) {
      found_atoms_.push_back(trigger.atom);
    }
    found_rules_.insert(found_rules_.end(), plan.witness_rules.begin() + plan.witness_begin[trigger.atom],
                        plan.witness_rules.begin() + plan.witness_begin[trigger.atom + 1]);
  };
  slot.literals.scan(folded(met), pull);
  const Value& value = *met.value;
  if (!slot.numbers.empty() && is_number(value)) {
    // Anything but plain digits: ask the number atoms themselves.
    const bool shortest = (value.text.front() != '0' || value.text.size() == 1) &&
                          std::all_of(value.text.begin(), value.text.end(), ascii_digit);
    if (!shortest && parse_decimal(value.text)) {
      for (const std::uint32_t trigger : slot.numbers) {
        pull(trigger);
      }
    }
  }
  const std::size_t listed = found_rules_.size() + found_atoms_.size();
  if (listed == 0) {
    return {};
  }
  std::sort(found_atoms_.begin(), found_atoms_.end());
  std::size_t bytes = (listed + 1) * sizeof(std::uint32_t);
  void* room = arena_.allocate(bytes);
  auto* const list =
      static_cast<std::uint32_t*>(std::align(alignof(std::uint32_t), listed * sizeof(std::uint32_t), room, bytes));
  std::copy(found_atoms_.begin(), found_atoms_.end(), std::copy(found_rules_.begin(), found_rules_.end(), list));
  return {list, static_cast<std::uint32_t>(found_rules_.size()), static_cast<std::uint32_t>(found_atoms_.size())};
}

void IndexedEvaluator::search_mapped(const EventBatch& batch, const Event& event, const Shape& shape) {
  for (const std::uint32_t slot : shape.mapped) {
    found_.clear();
    resolve(*state_->plan.slots[slot].lookup, batch.fields_of(event), table_, made_, found_);
    if (found_.empty()) {
      continue;
    }
    state_->ranges[slot] = {static_cast<std::uint32_t>(met_.size()), static_cast<std::uint32_t>(found_.size()), epoch_};
    ValueMemo::Hint none;
    for (const FoundValue& found : found_) {
      meet(slot, *found.value, no_field_index, none);
    }
    for (const std::uint32_t trigger : state_->plan.slots[slot].present) {
      pull(trigger);
    }
  }
}

void IndexedEvaluator::search_keywords(const EventBatch& batch, const Event& event) {
  const Plan& plan = state_->plan;
  for (const std::uint32_t trigger : plan.keyword_always) {
    pull(trigger);
  }
  if (plan.keywords.empty()) {
    return;
  }
  // A value that is a piece of the raw record itself needs no second look.
  const auto raw = reinterpret_cast<std::uintptr_t>(event.raw.data());
  const std::span<const Field> fields = batch.fields_of(event);
  const auto looked_at = [&](const Field& field) {
    const auto at = reinterpret_cast<std::uintptr_t>(field.value.text.data());
    const bool inside_raw = at >= raw && at - raw + field.value.text.size() <= event.raw.size();
    return !inside_raw && (!field.value.escaped_in_raw || plan.keywords.in_escaped_values()) &&
           (field.value.kind == ValueKind::text || (field.value.kind != ValueKind::null && plan.keywords.in_numbers()));
  };
  const bool any_case = plan.keywords.takes_any_case();
  std::size_t room = any_case ? 0 : event.raw.size();
  for (const Field& field : fields) {
    room += looked_at(field) ? field.value.text.size() + 1 : 0;
  }
  if (joined_.size() < room) {
    joined_.resize(room * 2);
  }
  char* end = joined_.data();
  for (const Field& field : fields) {
    if (looked_at(field) && !field.value.text.empty()) {
      end = any_case ? std::copy(field.value.text.begin(), field.value.text.end(), end)
                     : copy_lower(field.value.text, end);
      *end++ = separator;
    }
  }
  if (!any_case) {
    end = copy_lower(event.raw, end);
  }
  const auto search = [&](std::string_view text) {
    plan.keywords.scan(plan.keywords.needs_folding(text) ? fold(text) : text,
                       [this](std::uint32_t trigger) { this->pull(trigger); });
  };
  search({joined_.data(), static_cast<std::size_t>(end - joined_.data())});
  if (any_case) {
    search(event.raw);
  }
}

void IndexedEvaluator::pull(std::uint32_t number) {
  const Trigger trigger = state_->plan.triggers[number];
  if (trigger.proves) {
    state_->answers[trigger.atom] = epoch_ * 2 + 1;
  }
  const Plan& plan = state_->plan;
  for (std::uint32_t i = plan.witness_begin[trigger.atom]; i < plan.witness_begin[trigger.atom + 1]; ++i) {
    nominate(plan.witness_rules[i]);
  }
}

void IndexedEvaluator::nominate(std::uint32_t rule) {
  if (state_->rule_epochs[rule] != epoch_) {
    state_->rule_epochs[rule] = epoch_;
    candidates_.push_back(rule);
  }
}

// ---- Atoms -----------------------------------------------------------------------------------------------------

std::span<const IndexedEvaluator::Met> IndexedEvaluator::values_of(std::uint32_t slot) const {
  const Range& range = state_->ranges[slot];
  return range.epoch == epoch_ ? std::span(met_).subspan(range.begin, range.count) : std::span<const Met>{};
}

bool IndexedEvaluator::ask(std::uint32_t number) {
  if (state_->plan.atoms[number].slot == no_slot && state_->heed[number] != Heed::literals) {
    asked_more_ = true;
    if (state_->heed[number] == Heed::no) {
      state_->heed[number] = Heed::literals;  // from now on
      searched_ = {};
    }
  }
  std::uint32_t& answer = state_->answers[number];
  if (answer >= epoch_ * 2) {
    return (answer & 1U) != 0;
  }
  const Atom& atom = state_->plan.atoms[number];
  bool holds = false;
  if (atom.slot != no_slot) {
    for (const Met& met : values_of(atom.slot)) {
      const std::uint32_t* const atoms = met.found.list + met.found.rules;
      holds = holds || std::binary_search(atoms, atoms + met.found.atoms, number);
    }
  }
  if (!holds && !atom.decided) {
    const Matcher& matcher = program_.matchers[atom.matcher];
    holds = matcher.keyword              ? ask_keyword(matcher)
            : atom.other_slot != no_slot ? ask_relation(atom, matcher)
                                         : ask_values(atom, matcher);
  }
  answer = epoch_ * 2 + (holds ? 1 : 0);
  return holds;
}

bool IndexedEvaluator::ask_values(const Atom& atom, const Matcher& matcher) {
  const std::span<const Met> values = values_of(atom.slot);
  if (matcher.op == Operator::exists) {
    return !values.empty() == matcher.boolean;
  }
  if (matcher.op == Operator::is_null && values.empty()) {
    return true;
  }
  const bool folding = needs_folding(matcher);
  return std::any_of(values.begin(), values.end(), [&](const Met& met) {
    const Value& value = *met.value;
    if (matcher.op == Operator::is_null) {
      return value.kind == ValueKind::null;
    }
    return value_matches(matcher, {value.text, folding ? folded(met) : std::string_view{}, value.kind});
  });
}

bool IndexedEvaluator::ask_relation(const Atom& atom, const Matcher& matcher) {
  for (const Met& a : values_of(atom.slot)) {
    for (const Met& b : values_of(atom.other_slot)) {
      if (values_relate(matcher, {a.value->text, folded(a), a.value->kind},
                        {b.value->text, folded(b), b.value->kind})) {
        return true;
      }
    }
  }
  return false;
}

bool IndexedEvaluator::ask_keyword(const Matcher& matcher) {
  const std::span<const Field> fields = batch_->fields_of(*event_);
  const bool folding = needs_folding(matcher);
  for (std::uint32_t at = 0; at < fields.size(); ++at) {
    const Value& value = fields[at].value;
    const std::string_view text = folding ? folded({&value, at, {}}) : std::string_view{};
    if (value_matches(matcher, {value.text, text, value.kind})) {
      return true;
    }
  }
  if (event_->raw.empty()) {
    return false;
  }
  if (folding && folded_raw_.data() == nullptr) {
    folded_raw_ = fold(event_->raw);
  }
  return value_matches(matcher, {event_->raw, folded_raw_, ValueKind::text});
}

std::string_view IndexedEvaluator::folded(const Met& met) {
  if (met.field == no_field_index) {
    return fold(met.value->text);
  }
  FoldedText& kept = folded_fields_[met.field];
  if (kept.event != event_number_) {
    kept = {event_number_, fold(met.value->text)};
  }
  return kept.text;
}

std::string_view IndexedEvaluator::fold(std::string_view text) {
  if (text.empty()) {
    return std::string_view("");
  }
  char* out = arena_.allocate(text.size());
  copy_lower(text, out);
  if (is_ascii(text)) {
    return {out, text.size()};
  }
  arena_.shrink_last(text.size());
  scratch_.clear();
  fold_case_append(text, scratch_);
  return arena_.copy(scratch_);
}

}  // namespace tocsin::detect
