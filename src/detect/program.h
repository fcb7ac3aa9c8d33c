// Program: a compiled rule set, immutable and shared by all threads; Scanner: one thread's way to run it over batches.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/event.h"
#include "rules/rule.h"

namespace tocsin::detect {

enum class Engine : std::uint8_t {
  indexed,  // what users get: log source routing, literal databases, candidate rules only
  plain,    // the reference: every rule's tree over every event
};

// What became of a rule when it was compiled.
struct RuleState {
  bool active = true;      // false: waiting for a list, or its log source has no reader
  bool has_reader = true;  // false: no reader gives events of its log source ("without a reader")
  bool slow = false;       // has a PCRE2 pattern
  std::string reason;      // for people, where active is false or slow is true
};

class Program {
 public:
  // The rule set must outlive the program. `fields` gets the names that rules use. Rejections (regexes that no engine
  // takes…) are reported in diagnostics() and the rule is inactive.
  static std::shared_ptr<const Program> compile(std::shared_ptr<const rules::RuleSet> set, event::FieldTable& fields,
                                                Engine engine = Engine::indexed);
  const rules::RuleSet& set() const;
  std::span<const RuleState> states() const;  // one per rule of the set
  std::span<const rules::Diagnostic> diagnostics() const;
  // Did a search of one of the rule's slow patterns run into its step limit so far, and count as no match?
  bool gave_up(std::uint32_t rule) const;

  struct Implementation;
  explicit Program(std::shared_ptr<const Implementation> implementation) : implementation_(std::move(implementation)) {}
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::shared_ptr<const Implementation> implementation_;
};

// A rule fired on an event of the batch.
struct Hit {
  std::uint32_t event;  // index into EventBatch::events
  std::uint32_t rule;   // index into RuleSet::rules
};

// A leaf that was true, for "matched".
struct Match {
  std::uint32_t leaf;      // index into Rule::leaves
  event::FieldId field;    // of the event; overflow_field for keywords over the raw record
  std::string_view value;  // into the batch; one made from several fields lives until the next scan()
};

struct ScanOptions {
  // Short cuts of the indexed engine that tests switch off, to see that they change nothing.
  bool memo = true;    // remember what values were found to match
  bool shapes = true;  // remember which fields of a sequence of fields are read
  bool rows = true;    // remember rows of text logs, and search their text for keywords many rows at a time
  // Where given and true, a scan ends before its next event: the plain engine takes seconds for a block.
  const std::atomic<bool>* stop = nullptr;
};

// How often the short cuts were of use.
struct ScanStatistics {
  std::uint64_t values = 0;             // looked up
  std::uint64_t values_remembered = 0;  // of which the memo knew the answer
  std::uint64_t rules_run = 0;          // conditions that were evaluated
  std::uint64_t rows_remembered = 0;    // rows of text logs whose values were known as a whole
};

// Not thread-safe; one per thread. After warm-up scanning allocates nothing per event.
class Scanner {
 public:
  explicit Scanner(std::shared_ptr<const Program> program, event::FieldTable& fields, ScanOptions options = {});
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  // Appends the hits of all events of the batch, ordered by event, then rule. Rules with emits == false are included.
  void scan(const event::EventBatch& batch, std::vector<Hit>& hits);
  // The leaves that made `hit` true (those of true subtrees, at most one value for each), in the order of the rule.
  // Slow path, for output.
  void matches(const event::EventBatch& batch, const Hit& hit, std::vector<Match>& out);
  // Truth of every node of a rule over an event: for `explain`. Uses the plain evaluator; ignores the log source. Index
  // as Rule::nodes.
  std::vector<bool> explain(const event::EventBatch& batch, std::uint32_t event, std::uint32_t rule);
  // Does the rule's log source apply to this event?
  bool applies(const event::EventBatch& batch, std::uint32_t event, std::uint32_t rule) const;
  // How many rules had at least one event of their log source so far, as bits: index as RuleSet::rules.
  const std::vector<bool>& rules_with_input() const;
  ScanStatistics statistics() const;
  // Values of a field of the event as the rule would see them (aliases applied), for outputs and correlations.
  void values(const event::EventBatch& batch, std::uint32_t event, std::uint32_t rule, std::string_view field,
              std::vector<std::string_view>& out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::detect
