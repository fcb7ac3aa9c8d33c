// Plan: everything the indexed evaluator needs for the events of one route, that is for one set of log sources: the
// rules that apply, the fields they read, the literals that can make them true, and their conditions as short-circuit
// code. Built when the first such event arrives; then immutable and shared by all threads.
//
// How a rule is found: every rule has a witness, a set of atoms of which at least one is true whenever the rule is. An
// event's values are searched for literals that say "this atom may be true"; only rules whose witness was met run their
// code, and there atoms that the literals decide are a look-up. Rules without a witness run on every event.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "detect/implementation.h"
#include "detect/literals.h"

namespace tocsin::detect {

// A log source that takes the event, and under which aliases.
struct MetSource {
  std::uint32_t source = 0;
  Scope scope;
  auto order() const { return source * std::uint64_t{1024} + Program::Implementation::scope_index(scope); }
  bool operator<(const MetSource& other) const { return order() < other.order(); }
};

inline constexpr std::uint32_t no_slot = ~std::uint32_t{0};

// One leaf asked of one field of the route's events.
struct Atom {
  std::uint32_t matcher = 0;
  std::uint32_t slot = no_slot;  // no_slot: keyword
  std::uint32_t other_slot = no_slot;
  bool decided = false;  // the literals know: not met means false
};

// What a literal, or the presence of a field, says about an atom.
struct Trigger {
  std::uint32_t atom = 0;
  bool proves = false;  // the atom is true; else it may be
};

// A field as rules of one scope read it.
struct Slot {
  const FieldLookup* lookup = nullptr;
  LiteralIndex literals;               // payload: index into Plan::triggers
  std::vector<std::uint32_t> present;  // triggers met when the field has any value
  std::vector<std::uint32_t> numbers;  // triggers met when a value is a number not in its shortest decimal form
  bool mapped = false;                 // some values are read as others, or made: looked for in every event
};

struct Step {
  static constexpr std::int32_t accept = -1;
  static constexpr std::int32_t reject = -2;
  std::uint32_t atom = 0;
  std::int32_t on_true = accept;
  std::int32_t on_false = reject;
};

struct Plan {
  std::vector<std::uint32_t> rules;   // global numbers, ascending
  std::vector<std::int32_t> entries;  // first step of each rule, or accept / reject
  std::vector<Step> steps;
  std::vector<Atom> atoms;
  std::vector<Slot> slots;
  std::vector<Trigger> triggers;
  KeywordIndex keywords;                      // over all values and the raw record; payload: index into triggers
  std::vector<std::uint32_t> always_rules;    // indices into rules
  std::vector<std::uint32_t> keyword_always;  // triggers met by every event: keywords without a literal
  // Rules that an atom is a witness of: atom_rules[begin[atom] … begin[atom + 1])
  std::vector<std::uint32_t> witness_begin;
  std::vector<std::uint32_t> witness_rules;
  std::map<std::uint32_t, std::vector<std::uint32_t>> names;  // by folded field id: slots that a field may feed
  bool has_keywords = false;
};

// Thread-safe. Plans live as long as the cache. There are at most as many as combinations of log sources that one event
// can meet, which the tables of room event bound.
class PlanCache {
 public:
  explicit PlanCache(const Program::Implementation& program);
  ~PlanCache();
  // `met` must be sorted.
  const Plan& plan(const std::vector<MetSource>& met);
  // Does any rule read a field of this (folded) name?
  bool relevant(event::FieldId folded) const;

 private:
  const Program::Implementation& program_;
  std::vector<std::uint32_t> relevant_;  // sorted
  std::mutex mutex_;                     // guards plans_
  std::map<std::vector<std::uint64_t>, std::unique_ptr<const Plan>> plans_;
};

}  // namespace tocsin::detect
