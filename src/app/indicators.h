// Indicators on the command line: lists from files, false friends from packs, and what a hunt tells about its hits.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/packs.h"
#include "detect/indicators/indicator_set.h"
#include "detect/stix_events.h"
#include "report/report.h"

namespace tocsin::app {

struct LoadedIndicators {
  std::shared_ptr<const detect::IndicatorSet> set;    // nullptr where none were given
  std::shared_ptr<const detect::StixRules> patterns;  // nullptr where no indicator is a whole STIX pattern
  std::vector<std::uint32_t> pattern_numbers;         // of each of `patterns`: index into IndicatorStore::patterns
  report::IndicatorSummary summary;
  std::vector<rules::Diagnostic> diagnostics;
  std::vector<report::Summary::Pack> packs;  // of false friends
};

std::vector<Option> indicator_command_options();
// Reads what --indicators names: files, also compressed or in archives, and folders. Of the packs, false friends count.
Result<LoadedIndicators> load_indicators(const Arguments& arguments, const std::vector<Pack>& packs);

// How a report shows an indicator: its rule.
report::RuleRef indicator_rule(const rules::IndicatorStore& store, const rules::IndicatorEntry& entry);

// Numbers of the rules of indicators that were found: given in the order in which they are met, behind the others, so
// that a report holds only those. One thread at a time.
class FoundIndicators {
 public:
  void open(std::shared_ptr<const detect::IndicatorSet> set, std::uint32_t first_rule);
  // The same number for the same indicator; beyond limits::indicators_reported_max one number for all further ones.
  std::uint32_t rule_of(detect::IndicatorSet::Position position);
  std::uint32_t rule_of_pattern(std::uint32_t number);  // index into IndicatorStore::patterns
  void hidden(detect::IndicatorHit::Hidden why, detect::IndicatorSet::Position position);
  void outside_validity(std::uint64_t count) { outside_validity_ += count; }
  const std::vector<report::RuleRef>& rules() const { return rules_; }
  rules::Level level_of(std::uint32_t rule) const { return levels_[rule - first_rule_]; }
  // What was hidden and why, for the summary.
  void name_hidden(report::Summary& summary) const;

 private:
  std::shared_ptr<const detect::IndicatorSet> set_;
  std::uint32_t first_rule_ = 0;
  // The next number, or that of "further indicators"; `make` gives its rule and level.
  template <class Make>
  std::uint32_t next_number(Make make);

  boost::unordered_flat_map<detect::IndicatorSet::Position, std::uint32_t> numbers_;
  boost::unordered_flat_map<std::uint32_t, std::uint32_t> pattern_numbers_;
  std::vector<report::RuleRef> rules_;
  std::vector<rules::Level> levels_;
  std::vector<std::uint64_t> hidden_friends_;
  std::uint64_t outside_validity_ = 0;
};

}  // namespace tocsin::app
