#include "verdict/engine.h"

#include <algorithm>
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

std::unique_ptr<Observer> Engine::observer(event::FieldTable& fields, bool memo) const {
  return make_observer(implementation_, fields, memo);
}

std::unique_ptr<Case> Engine::open() const { return make_case(implementation_); }

const std::vector<std::string>& Engine::rule_inputs() const { return implementation_->rule_inputs; }

}  // namespace tocsin::verdict
