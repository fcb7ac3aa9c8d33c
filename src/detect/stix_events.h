// STIX patterns over log events: StixRules, a set of patterns; StixScanner, one thread's way to run it over batches;
// StixJoiner, which finds the patterns that need several events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "detect/stix_pattern.h"
#include "event/event.h"

namespace tocsin::detect {

// Immutable, shared by all threads. An event is seen as the objects of stix_fields.def.
class StixRules {
 public:
  explicit StixRules(std::vector<std::shared_ptr<const StixPattern>> patterns);
  const std::vector<std::shared_ptr<const StixPattern>>& patterns() const { return patterns_; }

  struct Implementation;
  const Implementation& implementation() const { return *implementation_; }
  // Object types that the pattern asks for and that no event is ever seen as.
  struct Unknown {
    std::vector<std::string> types;
    bool all = false;  // the pattern needs one of them: it cannot match
  };
  static Unknown unknown_types(const StixPattern& pattern);

 private:
  std::vector<std::shared_ptr<const StixPattern>> patterns_;
  std::shared_ptr<const Implementation> implementation_;
};

// An event satisfies an expression in brackets. Where the pattern's plan is single(), that is a detection, told once
// for each event and pattern; else the hit goes to a StixJoiner.
struct StixHit {
  std::uint32_t event;    // index into EventBatch::events
  std::uint32_t pattern;  // index into StixRules::patterns
  std::uint32_t bracket;  // in the order of the text
};

// A comparison that made a hit, for "matched".
struct StixMatched {
  std::string comparison;  // as in the pattern: "file:hashes.MD5 = '…'"
  event::FieldId field;    // of the event; overflow_field where it came from none (a type)
  std::string value;
};

// Not thread-safe; one per thread.
class StixScanner {
 public:
  StixScanner(std::shared_ptr<const StixRules> rules, event::FieldTable& fields);
  ~StixScanner();
  StixScanner(const StixScanner&) = delete;
  StixScanner& operator=(const StixScanner&) = delete;

  // Appends the hits of all events, ordered by event, then pattern, then bracket. Events that the map does not know
  // cost one look at each field.
  void scan(const event::EventBatch& batch, std::vector<StixHit>& hits);
  // Slow path, for output.
  std::vector<StixMatched> matched(const event::EventBatch& batch, const StixHit& hit);
  // What could not be done so far.
  const StixWork& work() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A hit as the joiner keeps it.
struct StixSeen {
  std::uint32_t pattern = 0;
  std::uint32_t bracket = 0;
  Time time;                 // without one it satisfies nothing about time
  std::uint32_t source = 0;  // with record and offset: which event it was
  std::uint64_t record = 0;
  std::uint64_t offset = 0;
  std::uint32_t host = 0;  // handed through
};

struct StixJoined {
  std::uint32_t pattern = 0;
  Time first, last;
  struct Ref {
    std::uint32_t source;
    std::uint64_t record, offset;
    Time time;
    std::uint32_t host;
    bool operator==(const Ref&) const = default;
  };
  std::vector<Ref> events;  // each once, at most limits::verdict_events_max
  std::uint64_t count = 0;  // of all
};

// Single thread. The result does not depend on the order in which hits were added, unless some had to be dropped.
class StixJoiner {
 public:
  explicit StixJoiner(std::shared_ptr<const StixRules> rules);
  ~StixJoiner();
  bool empty() const;              // no pattern needs several events
  void add(const StixSeen& seen);  // of a pattern that one event decides: does nothing
  // Matches that share no event, the earliest first, by pattern; at most limits::pattern_matches_max for one pattern.
  // `stop` is asked before every search, which takes less than a second; what was found by then is returned.
  std::vector<StixJoined> finish(const std::function<bool()>& stop);
  std::uint64_t dropped() const;    // hits beyond limits::pattern_events_max
  std::uint64_t undecided() const;  // patterns whose answer, or a further one, takes too many steps (stix/binding.h)
  std::uint64_t cut() const;        // patterns with more matches than are returned

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::detect
