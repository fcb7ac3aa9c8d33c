// PlainEvaluator: the reference. Walks every node of a rule's tree over one event and asks every leaf, with no index,
// no memory between leaves and no short cut, so that it can be read against the Sigma specification.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "detect/implementation.h"

namespace tocsin::detect {

// Not thread-safe (it keeps scratch memory).
class PlainEvaluator {
 public:
  PlainEvaluator(const Program::Implementation& program, const event::FieldTable& table)
      : program_(program), table_(table) {}

  // Under which aliases the rule's log source takes the event, if it does.
  std::optional<Scope> applies(const event::EventBatch& batch, const event::Event& event,
                               const rules::LogSource& source) const;
  // Truth of every node of the rule, index as Rule::nodes; empty for a rule without nodes.
  const std::vector<bool>& evaluate(const event::EventBatch& batch, const event::Event& event, std::uint32_t rule,
                                    Scope scope);
  // Frees derived values; those that leaf() gave are gone.
  void forget() { made_.clear(); }
  bool fires(const event::EventBatch& batch, const event::Event& event, std::uint32_t rule, Scope scope);
  // Is this leaf true, and for which value of the event (none for absence, and for keywords in the raw record a value
  // of field overflow_field).
  struct LeafResult {
    bool holds = false;
    bool has_value = false;
    event::FieldId field = event::overflow_field;
    std::string_view value;
  };
  LeafResult leaf(const event::EventBatch& batch, const event::Event& event, std::uint32_t rule, std::uint32_t leaf,
                  Scope scope);

 private:
  LeafResult keyword(const event::EventBatch& batch, const event::Event& event, const Matcher& matcher);
  LeafResult relation(const event::EventBatch& batch, const event::Event& event, const CompiledLeaf& leaf,
                      const Matcher& matcher, Scope scope);
  bool value_holds(const Matcher& matcher, const event::Value& value);

  const Program::Implementation& program_;
  const event::FieldTable& table_;
  std::vector<bool> truth_;
  std::vector<FoundValue> values_, others_;
  mutable MadeValues made_;
  std::string folded_, other_folded_;
};

}  // namespace tocsin::detect
