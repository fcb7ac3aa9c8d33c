#include "app/hunt.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <mutex>
#include <utility>

#include "base/limits.h"
#include "detect/correlation_limits.h"
#include "detect/correlator.h"
#include "report/detail.h"

namespace tocsin::app {
namespace {

constexpr std::size_t hosts_max = 100'000;
constexpr std::size_t example_bytes_max = 300;

struct Key {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.high ^ key.low); }
};

// 128 bits over the parts; good enough that two different records do not meet in one hunt.
class KeyBuilder {
 public:
  KeyBuilder& add(std::uint64_t value) {
    key_.high = mix(key_.high ^ value, 0x9E3779B97F4A7C15ULL);
    key_.low = mix(key_.low + value, 0xC2B2AE3D27D4EB4FULL);
    return *this;
  }
  KeyBuilder& add(std::string_view text) {
    add(text.size());
    while (!text.empty()) {
      std::uint64_t word = 0;
      const std::size_t size = std::min<std::size_t>(8, text.size());
      for (std::size_t i = 0; i < size; ++i) {
        word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
      }
      add(word);
      text.remove_prefix(size);
    }
    return *this;
  }
  Key key() const { return key_; }

 private:
  static std::uint64_t mix(std::uint64_t value, std::uint64_t factor) {
    value = (value ^ (value >> 32)) * factor;
    return value ^ (value >> 29);
  }
  Key key_{0x243F6A8885A308D3ULL, 0x13198A2E03707344ULL};
};

struct HostCount {
  std::string host;
  std::uint64_t events = 0;
  Time first, last;
};

struct FoundHit {
  std::uint32_t rule = 0;
  bool emits = true;
  bool has_key = false;
  Key key;
  Time time;
  std::string host;
  std::string example;
  std::string record;  // spool record
  std::optional<detect::CorrelationEvent> correlation;
};

struct HuntBlock final : BlockResult {
  std::vector<FoundHit> hits;
  std::vector<HostCount> hosts;
  std::vector<verdict::Fact> facts;
};

void widen(Time& first, Time& last, Time from, Time to) {
  if (from.known()) {
    first = first.known() ? std::min(first, from) : from;
  }
  last = std::max(last, to);
}

class Hunt;

class HuntWorker final : public BlockWorker {
 public:
  explicit HuntWorker(Hunt& hunt);
  ~HuntWorker() override;
  std::unique_ptr<BlockResult> work(const Input& input, event::EventBatch& batch) override;

 private:
  void describe(const Input& input, const event::EventBatch& batch, const detect::Hit& hit, FoundHit& found);

  Hunt& hunt_;
  detect::Scanner scanner_;
  std::unique_ptr<verdict::Observer> observer_;
  std::vector<detect::Hit> hits_;
  std::vector<detect::Match> matches_;
  std::vector<std::string_view> values_;
  std::vector<std::vector<std::string_view>> rule_ids_;
  report::Detection detection_;
};

class Hunt final : public Consumer {
 public:
  Hunt(const HuntOptions& options, HuntResult& out) : options_(options), out_(out), set_(options.rules.set) {}

  Result<void> prepare() {
    program_ = detect::Program::compile(set_, fields_, options_.engine);
    TRY(engine_, verdict::Engine::load(options_.rules.playbooks));
    case_ = engine_->open();
    correlator_ = std::make_unique<detect::Correlator>(set_);
    is_input_.resize(set_->rules.size());
    for (const std::string& id : engine_->rule_inputs()) {
      for (std::size_t i = 0; i < set_->rules.size(); ++i) {
        if (set_->rules[i].info.id == id) {
          is_input_[i] = true;
          observer_wants_rules_ = true;
        }
      }
    }
    totals_.resize(set_->rules.size() + set_->correlations.size());
    with_input_.resize(set_->rules.size());
    out_.diagnostics = set_->diagnostics;
    out_.diagnostics.insert(out_.diagnostics.end(), program_->diagnostics().begin(), program_->diagnostics().end());
    return {};
  }

  std::unique_ptr<BlockWorker> worker() override { return std::make_unique<HuntWorker>(*this); }

  void collect(const Input& input, BlockResult& result) override {
    auto& block = static_cast<HuntBlock&>(result);
    for (const HostCount& count : block.hosts) {
      if (report::HostTotal* host = host_total(count.host)) {
        host->events += count.events;
        widen(host->first, host->last, count.first, count.last);
      }
    }
    for (FoundHit& hit : block.hits) {
      // The same record again, as from a shadow copy: counted once.
      if (hit.has_key) {
        const auto [first, fresh] = seen_.emplace(hit.key, input.id);
        if (!fresh) {
          if (hit.emits) {
            ++duplicates_;
            put_aside(hit.record, first->second == input.id ? input.name : sources_[first->second].first);
          }
          continue;
        }
      }
      if (hit.correlation) {
        hit.correlation->source = input.id;
        correlator_->add(std::move(*hit.correlation));
      }
      if (!hit.emits) {
        continue;
      }
      ++detections_;
      report::RuleTotal& total = totals_[hit.rule];
      total.rule = hit.rule;
      if (total.count++ == 0) {
        total.example = std::move(hit.example);
      }
      widen(total.first, total.last, hit.time, hit.time);
      if (report::HostTotal* host = host_total(hit.host)) {
        ++host->detections;
        ++host->by_level[static_cast<std::size_t>(set_->rules[hit.rule].info.level)];
      }
      if (const auto spooled = out_.spool.append(hit.record); !spooled && !spool_failed_) {
        spool_failed_ = spooled.error();
      }
    }
    if (!block.facts.empty()) {
      if (input.format->unit == ingest::Unit::record) {
        std::erase_if(block.facts, [this](const verdict::Fact& fact) {
          KeyBuilder key;
          key.add(fact.playbook)
              .add(fact.predicate)
              .add(fact.host)
              .add(fact.record)
              .add(static_cast<std::uint64_t>(fact.time.ticks));
          for (const std::string& value : fact.values) {
            key.add(value);
          }
          return !seen_facts_.insert(key.key()).second;
        });
      }
      case_->add(block.facts);
    }
  }

  void input_done(const Input& input, const InputTotals& totals) override {
    sources_.resize(std::max<std::size_t>(sources_.size(), input.id + 1));
    sources_[input.id] = {input.name, input.format};
    case_->add(verdict::Coverage{.source = input.id,
                                 .path = input.name,
                                 .format = std::string(input.format->name),
                                 .events = totals.events,
                                 .unreadable = totals.unreadable,
                                 .first = totals.first,
                                 .last = totals.last,
                                 .unit = std::string(ingest::unit_text(input.format->unit))});
    report::SourceCoverage coverage;
    coverage.source = input.name;
    coverage.format = input.format->name;
    coverage.bytes = totals.bytes;
    coverage.events = totals.events;
    coverage.unreadable = totals.unreadable;
    coverage.first = totals.first;
    coverage.last = totals.last;
    coverage.sha256 = totals.sha256;
    for (const event::Note& note : totals.notes) {
      coverage.notes.push_back(note.count > 1 ? fmt::format("{} ({} times)", note.text, note.count) : note.text);
    }
    if (totals.recovered != 0) {
      coverage.notes.push_back(
          fmt::format("{} of the events were recovered from free space or damaged chunks", totals.recovered));
    }
    if (totals.assumed_zone != 0) {
      coverage.notes.push_back(fmt::format("times without a zone were read as {} ({} events)",
                                           options_.pipeline.decode.zone_name, totals.assumed_zone));
    }
    if (!totals.failed.empty()) {
      coverage.notes.push_back("reading ended early: " + totals.failed);
    }
    out_.report.coverage.push_back(std::move(coverage));
  }

  void skipped(std::string_view name, const Error& why) override {
    report::SourceCoverage coverage;
    coverage.source = name;
    Error shown = why;
    shown.where.source.clear();
    coverage.skipped = shown.text();
    out_.report.coverage.push_back(std::move(coverage));
    message("skipped " + std::string(name) + ": " + out_.report.coverage.back().skipped);
  }

  void note(std::string_view name, std::string_view text) override {
    out_.report.summary.notes.push_back(std::string(name) + ": " + std::string(text));
  }

  std::uint64_t findings() const override { return detections_; }
  event::FieldTable& field_table() { return fields_; }

  Result<void> conclude(const PipelineTotals& pipeline, double seconds) {
    report::Report& report = out_.report;
    for (const rules::Rule& rule : set_->rules) {
      report.rules.push_back(rule_ref(rule.info));
    }
    for (const rules::Correlation& correlation : set_->correlations) {
      report.rules.push_back(rule_ref(correlation.info));
    }
    correlate();
    report.verdicts = case_->conclude([] { return interrupted().load(); });
    for (const report::RuleTotal& total : totals_) {
      if (total.count != 0) {
        report.totals.push_back(total);
      }
    }
    const auto level = [this](std::uint32_t rule) {
      return rule < set_->rules.size() ? set_->rules[rule].info.level
                                       : set_->correlations[rule - set_->rules.size()].info.level;
    };
    std::sort(report.totals.begin(), report.totals.end(), [&](const auto& a, const auto& b) {
      return std::tuple(level(b.rule), b.count, a.rule) < std::tuple(level(a.rule), a.count, b.rule);
    });
    for (auto& [name, host] : hosts_) {
      report.hosts.push_back(host);
    }
    std::sort(report.hosts.begin(), report.hosts.end(), [](const auto& a, const auto& b) {
      return std::tuple(b.by_level[5], b.by_level[4], b.detections, std::string_view(a.host)) <
             std::tuple(a.by_level[5], a.by_level[4], a.detections, std::string_view(b.host));
    });
    report::Summary& summary = report.summary;
    summary.version = version();
    summary.command_line = options_.command_line;
    summary.started = options_.started;
    summary.rules_given = set_->given;
    summary.rules_rejected = set_->rejected;
    summary.rules_hidden = set_->hidden;
    summary.rules_loaded = set_->rules.size() + set_->correlations.size();
    for (std::size_t i = 0; i < set_->rules.size(); ++i) {
      summary.rules_waiting += set_->rules[i].waiting_for.empty() ? 0 : 1;
      summary.rules_without_input += with_input_[i] ? 0 : 1;
    }
    for (const rules::Diagnostic& diagnostic : program_->diagnostics()) {
      summary.rules_rejected += diagnostic.severity == rules::Diagnostic::Severity::error ? 1 : 0;
    }
    name_problems();
    summary.events = pipeline.events;
    summary.bytes = pipeline.bytes;
    summary.unreadable = pipeline.unreadable;
    summary.detections = detections_;
    summary.duplicates = duplicates_;
    summary.correlations = report.correlations.size();
    summary.sources_read = pipeline.inputs;
    summary.sources_skipped = pipeline.skipped;
    summary.seconds = seconds;
    summary.timezone = options_.pipeline.decode.zone_name;
    summary.assumed_zone_events = pipeline.assumed_zone;
    summary.interrupted = pipeline.interrupted || interrupted();  // also while concluding
    summary.packs = options_.rules.packs;
    if (set_->hidden != 0) {
      summary.hidden.emplace_back("rules left out by --level, --status, --tag or --exclude", set_->hidden);
    }
    if (pipeline.outside_period != 0) {
      summary.hidden.emplace_back("events outside --since and --until", pipeline.outside_period);
    }
    if (duplicates_ != 0) {
      summary.notes.push_back(fmt::format(
          "{} detections on records that were read before (same computer, channel, id and time) were counted once",
          duplicates_));
    }
    if (correlator_->evicted() != 0) {
      summary.notes.push_back(
          fmt::format("{} events were too many for correlation and were left out of it", correlator_->evicted()));
    }
    if (correlator_->hits_beyond() != 0) {
      summary.notes.push_back(fmt::format("{} hits of correlations beyond the first {} are counted only",
                                          correlator_->hits_beyond(), detect::correlation_hits_max));
    }
    if (correlator_->timeless() != 0) {
      summary.notes.push_back(fmt::format("{} events without a time could not be correlated", correlator_->timeless()));
    }
    summary.peak_rss_bytes = peak_rss_bytes();
    out_.reader = std::make_unique<report::SpoolReader>([this_spool = &out_.spool] { return this_spool->open(); });
    report.detections = out_.reader.get();
    out_.repeats_reader = std::make_unique<report::SpoolReader>([repeats = &out_.repeats] { return repeats->open(); });
    report.repeats = out_.repeats_reader.get();
    if (spool_failed_) {
      return std::unexpected(*spool_failed_);
    }
    return {};
  }

 private:
  friend class HuntWorker;

  static report::RuleRef rule_ref(const rules::RuleInfo& info) {
    return {.id = info.id,
            .title = info.title,
            .level = std::string(rules::level_text(info.level)),
            .source = info.kind,
            .status = info.status,
            .description = info.description,
            .author = info.author,
            .file = info.source,
            .tags = info.tags,
            .references = info.references,
            .false_positives = info.false_positives,
            .text = {}};
  }

  // A rule that cannot be evaluated is named with the reason, never dropped silently.
  void name_problems() {
    std::vector<report::RuleProblem>& problems = out_.report.rule_problems;
    for (const rules::Diagnostic& diagnostic : out_.diagnostics) {
      if (diagnostic.severity == rules::Diagnostic::Severity::error) {
        Error shown = diagnostic.error;
        const std::string file = std::exchange(shown.where.source, "");
        problems.push_back(
            {.id = diagnostic.rule_id, .title = "", .file = file, .kind = "rejected", .reason = shown.text()});
      }
    }
    for (std::size_t i = 0; i < set_->rules.size(); ++i) {
      const rules::Rule& rule = set_->rules[i];
      const detect::RuleState& state = program_->states()[i];
      report::RuleProblem problem{
          .id = rule.info.id, .title = rule.info.title, .file = rule.info.source, .kind = "", .reason = state.reason};
      if (!rule.waiting_for.empty()) {
        problem.kind = "waiting";
        problem.reason = "waiting for list";
        for (const std::string& list : rule.waiting_for) {
          problem.reason += " " + list;
        }
      } else if (!state.has_reader) {
        problem.kind = "no-reader";
      } else if (state.slow) {
        problem.kind = "slow";
        if (program_->gave_up(static_cast<std::uint32_t>(i))) {
          problem.kind = "cut short";
          problem.reason = "a search of its regular expression ran into the step limit and counted as no match";
        }
      }
      if (!problem.kind.empty()) {
        problems.push_back(std::move(problem));
      }
    }
  }

  void put_aside(std::string_view record, const std::string& first_source) {
    // A spool record is a length and a body; the length is of no use here.
    while (!record.empty() && (static_cast<unsigned char>(record[0]) & 0x80) != 0) {
      record.remove_prefix(1);
    }
    record.remove_prefix(std::min<std::size_t>(1, record.size()));
    if (!report::parse_spool_record(record, repeat_)) {
      return;
    }
    repeat_.duplicate_of = first_source;
    std::string changed;
    report::append_spool_record(repeat_, changed);
    if (const auto spooled = out_.repeats.append(changed); !spooled && !spool_failed_) {
      spool_failed_ = spooled.error();
    }
  }

  void correlate() {
    for (detect::CorrelationHit& hit : correlator_->finish([] { return interrupted().load(); })) {
      const rules::Correlation& rule = set_->correlations[hit.correlation];
      if (!rule.emits) {
        continue;
      }
      report::CorrelationResult result;
      result.rule = static_cast<std::uint32_t>(set_->rules.size()) + hit.correlation;
      result.group = std::move(hit.group);
      result.count = hit.count;
      result.value = hit.value;
      result.first = hit.first;
      result.last = hit.last;
      for (const auto& ref : hit.events) {
        report::EventRef event;
        event.source = sources_[ref.source].first;
        event.format = sources_[ref.source].second->name;
        event.unit = ingest::unit_text(sources_[ref.source].second->unit);
        event.record = ref.record;
        event.offset = ref.offset;
        result.events.push_back(std::move(event));
      }
      report::RuleTotal& total = totals_[result.rule];
      total.rule = result.rule;
      if (total.count++ == 0) {
        for (const auto& [field, value] : result.group) {
          total.example += (total.example.empty() ? "" : ", ") + field + "=" + value;
        }
      }
      widen(total.first, total.last, result.first, result.last);
      out_.report.correlations.push_back(std::move(result));
    }
  }

  report::HostTotal* host_total(std::string_view name) {
    const auto found = hosts_.find(name);
    if (found != hosts_.end()) {
      return &found->second;
    }
    if (hosts_.size() >= hosts_max) {
      return nullptr;
    }
    report::HostTotal& host = hosts_[std::string(name)];
    host.host = name;
    return &host;
  }

  const HuntOptions& options_;
  HuntResult& out_;
  std::shared_ptr<const rules::RuleSet> set_;
  event::FieldTable fields_;
  std::shared_ptr<const detect::Program> program_;
  std::shared_ptr<const verdict::Engine> engine_;
  std::unique_ptr<verdict::Case> case_;
  std::unique_ptr<detect::Correlator> correlator_;
  std::vector<bool> is_input_;
  bool observer_wants_rules_ = false;

  std::vector<report::RuleTotal> totals_;
  std::map<std::string, report::HostTotal, std::less<>> hosts_;
  boost::unordered_flat_map<Key, std::uint32_t, KeyHash> seen_;  // detection on a record → the input that had it first
  boost::unordered_flat_set<Key, KeyHash> seen_facts_;
  report::Detection repeat_;
  std::vector<std::pair<std::string, const ingest::Format*>> sources_;
  std::uint64_t detections_ = 0, duplicates_ = 0;
  std::optional<Error> spool_failed_;

  std::mutex with_input_mutex_;
  std::vector<bool> with_input_;  // guarded by with_input_mutex_ while workers live
};

HuntWorker::HuntWorker(Hunt& hunt)
    : hunt_(hunt),
      scanner_(hunt.program_, hunt.fields_, {.stop = &interrupted()}),
      observer_(hunt.engine_->observer(hunt.fields_)) {}

HuntWorker::~HuntWorker() {
  const std::lock_guard lock(hunt_.with_input_mutex_);
  const std::vector<bool>& own = scanner_.rules_with_input();
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i]) {
      hunt_.with_input_[i] = true;
    }
  }
}

void HuntWorker::describe(const Input& input, const event::EventBatch& batch, const detect::Hit& hit, FoundHit& found) {
  const event::Event& event = batch.events[hit.event];
  const rules::Rule& rule = hunt_.set_->rules[hit.rule];
  report::Detection& out = detection_;
  out.rule = hit.rule;
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
  matches_.clear();
  scanner_.matches(batch, hit, matches_);
  for (const detect::Match& match : matches_) {
    const rules::Leaf& leaf = rule.leaves[match.leaf];
    std::string_view field = leaf.field;
    if (field.empty() && match.field != event::overflow_field) {
      field = hunt_.fields_.name(match.field);
    }
    out.matched.push_back({std::string(field), std::string(match.value), leaf.written});
  }
  out.fields.clear();
  for (const std::string& name : rule.info.fields) {
    values_.clear();
    scanner_.values(batch, hit.event, hit.rule, name, values_);
    if (!values_.empty()) {
      auto& field = out.fields.emplace_back(name, std::vector<std::string>{});
      field.second.assign(values_.begin(), values_.end());
    }
  }
  if (out.fields.empty()) {
    const auto fields = batch.fields_of(event);
    for (const event::Field& field : fields) {
      const std::string_view name = hunt_.fields_.name(field.id);
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
  found.example = report::detail_line(out, example_bytes_max);
  report::append_spool_record(out, found.record);
}

std::unique_ptr<BlockResult> HuntWorker::work(const Input& input, event::EventBatch& batch) {
  auto block = std::make_unique<HuntBlock>();
  HostCount* host = nullptr;
  for (const event::Event& event : batch.events) {
    if (host == nullptr || host->host != event.host) {
      host = nullptr;
      for (HostCount& known : block->hosts) {
        if (known.host == event.host) {
          host = &known;
          break;
        }
      }
      if (host == nullptr) {
        if (block->hosts.size() >= 1024) {
          host = &block->hosts.back();
        } else {
          host = &block->hosts.emplace_back();
          host->host = event.host;
        }
      }
    }
    ++host->events;
    widen(host->first, host->last, event.time, event.time);
  }
  hits_.clear();
  scanner_.scan(batch, hits_);
  for (const detect::Hit& hit : hits_) {
    const event::Event& event = batch.events[hit.event];
    FoundHit& found = block->hits.emplace_back();
    found.rule = hit.rule;
    found.emits = hunt_.set_->rules[hit.rule].emits;
    found.time = event.time;
    found.host = event.host;
    if (input.format->unit == ingest::Unit::record) {
      found.has_key = true;
      found.key = KeyBuilder()
                      .add(hit.rule)
                      .add(event.host)
                      .add(event.channel)
                      .add(event.record)
                      .add(static_cast<std::uint64_t>(event.time.ticks))
                      .key();
    }
    if (hunt_.correlator_->wants(hit.rule)) {
      detect::CorrelationEvent& out = found.correlation.emplace();
      out.rule = hit.rule;
      out.time = event.time;
      out.record = event.record;
      out.offset = event.offset;
      for (const std::string& name : hunt_.correlator_->wanted(hit.rule)) {
        values_.clear();
        scanner_.values(batch, hit.event, hit.rule, name, values_);
        out.values.emplace_back(values_.empty() ? std::string_view{} : values_[0]);
      }
    }
    if (found.emits) {
      describe(input, batch, hit, found);
    }
  }
  rule_ids_.clear();
  if (hunt_.observer_wants_rules_) {
    rule_ids_.resize(batch.events.size());
    for (const detect::Hit& hit : hits_) {
      if (hunt_.is_input_[hit.rule]) {
        rule_ids_[hit.event].push_back(hunt_.set_->rules[hit.rule].info.id);
      }
    }
  }
  observer_->observe({input.id, input.name, input.format->name}, batch, rule_ids_, block->facts);
  return block;
}

}  // namespace

Result<std::unique_ptr<HuntResult>> hunt(const HuntOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto result = std::make_unique<HuntResult>();
  Hunt run(options, *result);
  TRY_VOID(run.prepare());
  TRY(const PipelineTotals totals, run_pipeline(options.pipeline, run.field_table(), run));
  TRY_VOID(run.conclude(totals, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()));
  return result;
}

}  // namespace tocsin::app
