#include "detect/plain.h"

#include "base/text.h"

namespace tocsin::detect {

using event::Event;
using event::EventBatch;
using event::Value;
using event::ValueKind;
using rules::Node;
using rules::Operator;

std::optional<Scope> PlainEvaluator::applies(const EventBatch& batch, const Event& event,
                                             const rules::LogSource& source) const {
  std::vector<Way> found;
  ways(source, event, found);
  for (const Way& way : found) {
    if (way.condition_field.empty()) {
      return way.scope;
    }
    std::vector<FoundValue> values;
    resolve(find_lookup(table_, way.condition_field, way.scope), batch.fields_of(event), table_, made_, values);
    for (const FoundValue& value : values) {
      if (ascii_iequals(value.value->text, way.condition_value)) {
        return way.scope;
      }
    }
  }
  return std::nullopt;
}

const std::vector<bool>& PlainEvaluator::evaluate(const EventBatch& batch, const Event& event, std::uint32_t rule,
                                                  Scope scope) {
  const std::vector<Node>& nodes = program_.set->rules[rule].nodes;
  truth_.assign(nodes.size(), false);
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    const Node& node = nodes[at];
    std::size_t true_children = 0;
    for (const std::uint32_t child : node.children) {
      true_children += truth_[child] ? 1 : 0;
    }
    switch (node.kind) {
      case Node::Kind::leaf:
        truth_[at] = leaf(batch, event, rule, node.leaf, scope).holds;
        break;
      case Node::Kind::all_of:
        truth_[at] = true_children == node.children.size();
        break;
      case Node::Kind::any_of:
        truth_[at] = true_children != 0;
        break;
      case Node::Kind::none_of:
        truth_[at] = true_children == 0;
        break;
      case Node::Kind::always:
        truth_[at] = true;
        break;
      case Node::Kind::never:
        break;
    }
  }
  return truth_;
}

bool PlainEvaluator::fires(const EventBatch& batch, const Event& event, std::uint32_t rule, Scope scope) {
  const std::vector<bool>& truth = evaluate(batch, event, rule, scope);
  return !truth.empty() && truth.back();
}

bool PlainEvaluator::value_holds(const Matcher& matcher, const Value& value) {
  folded_.clear();
  if (needs_folding(matcher)) {
    fold_case_append(value.text, folded_);
  }
  return value_matches(matcher, {value.text, folded_, value.kind});
}

PlainEvaluator::LeafResult PlainEvaluator::leaf(const EventBatch& batch, const Event& event, std::uint32_t rule,
                                                std::uint32_t leaf, Scope scope) {
  const CompiledLeaf& compiled = program_.rules[rule].leaves[leaf];
  if (compiled.matcher == no_matcher) {
    return {};  // of an inactive rule, which only explain asks for
  }
  const Matcher& matcher = program_.matchers[compiled.matcher];
  if (compiled.field == no_field) {
    return keyword(batch, event, matcher);
  }
  if (compiled.other_field != no_field) {
    return relation(batch, event, compiled, matcher, scope);
  }
  values_.clear();
  resolve(program_.lookup(compiled.field, scope), batch.fields_of(event), table_, made_, values_);
  if (matcher.op == Operator::exists) {
    if (values_.empty() || !matcher.boolean) {
      return {values_.empty() != matcher.boolean, false, event::overflow_field, {}};
    }
    return {true, true, values_.front().field, values_.front().value->text};
  }
  if (matcher.op == Operator::is_null && values_.empty()) {
    return {true, false, event::overflow_field, {}};
  }
  for (const FoundValue& found : values_) {
    const bool holds =
        matcher.op == Operator::is_null ? found.value->kind == ValueKind::null : value_holds(matcher, *found.value);
    if (holds) {
      return {true, true, found.field, found.value->text};
    }
  }
  return {};
}

PlainEvaluator::LeafResult PlainEvaluator::keyword(const EventBatch& batch, const Event& event,
                                                   const Matcher& matcher) {
  for (const event::Field& field : batch.fields_of(event)) {
    if (value_holds(matcher, field.value)) {
      return {true, true, field.id, field.value.text};
    }
  }
  if (!event.raw.empty() && value_holds(matcher, {event.raw, ValueKind::text})) {
    return {true, true, event::overflow_field, event.raw};
  }
  return {};
}

PlainEvaluator::LeafResult PlainEvaluator::relation(const EventBatch& batch, const Event& event,
                                                    const CompiledLeaf& leaf, const Matcher& matcher, Scope scope) {
  values_.clear();
  others_.clear();
  resolve(program_.lookup(leaf.field, scope), batch.fields_of(event), table_, made_, values_);
  resolve(program_.lookup(leaf.other_field, scope), batch.fields_of(event), table_, made_, others_);
  for (const FoundValue& found : values_) {
    folded_.clear();
    fold_case_append(found.value->text, folded_);
    for (const FoundValue& other : others_) {
      other_folded_.clear();
      fold_case_append(other.value->text, other_folded_);
      if (values_relate(matcher, {found.value->text, folded_, found.value->kind},
                        {other.value->text, other_folded_, other.value->kind})) {
        return {true, true, found.field, found.value->text};
      }
    }
  }
  return {};
}

}  // namespace tocsin::detect
