// IndexedEvaluator: what users get. One thread's state for running plans over events; gives the same hits as the plain
// evaluator and allocates nothing per event once its buffers have grown.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "detect/plain.h"
#include "detect/plan.h"

namespace tocsin::detect {

// Not thread-safe.
class IndexedEvaluator {
 public:
  IndexedEvaluator(const Program::Implementation& program, event::FieldTable& table);
  ~IndexedEvaluator();

  // Appends the rules that fire on the event, ascending, and tells `meet` the log sources that take it.
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

 private:
  struct State;  // of one plan
  struct Route;  // of one kind of event
  struct RouteKey;
  struct RouteHash;
  struct RouteEqual;

  // A value met by a slot.
  struct Node {
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    const event::Value* value = nullptr;
    std::uint32_t field = none;  // index into the event's fields; none: a mapped value
    std::uint32_t next = none;
  };

  // Finds the event's plan. Returns the sources it was the first event of, or nullptr.
  const std::vector<MetSource>* route(const event::EventBatch& batch, const event::Event& event);
  void make_route(const event::Event& event, Route& route);
  void run(const event::EventBatch& batch, const event::Event& event, std::vector<std::uint32_t>& fired);
  void gather(const event::EventBatch& batch, const event::Event& event);
  void note_value(std::uint32_t slot, std::uint16_t rank, const event::Value& value, std::uint32_t field);
  void search_slots();
  void search_keywords(const event::EventBatch& batch, const event::Event& event);
  void pull(std::uint32_t trigger);
  void nominate(std::uint32_t rule);
  bool ask(std::uint32_t atom);
  bool ask_values(const Atom& atom, const Matcher& matcher);
  bool ask_keyword(const Matcher& matcher);
  bool ask_relation(const Atom& atom, const Matcher& matcher);
  std::string_view folded(const Node& node);
  std::string_view fold(std::string_view text);

  const Program::Implementation& program_;
  event::FieldTable& table_;
  PlainEvaluator plain_;  // for the rare conditions of log sources
  boost::unordered_flat_map<const Plan*, std::unique_ptr<State>> states_;
  std::unique_ptr<boost::unordered_flat_map<RouteKey, std::unique_ptr<Route>, RouteHash, RouteEqual>> routes_;
  Route* last_route_ = nullptr;
  // Field ids of this run as small numbers: 0 not seen yet, 1 of no interest to any rule, else 2 + n.
  std::vector<std::uint32_t> name_numbers_;
  std::vector<event::FieldId> names_;  // n → id

  // Of the event at hand.
  const event::EventBatch* batch_ = nullptr;
  const event::Event* event_ = nullptr;
  State* state_ = nullptr;
  std::uint32_t epoch_ = 0;
  Arena arena_;
  std::vector<Node> nodes_;
  std::vector<std::string_view> folded_fields_;  // by field of the event; data() == nullptr: not folded yet
  std::string_view folded_raw_;
  std::vector<std::uint32_t> candidates_;
  std::vector<MetSource> met_;
  std::vector<FoundValue> found_;
  std::string scratch_;
  std::string joined_;
  LiteralDatabase::Scratch keyword_scratch_;
  std::vector<std::uint32_t> keyword_hits_;
};

}  // namespace tocsin::detect
