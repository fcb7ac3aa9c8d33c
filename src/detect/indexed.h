// IndexedEvaluator: what users get. One thread's state for running plans over events; gives the same hits as the plain
// evaluator and allocates nothing per event once its buffers have grown.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "detect/event_memo.h"
#include "detect/plain.h"
#include "detect/plan.h"
#include "detect/value_memo.h"

namespace tocsin::detect {

// Not thread-safe.
class IndexedEvaluator {
 public:
  IndexedEvaluator(const Program::Implementation& program, event::FieldTable& table, ScanOptions options);
  ~IndexedEvaluator();

  // To be called when a batch is met, or met again.
  void open(const event::EventBatch& batch) {
    batch_ = &batch;
    searched_ = {};
  }
  // Appends the rules that fire on the event, which stands in the batch that was opened, ascending, and tells `meet`
  // the log sources that take it.
  template <class Meet>
  void scan(const event::EventBatch& batch, const event::Event& event, std::vector<std::uint32_t>& fired, Meet meet) {
    const std::vector<MetSource>* met = route(batch, event);
    if (met != nullptr) {
      for (const MetSource& source : *met) {
        meet(source.source);
      }
    }
    run(batch, event, fired);
  }
  ScanStatistics statistics() const {
    return {memo_.statistics().asked, memo_.statistics().known, rules_run_, rows_known_};
  }

 private:
  struct State;  // of one plan
  struct Shape;  // of events with one sequence of fields
  struct Route;  // of one kind of event
  struct RouteKey;
  struct RouteHash;
  struct RouteEqual;

  // A value that a slot reads, and what its search found.
  struct Met {
    const event::Value* value = nullptr;
    std::uint32_t field = 0;  // index into the event's fields, or no_field_index
    ValueMemo::Answer found;
  };
  // Values of one slot lie beside each other in met_.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t count = 0;
    std::uint32_t epoch = 0;
  };
  static constexpr std::uint32_t no_field_index = ~std::uint32_t{0};

  // Finds the event's plan. Returns the sources it was the first event of, or nullptr.
  const std::vector<MetSource>* route(const event::EventBatch& batch, const event::Event& event);
  void make_route(const event::Event& event, Route& route);
  void run(const event::EventBatch& batch, const event::Event& event, std::vector<std::uint32_t>& fired);
  Shape& shape(std::span<const event::Field> fields);
  void make_shape(std::span<const event::Field> fields, Shape& shape);
  void meet(std::uint32_t slot, const event::Value& value, std::uint32_t field, ValueMemo::Hint& hint);
  ValueMemo::Answer look_up(std::uint32_t slot, const Met& met, ValueMemo::Hint& hint);
  ValueMemo::Answer search(const Slot& slot, const Met& met);
  void search_mapped(const event::EventBatch& batch, const event::Event& event, const Shape& shape);
  void search_keywords(const event::EventBatch& batch, const event::Event& event);
  bool decided_by_values(std::span<const event::Field> fields, const Shape& shape);
  bool raw_is_clear();
  bool any_keyword(std::string_view text);
  void pull(std::uint32_t trigger);
  void nominate(std::uint32_t rule);
  std::span<const Met> values_of(std::uint32_t slot) const;
  bool ask(std::uint32_t atom);
  bool ask_values(const Atom& atom, const Matcher& matcher);
  bool ask_keyword(const Matcher& matcher);
  bool ask_relation(const Atom& atom, const Matcher& matcher);
  std::string_view folded(const Met& met);
  std::string_view fold(std::string_view text);

  const Program::Implementation& program_;
  event::FieldTable& table_;
  PlainEvaluator plain_;  // for the rare conditions of log sources
  boost::unordered_flat_map<const Plan*, std::unique_ptr<State>> states_;
  std::unique_ptr<boost::unordered_flat_map<RouteKey, std::unique_ptr<Route>, RouteHash, RouteEqual>> routes_;
  Route* last_route_ = nullptr;
  ScanOptions options_;
  ValueMemo memo_;
  std::size_t shapes_ = 0;  // of all states
  std::uint64_t rules_run_ = 0, rows_known_ = 0;

  // Of the event at hand.
  const event::EventBatch* batch_ = nullptr;
  const event::Event* event_ = nullptr;
  State* state_ = nullptr;
  std::uint32_t epoch_ = 0;
  Arena arena_;
  std::vector<Met> met_;
  std::vector<std::uint32_t> found_rules_, found_atoms_;  // of the value being searched
  struct FoldedText {
    std::uint64_t event = 0;
    std::string_view text;
  };
  std::vector<FoldedText> folded_fields_;  // by field of the event
  std::uint64_t event_number_ = 0;
  std::string_view folded_raw_;
  EventMemo rows_;
  bool asked_more_ = false;  // the event at hand was asked for a keyword that its raw text was not searched for
  std::uint64_t shape_serial_ = 0;
  // Raw text of neighbouring events of the batch that was searched for keywords of a plan as one.
  struct Searched {
    const Plan* plan = nullptr;
    std::string_view text;
    bool clear = false;
  };
  Searched searched_;
  std::vector<std::uint32_t> candidates_;
  std::vector<MetSource> met_sources_;
  std::vector<FoundValue> found_;
  MadeValues made_;
  std::string scratch_;
  std::string joined_;
};

}  // namespace tocsin::detect
