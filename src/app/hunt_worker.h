// HuntWorker: what one thread of a hunt does with a block of events: find what rules, indicators and playbooks look
// for, and describe it while the events are at hand.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/pipeline.h"
#include "app/record_identity.h"
#include "app/yara.h"
#include "detect/correlator.h"
#include "detect/indicators/indicator_set.h"
#include "detect/program.h"
#include "detect/stix_events.h"
#include "report/report.h"
#include "rules/rule.h"
#include "verdict/verdict.h"

namespace tocsin::app {

// What all threads of a hunt look for. Constant while they live, but for what its functions say.
struct HuntPlan {
  std::shared_ptr<const rules::RuleSet> rules;
  detect::Engine engine = detect::Engine::indexed;
  event::FieldTable fields;
  std::shared_ptr<const detect::Program> program;
  std::shared_ptr<const detect::Program> unfiltered;       // rules that filters touch, as written; may be nullptr
  std::shared_ptr<const detect::IndicatorSet> indicators;  // may be nullptr
  std::shared_ptr<const detect::StixRules> patterns;       // may be nullptr; needs `indicators`
  std::vector<std::uint32_t> pattern_numbers;              // of each of `patterns`, in IndicatorStore::patterns
  const LoadedYara* yara = nullptr;                        // nullptr where there are no YARA rules
  std::uint32_t first_yara_rule = 0;                       // their numbers in the report
  std::unique_ptr<YaraWatch> yara_watch;                   // with `yara`
  std::shared_ptr<const verdict::Engine> playbooks;
  std::vector<bool> is_input;  // by rule: a playbook asks for it
  bool playbooks_want_rules = false;
  std::unique_ptr<detect::Correlator> correlator;  // workers ask only what it wants

  // Which rules had an event to look at. Thread-safe.
  void add_rules_with_input(const std::vector<bool>& rules_with_input);
  std::vector<bool> rules_with_input;  // to be read when no worker lives
  // Searches for patterns that were cut short. Thread-safe as above.
  void add_pattern_limits(const detect::StixWork& work);
  std::uint64_t pattern_limits = 0;

 private:
  std::mutex mutex_;
};

struct HostCount {
  std::string host;
  std::uint64_t events = 0;
  Time first, last;
};

struct FoundHit {
  static constexpr detect::IndicatorSet::Position no_indicator = ~detect::IndicatorSet::Position{0};
  static constexpr std::uint32_t no_pattern = ~std::uint32_t{0};
  std::uint32_t rule = 0;
  // Of a hit of an indicator, or of a whole pattern: `rule` comes when it is collected.
  detect::IndicatorSet::Position indicator = no_indicator;
  std::uint32_t pattern = no_pattern;
  bool emits = true;
  RecordIdentity identity;  // of the record and the rule
  Time time;
  std::string host;
  std::string example;
  std::string record;  // spool record
  std::optional<detect::CorrelationEvent> correlation;
  std::optional<detect::StixSeen> pattern_event;  // for a pattern over several events
};

struct HuntBlock final : BlockResult {
  std::vector<FoundHit> hits;
  std::vector<HostCount> hosts;
  verdict::Facts facts;
  std::vector<RecordIdentity> fact_identities;  // of the record of each fact
  std::uint64_t filtered = 0;                   // hits that Sigma filters took away
  struct Hidden {
    detect::IndicatorHit::Hidden why;
    detect::IndicatorSet::Position indicator;
  };
  std::vector<Hidden> hidden;
  std::uint64_t patterns_outside_validity = 0;
  YaraWork yara;
  std::string yara_gave_up;  // why the file was not scanned to its end
};

// From the earlier to the later of both spans; times outside of what logs can hold are left out.
void widen(Time& first, Time& last, Time from, Time to);

// Others sum up a batch: a covered period, files that were touched.
inline bool is_of_one_event(const verdict::Fact& fact) { return fact.record != 0 || fact.offset != 0; }

// Not thread-safe; one for each thread.
class HuntWorker final : public BlockWorker {
 public:
  explicit HuntWorker(HuntPlan& plan);
  ~HuntWorker() override;
  std::unique_ptr<BlockResult> work(const Input& input, event::EventBatch& batch) override;
  std::unique_ptr<BlockResult> work_on_file(const Input& input, std::string_view bytes) override;

 private:
  void scan(event::EventBatch& batch);
  void identify_facts(const Input& input, const event::EventBatch& batch, HuntBlock& block);
  void describe(const Input& input, const event::EventBatch& batch, const detect::Hit& hit, FoundHit& found);
  void describe_event(const Input& input, const event::Event& event);
  void all_fields(const event::EventBatch& batch, const event::Event& event);
  void finish(FoundHit& found);
  void find_indicators(const Input& input, const event::EventBatch& batch, HuntBlock& block);
  void find_patterns(const Input& input, const event::EventBatch& batch, HuntBlock& block);
  void find_yara(const Input& input, const event::EventBatch& batch, HuntBlock& block);

  HuntPlan& plan_;
  detect::Scanner scanner_;
  std::unique_ptr<detect::Scanner> unfiltered_;  // where filters are to be counted
  RecordIdentifier identify_;
  std::unique_ptr<verdict::Observer> observer_;
  std::unique_ptr<detect::IndicatorScanner> indicators_;
  std::vector<detect::IndicatorHit> indicator_hits_;
  std::unique_ptr<detect::StixScanner> patterns_;
  std::vector<detect::StixHit> pattern_hits_;
  std::unique_ptr<YaraWorker> yara_;
  std::vector<std::uint32_t> pattern_events_;  // of the block at work: events that a pattern is found in
  boost::unordered_flat_map<std::string_view, std::size_t> host_numbers_;  // of the block at work
  std::vector<detect::Hit> hits_, part_;
  std::vector<event::Event> all_events_;
  std::vector<detect::Match> matches_;
  std::vector<std::string_view> values_;
  std::vector<std::vector<std::string_view>> rule_ids_;
  report::Detection detection_;
};

}  // namespace tocsin::app
