#include "detect/indexed.h"

#include <algorithm>

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
// Values and raw record are searched for keywords as one text, with this byte between them; no literal has it.
constexpr char separator = '\0';

bool is_number(const Value& value) {
  if (value.kind == ValueKind::boolean || value.text.empty()) {
    return false;
  }
  const char first = value.text.front();
  return ascii_digit(first) || first == '-' || first == '+' || first == '.';
}

// Without an early end, so that it runs at the speed of memory.
bool only_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) {
    seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
  }
  return seen < 0x80;
}

}  // namespace

// What a plan remembers from event to event; stamps hold the epoch of the event for which they are true.
struct IndexedEvaluator::State {
  struct Met {
    std::uint32_t epoch = 0;
    std::uint16_t rank = 0;
    std::uint32_t head = Node::none;
    std::uint32_t tail = Node::none;
  };
  explicit State(const Plan& given)
      : plan(given),
        answers(given.atoms.size()),
        nominated(given.atoms.size()),
        rule_epochs(given.rules.size()),
        met(given.slots.size()) {}

  void forget() {
    std::fill(answers.begin(), answers.end(), 0);
    std::fill(nominated.begin(), nominated.end(), 0);
    std::fill(rule_epochs.begin(), rule_epochs.end(), 0);
    std::fill(met.begin(), met.end(), Met{});
  }

  const Plan& plan;
  std::uint32_t epoch = 0;
  std::vector<std::uint32_t> answers;      // by atom: 2 × epoch, + 1 where true
  std::vector<std::uint32_t> nominated;    // by atom: its rules are candidates already
  std::vector<std::uint32_t> rule_epochs;  // by rule of the plan: is a candidate already
  std::vector<Met> met;                    // by slot
  std::vector<std::uint32_t> touched;      // slots that the event has values for
  struct Uses {
    std::uint32_t begin = 0;
    std::uint32_t count = 0;
    bool known = false;
  };
  std::vector<Uses> uses_of;  // by number of a name
  struct Use {
    std::uint32_t slot;
    std::uint16_t rank;
  };
  std::vector<Use> uses;
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

IndexedEvaluator::IndexedEvaluator(const Program::Implementation& program, event::FieldTable& table)
    : program_(program),
      table_(table),
      plain_(program, table),
      routes_(std::make_unique<boost::unordered_flat_map<RouteKey, std::unique_ptr<Route>, RouteHash, RouteEqual>>()) {}

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
      state = std::make_unique<State>(plan);
      plan.keywords.prepare(keyword_scratch_);
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
  met_ = route.certain;
  for (const Route::Conditional& conditional : route.conditional) {
    const bool have = std::any_of(met_.begin(), met_.end(),
                                  [&](const MetSource& met) { return met.source == conditional.met.source; });
    if (have) {
      continue;
    }
    bool holds = conditional.value.empty();
    if (!holds) {
      found_.clear();
      resolve(conditional.lookup, batch.fields_of(event), table_, found_);
      holds = std::any_of(found_.begin(), found_.end(),
                          [&](const FoundValue& found) { return ascii_iequals(found.value->text, conditional.value); });
    }
    if (holds) {
      met_.push_back(conditional.met);
    }
  }
  std::sort(met_.begin(), met_.end());
  state_ = state_of(met_);
  return &met_;
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
  arena_.clear();
  nodes_.clear();
  candidates_.clear();
  folded_raw_ = {};
  folded_fields_.assign(event.field_count, {});
  gather(batch, event);
  search_slots();
  if (plan.has_keywords) {
    search_keywords(batch, event);
  }
  for (const std::uint32_t rule : plan.always_rules) {
    nominate(rule);
  }
  const std::size_t first = fired.size();
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
}

void IndexedEvaluator::note_value(std::uint32_t slot, std::uint16_t rank, const Value& value, std::uint32_t field) {
  State::Met& met = state_->met[slot];
  const auto number = static_cast<std::uint32_t>(nodes_.size());
  if (met.epoch != epoch_) {
    state_->touched.push_back(slot);
  } else if (rank > met.rank || (rank == met.rank && state_->plan.slots[slot].lookup->first_only)) {
    return;
  } else if (rank == met.rank) {
    nodes_[met.tail].next = number;
    met.tail = number;
    nodes_.push_back({&value, field, Node::none});
    return;
  }
  met = {epoch_, rank, number, number};
  nodes_.push_back({&value, field, Node::none});
}

// Hands the event's values to the slots that read them.
void IndexedEvaluator::gather(const EventBatch& batch, const Event& event) {
  constexpr std::uint32_t unseen = 0;
  constexpr std::uint32_t irrelevant = 1;
  constexpr std::uint32_t first_name = 2;
  State& state = *state_;
  state.touched.clear();
  const std::span<const Field> fields = batch.fields_of(event);
  for (std::uint32_t at = 0; at < fields.size(); ++at) {
    const std::uint32_t id = event::index(fields[at].id);
    if (id >= name_numbers_.size()) {
      name_numbers_.resize(id + 256, unseen);
    }
    std::uint32_t& number = name_numbers_[id];
    if (number == unseen) {
      number = irrelevant;
      if (fields[at].id != event::overflow_field && program_.plans->relevant(table_.folded(fields[at].id))) {
        number = first_name + static_cast<std::uint32_t>(names_.size());
        names_.push_back(fields[at].id);
      }
    }
    if (number == irrelevant) {
      continue;
    }
    const std::uint32_t name = number - first_name;
    if (name >= state.uses_of.size()) {
      state.uses_of.resize(names_.size());
    }
    State::Uses& uses = state.uses_of[name];
    if (!uses.known) {
      uses = {static_cast<std::uint32_t>(state.uses.size()), 0, true};
      if (const auto found = state.plan.names.find(event::index(table_.folded(names_[name])));
          found != state.plan.names.end()) {
        for (const NameUse& use : found->second) {
          const bool exact = use.exact == names_[name];
          state.uses.push_back({use.slot, static_cast<std::uint16_t>(use.rank + (exact ? 0 : 1))});
        }
        uses.count = static_cast<std::uint32_t>(found->second.size());
      }
    }
    for (std::uint32_t i = uses.begin; i < uses.begin + uses.count; ++i) {
      note_value(state.uses[i].slot, state.uses[i].rank, fields[at].value, at);
    }
  }
  for (const std::uint32_t slot : state.plan.indirect_slots) {
    found_.clear();
    resolve(*state.plan.slots[slot].lookup, fields, table_, found_);
    for (const FoundValue& found : found_) {
      note_value(slot, 0, *found.value, Node::none);
    }
  }
}

void IndexedEvaluator::search_slots() {
  const Plan& plan = state_->plan;
  for (const std::uint32_t number : state_->touched) {
    const Slot& slot = plan.slots[number];
    for (const std::uint32_t trigger : slot.present) {
      pull(trigger);
    }
    if (slot.literals.empty()) {
      continue;
    }
    for (std::uint32_t at = state_->met[number].head; at != Node::none; at = nodes_[at].next) {
      const Value& value = *nodes_[at].value;
      if (value.kind == ValueKind::null) {
        continue;
      }
      slot.literals.scan(folded(nodes_[at]), [this](std::uint32_t trigger) { pull(trigger); });
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
  joined_.clear();
  // A value that is a piece of the raw record itself needs no second look.
  const auto raw = reinterpret_cast<std::uintptr_t>(event.raw.data());
  for (const Field& field : batch.fields_of(event)) {
    const auto at = reinterpret_cast<std::uintptr_t>(field.value.text.data());
    const bool inside_raw = at >= raw && at - raw + field.value.text.size() <= event.raw.size();
    if (field.value.kind != ValueKind::null && !inside_raw) {
      joined_.append(field.value.text);
      joined_.push_back(separator);
    }
  }
  joined_.append(event.raw);
  plan.keywords.scan(only_ascii(joined_) ? std::string_view(joined_) : fold(joined_), keyword_scratch_, keyword_hits_);
  for (const std::uint32_t trigger : keyword_hits_) {
    pull(trigger);
  }
}

void IndexedEvaluator::pull(std::uint32_t number) {
  const Trigger trigger = state_->plan.triggers[number];
  if (trigger.proves) {
    state_->answers[trigger.atom] = epoch_ * 2 + 1;
  }
  if (state_->nominated[trigger.atom] == epoch_) {
    return;
  }
  state_->nominated[trigger.atom] = epoch_;
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

bool IndexedEvaluator::ask(std::uint32_t number) {
  std::uint32_t& answer = state_->answers[number];
  if (answer >= epoch_ * 2) {
    return (answer & 1U) != 0;
  }
  const Atom& atom = state_->plan.atoms[number];
  if (atom.decided) {
    return false;
  }
  const Matcher& matcher = program_.matchers[atom.matcher];
  const bool holds = matcher.keyword              ? ask_keyword(matcher)
                     : atom.other_slot != no_slot ? ask_relation(atom, matcher)
                                                  : ask_values(atom, matcher);
  answer = epoch_ * 2 + (holds ? 1 : 0);
  return holds;
}

bool IndexedEvaluator::ask_values(const Atom& atom, const Matcher& matcher) {
  const State::Met& met = state_->met[atom.slot];
  const std::uint32_t head = met.epoch == epoch_ ? met.head : Node::none;
  if (matcher.op == Operator::exists) {
    return (head != Node::none) == matcher.boolean;
  }
  if (matcher.op == Operator::is_null && head == Node::none) {
    return true;
  }
  const bool folding = needs_folding(matcher);
  for (std::uint32_t at = head; at != Node::none; at = nodes_[at].next) {
    const Value& value = *nodes_[at].value;
    if (matcher.op == Operator::is_null) {
      if (value.kind == ValueKind::null) {
        return true;
      }
    } else if (value_matches(matcher, {value.text, folding ? folded(nodes_[at]) : std::string_view{}, value.kind})) {
      return true;
    }
  }
  return false;
}

bool IndexedEvaluator::ask_relation(const Atom& atom, const Matcher& matcher) {
  const State::Met& met = state_->met[atom.slot];
  const State::Met& other = state_->met[atom.other_slot];
  if (met.epoch != epoch_ || other.epoch != epoch_) {
    return false;
  }
  for (std::uint32_t a = met.head; a != Node::none; a = nodes_[a].next) {
    for (std::uint32_t b = other.head; b != Node::none; b = nodes_[b].next) {
      const Value& value = *nodes_[a].value;
      const Value& wanted = *nodes_[b].value;
      if (values_relate(matcher, {value.text, folded(nodes_[a]), value.kind},
                        {wanted.text, folded(nodes_[b]), wanted.kind})) {
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
    const std::string_view text = folding ? folded({&value, at, Node::none}) : std::string_view{};
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

std::string_view IndexedEvaluator::folded(const Node& node) {
  if (node.field == Node::none) {
    return fold(node.value->text);
  }
  std::string_view& text = folded_fields_[node.field];
  if (text.data() == nullptr) {
    text = fold(node.value->text);
  }
  return text;
}

std::string_view IndexedEvaluator::fold(std::string_view text) {
  if (text.empty()) {
    return {"", 0};
  }
  char* out = arena_.allocate(text.size());
  unsigned char seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    seen |= c;
    out[at] = static_cast<char>(c + (static_cast<unsigned char>(c - 'A') < 26 ? 'a' - 'A' : 0));
  }
  if ((seen & 0x80U) == 0) {
    return {out, text.size()};
  }
  arena_.shrink_last(text.size());
  scratch_.clear();
  fold_case_append(text, scratch_);
  return arena_.copy(scratch_);
}

}  // namespace tocsin::detect
