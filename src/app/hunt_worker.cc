#include "app/hunt_worker.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "report/detail.h"
#include "report/spool.h"
#include "rules/indicators/indicator_type.h"
#include "trust/digest.h"

namespace tocsin::app {
namespace {

constexpr std::size_t example_bytes_max = 300;
// A record in which many indicators stand is told whole with the first of them only: a line of a megabyte may hold a
// thousand.
constexpr std::size_t whole_hits_of_event = 8;
constexpr std::size_t beginning_bytes = 200;
constexpr std::size_t matched_fields_max = 16;
// Events between two looks at Ctrl-C where every rule walks over every event.
constexpr std::size_t plain_slice = 32;

std::string beginning(std::string_view text) {
  return text.size() <= beginning_bytes ? std::string(text) : repair_utf8(text.substr(0, beginning_bytes)) + "…";
}

}  // namespace

void widen(Time& first, Time& last, Time from, Time to) {
  if (in_span(from)) {
    first = first.known() ? std::min(first, from) : from;
  }
  if (in_span(to)) {
    last = std::max(last, to);
  }
}

void HuntPlan::add_rules_with_input(const std::vector<bool>& more) {
  const std::lock_guard lock(mutex_);
  rules_with_input.resize(std::max(rules_with_input.size(), more.size()));
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (more[i]) {
      rules_with_input[i] = true;
    }
  }
}

void HuntPlan::add_pattern_limits(const detect::StixWork& work) {
  const std::lock_guard lock(mutex_);
  pattern_limits += work.gave_up + work.cut_paths + work.unfinished;
}

HuntWorker::HuntWorker(HuntPlan& plan)
    : plan_(plan),
      scanner_(plan.program, plan.fields, {.stop = &interrupted()}),
      identify_(plan.fields),
      observer_(plan.playbooks->observer(plan.fields)) {
  if (plan.unfiltered != nullptr) {
    unfiltered_ = std::make_unique<detect::Scanner>(plan.unfiltered, plan.fields);
  }
  if (plan.indicators != nullptr) {
    indicators_ = std::make_unique<detect::IndicatorScanner>(plan.indicators, plan.fields);
  }
  if (plan.patterns != nullptr) {
    patterns_ = std::make_unique<detect::StixScanner>(plan.patterns, plan.fields);
  }
  if (plan.yara != nullptr) {
    yara_ = std::make_unique<YaraWorker>(*plan.yara, plan.fields, *plan.yara_watch);
  }
}

HuntWorker::~HuntWorker() {
  plan_.add_rules_with_input(scanner_.rules_with_input());
  if (patterns_ != nullptr) {
    plan_.add_pattern_limits(patterns_->work());
  }
}

void HuntWorker::describe_event(const Input& input, const event::Event& event) {
  report::Detection& out = detection_;
  out.event.source = input.name;
  out.event.unit = ingest::unit_text(input.format->unit);
  out.event.format = input.format->name;
  out.event.host = event.host;
  out.event.channel = event.channel;
  out.event.record = event.record;
  out.event.offset = event.offset;
  out.event.recovered = event.recovered;
  out.event.time = event.time;
  out.matched.clear();
  out.fields.clear();
}

void HuntWorker::all_fields(const event::EventBatch& batch, const event::Event& event) {
  report::Detection& out = detection_;
  const auto fields = batch.fields_of(event);
  for (const event::Field& field : fields) {
    const std::string_view name = plan_.fields.name(field.id);
    if (!out.fields.empty() && out.fields.back().first == name) {
      out.fields.back().second.emplace_back(field.value.text);
    } else {
      out.fields.emplace_back(name, std::vector<std::string>{std::string(field.value.text)});
    }
  }
  if (fields.empty() && !event.raw.empty()) {
    out.fields.emplace_back("raw", std::vector<std::string>{std::string(event.raw)});
  }
}

void HuntWorker::finish(FoundHit& found) {
  found.example = report::detail_line(detection_, example_bytes_max);
  report::append_spool_record(detection_, found.record);
}

void HuntWorker::describe(const Input& input, const event::EventBatch& batch, const detect::Hit& hit, FoundHit& found) {
  const event::Event& event = batch.events[hit.event];
  const rules::Rule& rule = plan_.rules->rules[hit.rule];
  report::Detection& out = detection_;
  out.rule = hit.rule;
  describe_event(input, event);
  matches_.clear();
  scanner_.matches(batch, hit, matches_);
  for (const detect::Match& match : matches_) {
    const rules::Leaf& leaf = rule.leaves[match.leaf];
    std::string_view field = leaf.field;
    if (field.empty() && match.field != event::overflow_field) {
      field = plan_.fields.name(match.field);
    }
    out.matched.push_back({std::string(field), std::string(match.value), leaf.written});
  }
  for (const std::string& name : rule.info.fields) {
    values_.clear();
    scanner_.values(batch, hit.event, hit.rule, name, values_);
    if (!values_.empty()) {
      auto& field = out.fields.emplace_back(name, std::vector<std::string>{});
      field.second.assign(values_.begin(), values_.end());
    }
  }
  if (out.fields.empty()) {
    all_fields(batch, event);
  }
  finish(found);
}

// One detection for an indicator in an event, whatever the number of fields that hold it.
void HuntWorker::find_indicators(const Input& input, const event::EventBatch& batch, HuntBlock& block) {
  indicator_hits_.clear();
  indicators_->scan(batch, indicator_hits_);
  const rules::IndicatorStore& store = plan_.indicators->store();
  std::uint32_t last_event = 0;
  std::size_t hits_of_event = 0;
  for (std::size_t i = 0; i < indicator_hits_.size();) {
    const detect::IndicatorHit& first = indicator_hits_[i];
    std::size_t end = i + 1;
    while (end < indicator_hits_.size() && indicator_hits_[end].event == first.event &&
           indicator_hits_[end].indicator == first.indicator) {
      ++end;
    }
    if (first.hidden != detect::IndicatorHit::Hidden::no) {
      block.hidden.push_back({first.hidden, first.indicator});
      i = end;
      continue;
    }
    const event::Event& event = batch.events[first.event];
    FoundHit& found = block.hits.emplace_back();
    found.indicator = first.indicator;
    found.time = event.time;
    found.host = event.host;
    found.identity = identify_(input, batch, event).add("indicator").add(first.indicator);
    const rules::IndicatorEntry entry = store.at(first.indicator);
    const std::string shown = rules::indicator_type(entry.kind).show(entry.value);
    detection_.rule = 0;
    describe_event(input, event);
    hits_of_event = first.event == last_event ? hits_of_event + 1 : 1;
    last_event = first.event;
    const bool whole = hits_of_event <= whole_hits_of_event;
    const std::size_t matched_end = std::min(end, i + matched_fields_max);
    for (; i < matched_end; ++i) {
      const detect::IndicatorHit& hit = indicator_hits_[i];
      const std::string_view field =
          hit.field == event::overflow_field ? std::string_view("raw") : plan_.fields.name(hit.field);
      detection_.matched.push_back({std::string(field), whole ? std::string(hit.value) : beginning(hit.value), shown});
    }
    i = end;
    if (whole) {
      all_fields(batch, event);
    }
    finish(found);
  }
}

// One detection for a pattern in an event that decides it alone; of the other patterns, what happened of them.
void HuntWorker::find_patterns(const Input& input, const event::EventBatch& batch, HuntBlock& block) {
  pattern_hits_.clear();
  pattern_events_.clear();
  patterns_->scan(batch, pattern_hits_);
  const detect::StixHit* outside = nullptr;
  std::size_t hits_of_event = 0;
  for (const detect::StixHit& hit : pattern_hits_) {
    const event::Event& event = batch.events[hit.event];
    const std::uint32_t number = plan_.pattern_numbers[hit.pattern];
    const rules::IndicatorPattern& pattern = plan_.indicators->store().patterns()[number];
    if (!plan_.indicators->search().any_time && !rules::valid_at(pattern.from, pattern.until, event.time)) {
      const bool told = outside != nullptr && outside->event == hit.event && outside->pattern == hit.pattern;
      block.patterns_outside_validity += told ? 0 : 1;  // not once for each expression
      outside = &hit;
      continue;
    }
    FoundHit& found = block.hits.emplace_back();
    found.pattern = number;
    found.time = event.time;
    found.host = event.host;
    found.identity = identify_(input, batch, event).add("pattern").add(number);
    if (!plan_.patterns->patterns()[hit.pattern]->plan().single()) {
      found.emits = false;
      found.identity.add(hit.bracket);
      found.pattern_event = {.pattern = hit.pattern,
                             .bracket = hit.bracket,
                             .time = event.time,
                             .source = input.id,
                             .record = event.record,
                             .offset = event.offset};
      continue;
    }
    hits_of_event = !pattern_events_.empty() && pattern_events_.back() == hit.event ? hits_of_event + 1 : 1;
    const bool whole = hits_of_event <= whole_hits_of_event;
    pattern_events_.push_back(hit.event);
    detection_.rule = 0;
    describe_event(input, event);
    for (detect::StixMatched& one : patterns_->matched(batch, hit)) {
      const std::string_view field =
          one.field == event::overflow_field ? std::string_view("type") : plan_.fields.name(one.field);
      detection_.matched.push_back(
          {std::string(field), whole ? std::move(one.value) : beginning(one.value), std::move(one.comparison)});
    }
    if (whole) {
      all_fields(batch, event);
    }
    finish(found);
  }
}

// One detection for a rule in an event, whatever the number of fields that it matches.
void HuntWorker::find_yara(const Input& input, const event::EventBatch& batch, HuntBlock& block) {
  for (YaraFinding& finding : yara_->scan_fields(batch, block.yara)) {
    const event::Event& event = batch.events[finding.event];
    FoundHit& found = block.hits.emplace_back();
    found.rule = plan_.first_yara_rule + finding.rule;
    found.time = event.time;
    found.host = event.host;
    found.identity = identify_(input, batch, event).add("yara").add(finding.rule);
    detection_.rule = found.rule;
    describe_event(input, event);
    detection_.matched = std::move(finding.matched);
    all_fields(batch, event);
    finish(found);
  }
}

// A file has no time and no host of its own; its record is the place of the first match.
std::unique_ptr<BlockResult> HuntWorker::work_on_file(const Input& input, std::string_view bytes) {
  if (yara_ == nullptr) {
    return nullptr;
  }
  auto block = std::make_unique<HuntBlock>();
  std::vector<YaraFinding> findings = yara_->scan_file(input.name, bytes, block->yara, block->yara_gave_up);
  const std::string digest = findings.empty() ? "" : trust::sha256_hex(bytes);
  for (YaraFinding& finding : findings) {
    FoundHit& found = block->hits.emplace_back();
    found.rule = plan_.first_yara_rule + finding.rule;
    found.identity.add("yara-file").add(input.id).add(finding.rule);
    event::Event event;
    event.offset = report::Matched::no_offset;
    for (const report::Matched& matched : finding.matched) {
      event.offset = std::min(event.offset, matched.offset);
    }
    event.record = event.offset;
    describe_event(input, event);
    detection_.rule = found.rule;
    detection_.event.unit = ingest::unit_text(whole_file_format.unit);
    detection_.event.format = whole_file_format.name;
    detection_.matched = std::move(finding.matched);
    detection_.fields = {{"path", {input.name}}, {"size", {std::to_string(bytes.size())}}, {"sha256", {digest}}};
    finish(found);
  }
  return block;
}

std::unique_ptr<BlockResult> HuntWorker::work(const Input& input, event::EventBatch& batch) {
  auto block = std::make_unique<HuntBlock>();
  host_numbers_.clear();  // its names lie in the batch
  std::size_t at = 0;
  for (const event::Event& event : batch.events) {
    if (block->hosts.empty() || block->hosts[at].host != event.host) {
      const auto [known, fresh] = host_numbers_.emplace(event.host, block->hosts.size());
      if (fresh) {
        block->hosts.emplace_back().host = event.host;
      }
      at = known->second;
    }
    HostCount& host = block->hosts[at];
    ++host.events;
    widen(host.first, host.last, event.time, event.time);
  }
  scan(batch);
  if (unfiltered_ != nullptr) {
    part_.clear();
    unfiltered_->scan(batch, part_);
    const auto filtered = std::count_if(hits_.begin(), hits_.end(), [this](const detect::Hit& hit) {
      const rules::Rule& rule = plan_.rules->rules[hit.rule];
      return rule.emits && !rule.filters.empty();
    });
    block->filtered = part_.size() - std::min(part_.size(), static_cast<std::size_t>(filtered));
  }
  for (const detect::Hit& hit : hits_) {
    const event::Event& event = batch.events[hit.event];
    FoundHit& found = block->hits.emplace_back();
    found.rule = hit.rule;
    found.emits = plan_.rules->rules[hit.rule].emits;
    found.time = event.time;
    found.host = event.host;
    found.identity = identify_(input, batch, event).add(hit.rule);
    if (plan_.correlator->wants(hit.rule)) {
      detect::CorrelationEvent& out = found.correlation.emplace();
      out.rule = hit.rule;
      out.time = event.time;
      out.record = event.record;
      out.offset = event.offset;
      for (const std::string& name : plan_.correlator->wanted(hit.rule)) {
        values_.clear();
        scanner_.values(batch, hit.event, hit.rule, name, values_);
        out.values.emplace_back(values_.empty() ? std::string_view{} : values_[0]);
      }
    }
    if (found.emits) {
      describe(input, batch, hit, found);
    }
  }
  if (indicators_ != nullptr) {
    find_indicators(input, batch, *block);
  }
  if (patterns_ != nullptr) {
    find_patterns(input, batch, *block);
  }
  if (yara_ != nullptr && !plan_.yara->fields.empty()) {
    find_yara(input, batch, *block);
  }
  rule_ids_.clear();
  if (plan_.playbooks_want_rules || indicators_ != nullptr) {
    rule_ids_.resize(batch.events.size());
    for (const detect::Hit& hit : hits_) {
      if (plan_.is_input[hit.rule]) {
        rule_ids_[hit.event].push_back(plan_.rules->rules[hit.rule].info.id);
      }
    }
    for (const detect::IndicatorHit& hit : indicator_hits_) {
      if (hit.hidden == detect::IndicatorHit::Hidden::no) {
        rule_ids_[hit.event].push_back("indicator:");  // raises confidence, never the state
      }
    }
    for (const std::uint32_t event : pattern_events_) {
      rule_ids_[event].push_back("indicator:");
    }
  }
  observer_->observe({input.id, input.name, input.format->name}, batch, rule_ids_, block->facts);
  identify_facts(input, batch, *block);
  return block;
}

void HuntWorker::scan(event::EventBatch& batch) {
  hits_.clear();
  if (plan_.engine != detect::Engine::plain) {
    scanner_.scan(batch, hits_);
    return;
  }
  all_events_.clear();
  all_events_.swap(batch.events);
  for (std::size_t begin = 0; begin < all_events_.size() && !interrupted(); begin += plain_slice) {
    const std::size_t end = std::min(begin + plain_slice, all_events_.size());
    batch.events.assign(all_events_.begin() + static_cast<std::ptrdiff_t>(begin),
                        all_events_.begin() + static_cast<std::ptrdiff_t>(end));
    part_.clear();
    scanner_.scan(batch, part_);
    for (detect::Hit hit : part_) {
      hit.event += static_cast<std::uint32_t>(begin);
      hits_.push_back(hit);
    }
  }
  batch.events.swap(all_events_);
}

// Facts come in the order of the events that gave them; record and offset tell which one it was.
void HuntWorker::identify_facts(const Input& input, const event::EventBatch& batch, HuntBlock& block) {
  std::size_t at = 0;
  for (const verdict::Fact& fact : block.facts) {
    RecordIdentity& identity = block.fact_identities.emplace_back();
    std::size_t ahead = is_of_one_event(fact) ? at : batch.events.size();
    while (ahead < batch.events.size() &&
           (batch.events[ahead].record != fact.record || batch.events[ahead].offset != fact.offset)) {
      ++ahead;
    }
    if (ahead < batch.events.size()) {
      at = ahead;
      identity = identify_(input, batch, batch.events[at]);
      continue;
    }
    // A sum over the batch: that of a copy of an event log is the same sum; other sums are kept.
    identity.windows = input.format->unit == ingest::Unit::record;
    identity.add(identity.windows ? ~std::uint64_t{0} : input.id)
        .add(fact.host)
        .add(static_cast<std::uint64_t>(fact.time.ticks));
    for (const std::string_view value : fact.values) {
      identity.add(value);
    }
  }
}

}  // namespace tocsin::app
