#include "app/hunt.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "app/hunt_worker.h"
#include "app/record_identity.h"
#include "base/limits.h"
#include "detect/correlator.h"

namespace tocsin::app {
namespace {

constexpr std::size_t hosts_max = 100'000;
// Detections, and rows of evidence, whose records are remembered: some 150 MB at most for each of the two. What comes
// after that is counted even where it is a copy, and the report says so.
constexpr std::size_t identities_max = 2'000'000;
constexpr std::size_t notes_max = 1'000;

class Hunt final : public Consumer {
 public:
  Hunt(const HuntOptions& options, HuntResult& out) : options_(options), out_(out) {}

  Result<void> prepare() {
    plan_.rules = options_.rules.set;
    plan_.engine = options_.engine;
    plan_.indicators = options_.indicators.set;
    plan_.patterns = options_.indicators.patterns;
    plan_.pattern_numbers = options_.indicators.pattern_numbers;
    if (plan_.patterns != nullptr) {
      joiner_ = std::make_unique<detect::StixJoiner>(plan_.patterns);
    }
    plan_.program = detect::Program::compile(plan_.rules, plan_.fields, options_.engine);
    TRY(plan_.playbooks, verdict::Engine::load(options_.rules.playbooks));
    case_ = plan_.playbooks->open();
    plan_.correlator = std::make_unique<detect::Correlator>(plan_.rules);
    plan_.is_input.resize(plan_.rules->rules.size());
    for (const std::string& id : plan_.playbooks->rule_inputs()) {
      for (std::size_t i = 0; i < plan_.rules->rules.size(); ++i) {
        if (plan_.rules->rules[i].info.id == id) {
          plan_.is_input[i] = true;
          plan_.playbooks_want_rules = true;
        }
      }
    }
    plan_.first_yara_rule = static_cast<std::uint32_t>(plan_.rules->rules.size() + plan_.rules->correlations.size());
    totals_.resize(plan_.first_yara_rule + options_.yara.infos.size());
    if (options_.yara.rules != nullptr) {
      plan_.yara = &options_.yara;
      plan_.yara_watch = std::make_unique<YaraWatch>();
    }
    plan_.rules_with_input.resize(plan_.rules->rules.size());
    if (options_.indicators.set != nullptr) {
      found_indicators_.open(options_.indicators.set, static_cast<std::uint32_t>(totals_.size()));
    }
    out_.diagnostics = plan_.rules->diagnostics;
    out_.diagnostics.insert(out_.diagnostics.end(), plan_.program->diagnostics().begin(),
                            plan_.program->diagnostics().end());
    for (const rules::Diagnostic& diagnostic : out_.diagnostics) {
      if (diagnostic.severity == rules::Diagnostic::Severity::error) {
        message("rule not used: " + diagnostic.error.text());
      }
    }
    rejected_later_ = rejected_rules(*plan_.program);
    compile_unfiltered();
    return need_rules();
  }

  std::unique_ptr<BlockWorker> worker() override { return std::make_unique<HuntWorker>(plan_); }

  void collect(const Input& input, BlockResult& result) override {
    auto& block = static_cast<HuntBlock&>(result);
    for (const HostCount& count : block.hosts) {
      report::HostTotal& host = host_total(count.host);
      host.events += count.events;
      widen(host.first, host.last, count.first, count.last);
    }
    for (const HuntBlock::Hidden& hidden : block.hidden) {
      found_indicators_.hidden(hidden.why, hidden.indicator);
    }
    found_indicators_.outside_validity(block.patterns_outside_validity);
    add_yara(input, block);
    for (FoundHit& hit : block.hits) {
      // The same record again, as from a shadow copy: counted once.
      const auto first = seen_.before(hit.identity, input.id);
      if (is_indicator(hit) && hit.emits) {
        number_indicator(hit);
      }
      if (first) {
        if (hit.emits) {
          ++duplicates_;
          put_aside(hit.record, *first == input.id ? input.name : sources_[*first].first);
        }
        continue;
      }
      if (hit.correlation) {
        hit.correlation->source = input.id;
        hit.correlation->host = host_number(hit.host);
        plan_.correlator->add(std::move(*hit.correlation));
      }
      if (hit.pattern_event) {
        hit.pattern_event->host = host_number(hit.host);
        joiner_->add(*hit.pattern_event);
      }
      if (!hit.emits) {
        continue;
      }
      ++detections_;
      indicator_hits_ += is_indicator(hit) ? 1 : 0;
      yara_.hits += is_yara(hit.rule) ? 1 : 0;
      report::RuleTotal& total = totals_[hit.rule];
      total.rule = hit.rule;
      if (total.count++ == 0) {
        total.example = std::move(hit.example);
      }
      widen(total.first, total.last, hit.time, hit.time);
      report::HostTotal& host = host_total(hit.host);
      ++host.detections;
      ++host.by_level[static_cast<std::size_t>(level_of(hit.rule))];
      if (const auto spooled = out_.spool.append(hit.record); !spooled && !spool_failed_) {
        spool_failed_ = spooled.error();
      }
    }
    filtered_ += block.filtered;
    if (!block.facts.empty()) {
      std::size_t at = 0;
      block.facts.drop_if([&](const verdict::Fact& fact) {
        RecordIdentity identity = block.fact_identities[at++];
        identity.add(fact.playbook).add(fact.predicate);
        const bool again = seen_facts_.before(identity, input.id).has_value();
        duplicate_facts_ += again && is_of_one_event(fact) ? 1 : 0;
        return again;
      });
      case_->add(block.facts);
    }
  }

  void input_done(const Input& input, const InputTotals& totals) override {
    sources_.resize(std::max<std::size_t>(sources_.size(), input.id + 1));
    sources_[input.id] = {input.name, input.format};
    if (input.format != &whole_file_format) {
      case_->add(verdict::Coverage{.source = input.id,
                                   .path = input.name,
                                   .format = std::string(input.format->name),
                                   .events = totals.events,
                                   .unreadable = totals.unreadable,
                                   .first = totals.first,
                                   .last = totals.last,
                                   .unit = std::string(ingest::unit_text(input.format->unit))});
    }
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
    cover_yara(input, totals, coverage);
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

  void too_large(std::string_view) override { ++yara_.files_too_large; }

  void note(std::string_view name, std::string_view text) override {
    if (out_.report.summary.notes.size() < notes_max) {
      out_.report.summary.notes.push_back(std::string(name) + ": " + std::string(text));
    } else {
      ++notes_left_out_;
    }
  }

  std::uint64_t findings() const override { return detections_; }
  event::FieldTable& field_table() { return plan_.fields; }

  Result<void> conclude(const PipelineTotals& pipeline, double seconds) {
    report::Report& report = out_.report;
    for (const rules::Rule& rule : plan_.rules->rules) {
      report.rules.push_back(rule_ref(rule.info));
    }
    for (const rules::Correlation& correlation : plan_.rules->correlations) {
      report.rules.push_back(rule_ref(correlation.info));
    }
    for (std::uint32_t i = 0; i < options_.yara.infos.size(); ++i) {
      report.rules.push_back(yara_rule_ref(options_.yara, i));
    }
    correlate();
    join_patterns();
    report.rules.insert(report.rules.end(), found_indicators_.rules().begin(), found_indicators_.rules().end());
    report.verdicts = case_->conclude([] { return interrupted().load(); });
    for (const report::RuleTotal& total : totals_) {
      if (total.count != 0) {
        report.totals.push_back(total);
      }
    }
    const auto level = [this](std::uint32_t rule) { return level_of(rule); };
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
    summary.rules_given = plan_.rules->given;
    summary.rules_rejected = plan_.rules->rejected;
    summary.rules_hidden = plan_.rules->hidden;
    summary.rules_loaded = plan_.rules->rules.size() + plan_.rules->correlations.size() - rejected_later_;
    for (std::size_t i = 0; i < plan_.rules->rules.size(); ++i) {
      summary.rules_waiting += plan_.rules->rules[i].waiting_for.empty() ? 0 : 1;
      summary.rules_without_input += plan_.rules_with_input[i] ? 0 : 1;
    }
    summary.rules_rejected += rejected_later_;
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
    summary.packs.insert(summary.packs.end(), options_.indicators.packs.begin(), options_.indicators.packs.end());
    summary.indicators = options_.indicators.summary;
    summary.indicators.hits = indicator_hits_;
    summary.indicators.found = std::min(found_indicators_.rules().size(), limits::indicators_reported_max);
    summary.yara = yara_;
    for (const report::RuleTotal& total : totals_) {
      summary.yara.found += total.count != 0 && is_yara(total.rule) ? 1 : 0;
    }
    summary.outside_period = pipeline.outside_period;
    const auto hid = [&](const char* what, std::uint64_t count) {
      if (count != 0) {
        summary.hidden.emplace_back(what, count);
      }
    };
    hid("rules left out by --level", plan_.rules->hidden_by.level);
    hid("rules left out by --status", plan_.rules->hidden_by.status);
    hid("rules left out by --tag", plan_.rules->hidden_by.tag);
    hid("rules left out by --exclude", plan_.rules->hidden_by.exclude);
    hid("detections left out by Sigma filters", filtered_);
    hid("events outside --since and --until", pipeline.outside_period);
    found_indicators_.name_hidden(summary);
    name_copies();
    if (plan_.correlator->evicted() != 0) {
      summary.notes.push_back(
          fmt::format("{} events were too many for correlation and were left out of it", plan_.correlator->evicted()));
    }
    if (plan_.correlator->hits_beyond() != 0) {
      summary.notes.push_back(fmt::format("{} hits of correlations beyond the first {} are counted only",
                                          plan_.correlator->hits_beyond(), limits::correlation_hits_max));
    }
    if (plan_.correlator->timeless() != 0) {
      summary.notes.push_back(
          fmt::format("{} events without a time could not be correlated", plan_.correlator->timeless()));
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
  rules::Level level_of(std::uint32_t rule) const {
    const std::size_t rules = plan_.rules->rules.size();
    return rule < rules                                      ? plan_.rules->rules[rule].info.level
           : rule < rules + plan_.rules->correlations.size() ? plan_.rules->correlations[rule - rules].info.level
           : is_yara(rule)                                   ? options_.yara.infos[rule - plan_.first_yara_rule].level
                                                             : found_indicators_.level_of(rule);
  }

  bool is_yara(std::uint32_t rule) const {
    return rule >= plan_.first_yara_rule && rule - plan_.first_yara_rule < options_.yara.infos.size();
  }

  void add_yara(const Input& input, const HuntBlock& block) {
    yara_.files_scanned += block.yara.files;
    yara_.bytes_scanned += block.yara.bytes;
    yara_.values_scanned += block.yara.values;
    yara_.gave_up += block.yara.gave_up;
    yara_.strings_cut += block.yara.strings_cut;
    if (!block.yara_gave_up.empty()) {
      yara_gave_up_.emplace(input.id, block.yara_gave_up);
    }
  }

  // Whether the file was scanned as a whole, and why not.
  void cover_yara(const Input& input, const InputTotals& totals, report::SourceCoverage& coverage) {
    if (totals.file == InputTotals::File::too_large) {
      ++yara_.files_too_large;
      coverage.yara = "too large";
      coverage.notes.push_back("too large to be scanned with YARA (--yara-max-size)");
    } else if (const auto gave_up = yara_gave_up_.find(input.id); gave_up != yara_gave_up_.end()) {
      coverage.yara = "gave up";
      coverage.notes.push_back("not scanned with YARA: " + gave_up->second);
    } else if (totals.file == InputTotals::File::worked_on) {
      coverage.yara = "scanned";
    }
  }

  // An indicator gets its rule when it is found first: in the order of the input, whatever the number of threads.
  void number_indicator(FoundHit& hit) {
    hit.rule = hit.pattern != FoundHit::no_pattern ? found_indicators_.rule_of_pattern(hit.pattern)
                                                   : found_indicators_.rule_of(hit.indicator);
    make_total(hit.rule);
    std::string record;
    report::append_spool_record_with_rule(hit.record, hit.rule, record);
    hit.record = std::move(record);
  }

  static bool is_indicator(const FoundHit& hit) {
    return hit.indicator != FoundHit::no_indicator || hit.pattern != FoundHit::no_pattern;
  }
  void make_total(std::uint32_t rule) {
    if (rule >= totals_.size()) {
      totals_.resize(rule + std::size_t{1});
    }
  }

  void name_copies() {
    std::vector<std::string>& notes = out_.report.summary.notes;
    if (duplicates_ != 0 || duplicate_facts_ != 0) {
      notes.push_back(fmt::format(
          "{} detections and {} rows of evidence for verdicts stood on records that were read before and were counted "
          "once (the same computer, channel, id and time, or the same line of a file of that name, as in shadow "
          "copies)",
          duplicates_, duplicate_facts_));
    }
    if (const std::uint64_t count = seen_.not_compared() + seen_facts_.not_compared(); count != 0) {
      notes.push_back(fmt::format(
          "{} detections and rows of evidence were too many to tell whether their records were read before", count));
    }
    if (notes_left_out_ != 0) {
      notes.push_back(fmt::format("{} more notes were left out", notes_left_out_));
    }
  }

  // What Sigma filters hide is counted by scanning for their rules as written once more, beside the filtered ones.
  void compile_unfiltered() {
    auto as_written = std::make_shared<rules::RuleSet>();
    for (std::size_t i = 0; i < plan_.rules->rules.size(); ++i) {
      const rules::Rule& rule = plan_.rules->rules[i];
      if (!rule.filters.empty() && rule.emits) {
        rules::Rule& copy = as_written->rules.emplace_back(rule);
        copy.nodes.resize(rule.unfiltered_nodes);
        copy.leaves.resize(rule.unfiltered_leaves);
      }
    }
    if (!as_written->rules.empty()) {
      plan_.unfiltered = detect::Program::compile(std::move(as_written), plan_.fields, options_.engine);
    }
  }

  // A hunt without any rule that could fire would answer "no detections" whatever the logs hold.
  Result<void> need_rules() const {
    if (!options_.rules.rules_wanted || options_.indicators.summary.loaded != 0 || options_.yara.summary.loaded != 0) {
      return {};
    }
    std::uint64_t waiting = 0;
    std::uint64_t no_reader = 0;
    for (std::size_t i = 0; i < plan_.rules->rules.size(); ++i) {
      if (plan_.program->states()[i].active) {
        return {};
      }
      waiting += plan_.rules->rules[i].waiting_for.empty() ? 0 : 1;
      no_reader += plan_.program->states()[i].has_reader ? 0 : 1;
    }
    return failure(ErrorCode::not_found,
                   fmt::format("no rule is left to hunt with: {} given, {} rejected, {} left out by --level, --status, "
                               "--tag or --exclude, {} waiting for a list, {} without a reader",
                               plan_.rules->given, plan_.rules->rejected + rejected_later_, plan_.rules->hidden,
                               waiting, no_reader),
                   {},
                   plan_.rules->given == 0 ? "--rules takes folders or files with Sigma rules (.yml)"
                                           : "'tocsin rules check' names what is wrong with each rule");
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
    for (const rules::Diagnostic& diagnostic : options_.yara.diagnostics) {
      if (diagnostic.severity == rules::Diagnostic::Severity::error) {
        Error shown = diagnostic.error;
        const std::string file = std::exchange(shown.where.source, "");
        problems.push_back(
            {.id = "", .title = diagnostic.rule_id, .file = file, .kind = "rejected", .reason = shown.text()});
      }
    }
    for (std::size_t i = 0; i < plan_.rules->rules.size(); ++i) {
      const rules::Rule& rule = plan_.rules->rules[i];
      const detect::RuleState& state = plan_.program->states()[i];
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
        if (plan_.program->gave_up(static_cast<std::uint32_t>(i))) {
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
    for (detect::CorrelationHit& hit : plan_.correlator->finish([] { return interrupted().load(); })) {
      const rules::Correlation& rule = plan_.rules->correlations[hit.correlation];
      if (!rule.emits) {
        continue;
      }
      report::CorrelationResult result;
      result.rule = static_cast<std::uint32_t>(plan_.rules->rules.size()) + hit.correlation;
      result.group = std::move(hit.group);
      result.count = hit.count;
      result.value = hit.value;
      result.first = hit.first;
      result.last = hit.last;
      for (const auto& ref : hit.events) {
        result.events.push_back(event_ref(ref));
      }
      add_correlation(std::move(result));
    }
  }

  // STIX patterns over several events.
  void join_patterns() {
    if (joiner_ == nullptr) {
      return;
    }
    for (const detect::StixJoined& joined : joiner_->finish([] { return interrupted().load(); })) {
      report::CorrelationResult result;
      result.rule = found_indicators_.rule_of_pattern(plan_.pattern_numbers[joined.pattern]);
      make_total(result.rule);
      ++indicator_hits_;
      result.count = joined.count;
      result.value = static_cast<double>(joined.count);
      result.first = joined.first;
      result.last = joined.last;
      for (const auto& ref : joined.events) {
        result.events.push_back(event_ref(ref));
      }
      add_correlation(std::move(result));
    }
    const auto say = [this](std::uint64_t count, std::string_view what) {
      if (count != 0) {
        out_.report.summary.notes.push_back(fmt::format("STIX patterns: {} {}", count, what));
      }
    };
    say(joiner_->dropped(), "events were too many to be joined and were left out, the oldest first");
    say(joiner_->cut(),
        fmt::format("patterns match more than {} times over several events; further matches are left out",
                    limits::pattern_matches_max));
    say(joiner_->undecided(), "patterns were too costly to decide, or to be looked for further");
    say(plan_.pattern_limits, "searches were cut short and counted as no match");
  }

  // Ref of a correlation's hit or of a joined pattern.
  template <class Ref>
  report::EventRef event_ref(const Ref& ref) const {
    report::EventRef event;
    event.source = sources_[ref.source].first;
    event.format = sources_[ref.source].second->name;
    event.unit = ingest::unit_text(sources_[ref.source].second->unit);
    event.record = ref.record;
    event.offset = ref.offset;
    event.time = ref.time;
    event.host = correlation_hosts_[ref.host];
    return event;
  }

  void add_correlation(report::CorrelationResult result) {
    report::RuleTotal& total = totals_[result.rule];
    total.rule = result.rule;
    if (total.count++ == 0) {
      for (const auto& [field, value] : result.group) {
        total.example += fmt::format("{}{}={}", total.example.empty() ? "" : ", ", field, value);
      }
    }
    widen(total.first, total.last, result.first, result.last);
    out_.report.correlations.push_back(std::move(result));
  }

  std::uint32_t host_number(const std::string& name) {
    if (const auto known = host_numbers_.find(name); known != host_numbers_.end()) {
      return known->second;
    }
    if (correlation_hosts_.size() >= hosts_max) {
      return 0;
    }
    const auto number = static_cast<std::uint32_t>(correlation_hosts_.size());
    correlation_hosts_.push_back(name);
    host_numbers_.emplace(name, number);
    return number;
  }

  report::HostTotal& host_total(std::string_view name) {
    const auto found = hosts_.find(name);
    if (found != hosts_.end()) {
      return found->second;
    }
    if (hosts_.size() >= hosts_max) {
      name = "(more hosts)";
    }
    report::HostTotal& host = hosts_[std::string(name)];
    host.host = name;
    return host;
  }

  const HuntOptions& options_;
  HuntResult& out_;
  HuntPlan plan_;
  std::unique_ptr<verdict::Case> case_;

  std::vector<report::RuleTotal> totals_;
  std::map<std::string, report::HostTotal, std::less<>> hosts_;
  SeenRecords seen_{identities_max}, seen_facts_{identities_max};  // detections on records, evidence in records
  std::vector<std::string> correlation_hosts_ = {""};
  std::map<std::string, std::uint32_t, std::less<>> host_numbers_;
  report::Detection repeat_;
  std::vector<std::pair<std::string, const ingest::Format*>> sources_;
  FoundIndicators found_indicators_;
  std::uint64_t indicator_hits_ = 0;
  report::YaraSummary yara_ = options_.yara.summary;
  std::map<std::uint32_t, std::string> yara_gave_up_;  // by input
  std::unique_ptr<detect::StixJoiner> joiner_;         // where there are patterns
  std::uint64_t detections_ = 0, duplicates_ = 0, duplicate_facts_ = 0, filtered_ = 0, rejected_later_ = 0,
                notes_left_out_ = 0;
  std::optional<Error> spool_failed_;
};

}  // namespace

std::uint64_t rejected_rules(const detect::Program& program) {
  std::set<std::pair<std::string_view, std::string_view>> rejected;  // file and id: a rule may have several errors
  for (const rules::Diagnostic& diagnostic : program.diagnostics()) {
    if (diagnostic.severity == rules::Diagnostic::Severity::error) {
      rejected.emplace(diagnostic.error.where.source, diagnostic.rule_id);
    }
  }
  return rejected.size();
}

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
