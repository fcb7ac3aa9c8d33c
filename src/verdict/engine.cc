#include "verdict/engine.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tocsin::verdict {

Result<std::shared_ptr<const Engine>> Engine::load(std::span<const Text> playbooks) {
  auto implementation = std::make_shared<Implementation>();
  for (const Text& text : playbooks) {
    TRY(Playbook book, parse_playbook(text.name, text.yaml));
    for (const Playbook& other : implementation->books) {
      if (other.name == book.name) {
        return failure(ErrorCode::playbook_invalid, "there are two playbooks named " + book.name,
                       {.source = text.name});
      }
    }
    for (const Row& row : book.rows) {
      for (const std::string& rule : row.rules) {
        auto& inputs = implementation->rule_inputs;
        if (std::find(inputs.begin(), inputs.end(), rule) == inputs.end()) {
          inputs.push_back(rule);
        }
      }
    }
    implementation->books.push_back(std::move(book));
  }
  std::sort(implementation->books.begin(), implementation->books.end(),
            [](const Playbook& a, const Playbook& b) { return a.name < b.name; });
  return std::make_shared<const Engine>(std::move(implementation));
}

bool Fact::operator==(const Fact& other) const {
  return playbook == other.playbook && predicate == other.predicate && source == other.source &&
         record == other.record && offset == other.offset && time == other.time && host == other.host &&
         std::equal(values.begin(), values.end(), other.values.begin(), other.values.end());
}

std::span<std::string_view> Facts::room(std::size_t values) {
  std::size_t bytes = (values + 1) * sizeof(std::string_view);
  void* room = texts_.allocate(bytes);
  auto* first = static_cast<std::string_view*>(
      std::align(alignof(std::string_view), values * sizeof(std::string_view), room, bytes));
  std::uninitialized_default_construct_n(first, values);
  return {first, values};
}

std::span<const std::string_view> Facts::keep(std::span<const std::string_view> values) {
  const std::span<std::string_view> kept = room(values.size());
  std::transform(values.begin(), values.end(), kept.begin(), [this](std::string_view text) { return keep(text); });
  return kept;
}

std::unique_ptr<Observer> Engine::observer(event::FieldTable& fields, bool memo) const {
  return make_observer(implementation_, fields, memo);
}

std::unique_ptr<Case> Engine::open() const { return make_case(implementation_); }

const std::vector<std::string>& Engine::rule_inputs() const { return implementation_->rule_inputs; }

}  // namespace tocsin::verdict
