// Correlator: Sigma correlation rules over the hits of a run, by event time with sliding windows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "rules/rule.h"

namespace tocsin::detect {

// A hit as the correlator keeps it. `values` are those that Correlator::wanted(rule) asked for, in that order; "" where
// absent.
struct CorrelationEvent {
  std::uint32_t rule = 0;
  Time time;                 // events without a time are counted, not correlated
  std::uint32_t source = 0;  // with record and offset: breaks ties of time, names the event in the result
  std::uint64_t record = 0;
  std::uint64_t offset = 0;
  std::vector<std::string> values;
  std::uint32_t host = 0;  // the caller's number for it; given back in CorrelationHit::Ref
};

struct CorrelationHit {
  std::uint32_t correlation = 0;                           // index into RuleSet::correlations
  std::vector<std::pair<std::string, std::string>> group;  // group-by field → value
  std::uint64_t count = 0;  // events of the window (value_count: distinct values; sum, avg…: see `value`)
  double value = 0;
  Time first, last;
  struct Ref {
    std::uint32_t source;
    std::uint64_t record, offset;
    Time time;
    std::uint32_t host;
  };
  std::vector<Ref> events;  // at most limits::verdict_events_max
};

// Single thread. Result is independent of the order in which hits were added.
class Correlator {
 public:
  explicit Correlator(std::shared_ptr<const rules::RuleSet> set);
  ~Correlator();
  bool empty() const;  // no correlation in the set: nothing to keep
  // Fields whose values add() needs for hits of this rule (group-by with aliases resolved, value fields); empty and
  // false: rule is not an input.
  bool wants(std::uint32_t rule) const;
  const std::vector<std::string>& wanted(std::uint32_t rule) const;
  void add(CorrelationEvent event);
  // All correlations, ordered by correlation, first, group. Empties the correlator. Ends early, with the groups that
  // were finished, once `cancelled` says true.
  std::vector<CorrelationHit> finish(const std::function<bool()>& cancelled = {});
  std::uint64_t evicted() const;      // events beyond limits::correlation_kept_events_max or correlation_kept_bytes_max
  std::uint64_t timeless() const;     // hits without a time
  std::uint64_t hits_beyond() const;  // correlation hits beyond limits::correlation_hits_max: only counted
  std::size_t bytes() const;          // of memory for what is kept

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::detect
