// Verdict: the graded answer of a playbook, and the engine that reaches it from events.
//
// A playbook is data (packs/*/playbook.yaml): inputs, predicates, stages or ladder steps. The engine runs in two
// steps:
//   Observer  one per thread: looks at a batch and emits Facts (evidence, counted behaviour, builds seen), in order
//   Case      single thread: takes the Facts of all batches in input order and the coverage, and concludes
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "base/time.h"
#include "event/event.h"

namespace tocsin::verdict {

// The input that a batch belongs to.
struct Source {
  std::uint32_t id = 0;
  std::string_view path;    // as in event.source: layout of the evidence, with '/' (or '\') separators
  std::string_view format;  // Format::name
};

// Opaque to everyone but the room. Rare: only rows that may be evidence or that change what is known (a build, a
// period) give one. Its texts live in the Facts that it was made in.
struct Fact {
  std::uint32_t playbook = 0;
  std::uint32_t predicate = 0;
  std::uint32_t source = 0;
  std::uint64_t record = 0;
  std::uint64_t offset = 0;
  Time time;
  std::string_view host;
  std::span<const std::string_view> values;
  bool operator==(const Fact& other) const;
};

// Facts with the memory of their texts: a web log may give one for every row.
class Facts {
 public:
  Fact& add() { return list_.emplace_back(); }
  std::string_view keep(std::string_view text) { return texts_.copy(text); }
  // Room for the values of a fact; their texts must be kept as well.
  std::span<std::string_view> room(std::size_t values);
  // Keeps texts and the list of them.
  std::span<const std::string_view> keep(std::span<const std::string_view> values);
  template <class Drop>
  void drop_if(Drop drop) {
    std::erase_if(list_, drop);
  }
  void clear() {
    list_.clear();
    texts_.clear();
  }

  const Fact* data() const { return list_.data(); }
  std::size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  const Fact& back() const { return list_.back(); }
  const Fact& operator[](std::size_t at) const { return list_[at]; }
  bool operator==(const Facts& other) const { return list_ == other.list_; }

 private:
  std::vector<Fact> list_;
  Arena texts_;
};

struct Coverage {  // of one input, given by the reader when all batches are done
  std::uint32_t source = 0;
  std::string path;
  std::string format;
  std::uint64_t events = 0;
  std::uint64_t unreadable = 0;
  Time first, last;
  std::string unit;  // what EventRef::record counts: "line", "row", "record"
};

// Asked now and then during long work: true ends it early.
using Cancelled = std::function<bool()>;

struct EventRef {
  std::string source;
  std::uint64_t record = 0;
  std::uint64_t offset = 0;
  std::string unit;
  Time time;
  std::string client;  // may be empty
  std::string what;    // one line for people
};

enum class State : std::uint8_t { compromised, attacked_no_sign_of_success, no_sign_in_covered_period, not_checkable };
std::string_view state_text(State state);  // the contract's words, with hyphens

struct Stage {
  int stage = -1;        // Exchange: 0…6; ladder: -1
  std::string name;      // "probe"; ladder: the behaviour
  std::string step;      // ladder: preparation | staging | impact
  std::string weakness;  // CVE id where one is meant
  Time first, last;
  std::uint64_t count = 0;
  std::vector<EventRef> events;  // at most limits::verdict_events_max, in time order
  std::vector<EventRef> supporting;
  bool truncated = false;
};

struct Need {
  std::string input;
  bool present = false;
  std::string how;
};

struct Period {
  Time from, to;
};

struct Covered {
  std::string input;
  Time from, to;
  std::uint64_t files = 0, rows = 0;
  std::vector<Period> gaps;
};

struct Noted {  // behaviour with an ordinary explanation
  std::string behaviour, reason;
  std::uint64_t count = 0;
  Time first, last;
  std::vector<EventRef> events;
};

struct Known {  // what rows of evidence share with a published list
  std::string list;
  std::uint64_t count = 0;            // rows
  std::vector<std::string> examples;  // a few of the values
};

struct Verdict {
  std::string playbook, title, scope;
  State state = State::not_checkable;
  std::string because;  // a sentence a manager can read
  std::string grade;    // ladder: none|preparation|staging|impact; else empty
  bool call_now = false;
  // Stages: moderate, high or very high; empty where nothing was found. Lists raise it and never decide.
  std::string confidence;
  std::vector<Known> known;
  std::vector<Stage> stages;
  std::vector<Need> needs;
  std::vector<Covered> covered;
  std::vector<Period> uncovered;  // parts of the window that no input covers
  Period window;                  // unknown times where the playbook has none
  std::vector<Noted> noted;
  std::vector<std::string> clients, shells;
  std::vector<std::string> next_steps;
  std::vector<std::string> left_out;  // what was seen and deliberately not counted, in words
};

class Observer {
 public:
  virtual ~Observer() = default;
  // Appends the facts of a batch, in order. `rule_ids[i]` lists ids of the Sigma rules that fired on event i (may be
  // empty). Ids that
  // begin with "indicator:" tell that an indicator of the user's own was seen in the event.
  virtual void observe(const Source& source, const event::EventBatch& batch,
                       std::span<const std::vector<std::string_view>> rule_ids, Facts& facts) = 0;
};

class Case {
 public:
  virtual ~Case() = default;
  virtual void add(std::span<const Fact> facts) = 0;
  virtual void add(const Coverage& coverage) = 0;
  // Verdicts in order: by playbook, then scope ("*" first). Cancelled: those that were finished.
  virtual std::vector<Verdict> conclude(const Cancelled& cancelled = {}) = 0;
};

// Loaded playbooks; immutable, shared by threads.
class Engine {
 public:
  // name: file name for errors; yaml: text of the playbook.
  struct Text {
    std::string name, yaml;
  };
  static Result<std::shared_ptr<const Engine>> load(std::span<const Text> playbooks);
  // `memo` false: rows of text logs that repeat are asked again each time; slower, with the same facts.
  std::unique_ptr<Observer> observer(event::FieldTable& fields, bool memo = true) const;
  std::unique_ptr<Case> open() const;
  // Ids of the Sigma rules that playbooks take as inputs.
  const std::vector<std::string>& rule_inputs() const;

  struct Implementation;
  explicit Engine(std::shared_ptr<const Implementation> implementation) : implementation_(std::move(implementation)) {}

 private:
  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace tocsin::verdict
