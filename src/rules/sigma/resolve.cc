// References between documents: correlations to rules and to each other.
#include <algorithm>
#include <iterator>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "rules/sigma/condition.h"
#include "rules/sigma/loader.h"

namespace tocsin::rules::sigma {
namespace {

// Rules come first, correlations behind them, as in Correlation::inputs.
class Resolver {
 public:
  explicit Resolver(Collection& collection) : collection_(collection), rules_(collection.set.rules.size()) {
    for (std::size_t i = 0; i < rules_; ++i) {
      know(collection.set.rules[i].info, i);
    }
    for (std::size_t i = 0; i < collection.correlations.size(); ++i) {
      know(collection.correlations[i].correlation.info, rules_ + i);
    }
  }

  void run() {
    auto& drafts = collection_.correlations;
    sound_.assign(drafts.size(), true);
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      resolve(i);
    }
    order();
    finish();
  }

 private:
  void know(const RuleInfo& info, std::size_t input) {
    if (!info.id.empty()) {
      known_.emplace(ascii_lower(info.id), input);
    }
    if (info.name.empty()) {
      return;
    }
    if (!known_.emplace(info.name, input).second) {
      Problems(info.source, collection_.set.diagnostics)
          .warning(ErrorCode::rule_duplicate, {info.line, 1},
                   "the name " + quoted(info.name) + " is taken by another rule",
                   "references mean the first one; refer to this rule by its id");
    }
  }

  std::optional<std::uint32_t> find(std::string_view text) const {
    const std::string key = is_id(text) ? ascii_lower(text) : std::string(text);
    const auto found = known_.find(key);
    return found == known_.end() ? std::nullopt : std::optional(static_cast<std::uint32_t>(found->second));
  }

  static bool is_id(std::string_view text) { return text.size() == 36 && text[8] == '-'; }

  std::string missing_hint(std::string_view text) const {
    const std::string key = is_id(text) ? ascii_lower(text) : std::string(text);
    if (collection_.rejected.contains(key)) {
      return "that rule was rejected: see its own message";
    }
    return "load the rule too, or correct the id or name";
  }

  void resolve(std::size_t at) {
    CorrelationDraft& draft = collection_.correlations[at];
    Correlation& correlation = draft.correlation;
    Problems problems(correlation.info.source, collection_.set.diagnostics);
    if (!draft.boolean_condition.empty()) {
      read_condition(draft, problems);
    }
    for (const Reference& reference : draft.rules) {
      const auto input = find(reference.text);
      if (!input) {
        problems.error(ErrorCode::rule_reference, reference.mark, "there is no rule " + quoted(reference.text),
                       missing_hint(reference.text));
        continue;
      }
      correlation.rules.push_back(reference.text);
      correlation.inputs.push_back(*input);
    }
    if (!problems.failed()) {
      resolve_aliases(draft, problems);
    }
    sound_[at] = !problems.failed();
    problems.finish(correlation.info.id);
  }

  // The rule of an alias gets the spelling that the list of rules has for it.
  void resolve_aliases(CorrelationDraft& draft, Problems& problems) const {
    Correlation& correlation = draft.correlation;
    for (std::size_t a = 0; a < correlation.aliases.size(); ++a) {
      for (std::size_t f = 0; f < correlation.aliases[a].fields.size(); ++f) {
        const Reference& reference = draft.alias_rules[a][f];
        const auto input = find(reference.text);
        const auto listed = std::find(correlation.inputs.begin(), correlation.inputs.end(), input.value_or(~0U));
        if (!input) {
          problems.error(ErrorCode::rule_reference, reference.mark, "there is no rule " + quoted(reference.text),
                         missing_hint(reference.text));
        } else if (listed == correlation.inputs.end()) {
          problems.warning(ErrorCode::rule_reference, reference.mark,
                           "the alias names " + quoted(reference.text) + ", which the correlation does not refer to",
                           "add it to rules, or remove it here");
        } else {
          correlation.aliases[a].fields[f].first =
              correlation.rules[static_cast<std::size_t>(listed - correlation.inputs.begin())];
        }
      }
    }
  }

  // Leaves are the places of names in the list of rules; without a list, the names make it.
  class RuleNames final : public ConditionNames {
   public:
    RuleNames(CorrelationDraft& draft, bool listed) : draft_(draft), listed_(listed), used_(draft.rules.size()) {}

    ConditionResult<std::uint32_t> name(std::string_view text, std::size_t at) override {
      auto found = std::find_if(draft_.rules.begin(), draft_.rules.end(),
                                [&](const Reference& reference) { return reference.text == text; });
      if (found == draft_.rules.end()) {
        if (listed_) {
          return std::unexpected(ConditionProblem{ErrorCode::rule_reference,
                                                  quoted(text) + " is not among the rules of the correlation",
                                                  "add it to rules", at});
        }
        draft_.rules.push_back({std::string(text), inside(draft_.condition_scalar, at)});
        used_.push_back(false);
        found = std::prev(draft_.rules.end());
      }
      const auto input = static_cast<std::uint32_t>(found - draft_.rules.begin());
      used_[input] = true;
      draft_.correlation.condition.push_back(
          {.kind = Node::Kind::leaf, .leaf = input, .children = {}, .label = std::string(text)});
      return static_cast<std::uint32_t>(draft_.correlation.condition.size() - 1);
    }

    ConditionResult<std::uint32_t> selector(bool, std::string_view, std::string_view written, std::size_t at) override {
      return std::unexpected(ConditionProblem{ErrorCode::rule_invalid,
                                              "a correlation has no patterns as " + quoted(written),
                                              "name the rules: a and b", at});
    }

    const std::vector<bool>& used() const { return used_; }

   private:
    CorrelationDraft& draft_;
    bool listed_;
    std::vector<bool> used_;
  };

  static void read_condition(CorrelationDraft& draft, Problems& problems) {
    RuleNames names(draft, !draft.rules.empty());
    const auto root = parse_condition(draft.boolean_condition, names, draft.correlation.condition);
    if (!root) {
      problems.error(root.error().code, inside(draft.condition_scalar, root.error().at), root.error().message,
                     root.error().hint);
      return;
    }
    for (std::size_t i = 0; i < draft.rules.size(); ++i) {
      if (!names.used()[i]) {
        problems.error(ErrorCode::rule_reference, draft.rules[i].mark,
                       "the condition does not use " + quoted(draft.rules[i].text), "add it, or remove the rule");
      }
    }
    if (true_of_nothing(draft.correlation.condition)) {
      problems.error(draft.condition_scalar.mark, "the condition is true when nothing happens",
                     "join it by 'and' with a rule that must match");
    }
  }

  static bool true_of_nothing(const std::vector<Node>& nodes) {
    std::vector<bool> truth(nodes.size(), false);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto is_true = [&](std::uint32_t child) { return truth[child]; };
      const auto& children = nodes[i].children;
      switch (nodes[i].kind) {
        case Node::Kind::all_of:
          truth[i] = std::all_of(children.begin(), children.end(), is_true);
          break;
        case Node::Kind::any_of:
          truth[i] = std::any_of(children.begin(), children.end(), is_true);
          break;
        case Node::Kind::none_of:
          truth[i] = std::none_of(children.begin(), children.end(), is_true);
          break;
        case Node::Kind::always:
          truth[i] = true;
          break;
        case Node::Kind::leaf:
        case Node::Kind::never:
          break;
      }
    }
    return !truth.empty() && truth.back();
  }

  // Inputs before those that use them (Kahn); what is left is a circle or hangs on one.
  void order() {
    auto& drafts = collection_.correlations;
    std::vector<std::vector<std::size_t>> users(drafts.size());
    std::vector<std::size_t> open_inputs(drafts.size(), 0);
    std::vector<std::size_t> depth(drafts.size(), 1);
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      if (sound_[i]) {
        for (const std::uint32_t input : drafts[i].correlation.inputs) {
          if (input >= rules_) {
            users[input - rules_].push_back(i);
            ++open_inputs[i];
          }
        }
      }
      if (open_inputs[i] == 0) {
        ready.push_back(i);
      }
    }
    std::vector<bool> done(drafts.size(), false);
    for (std::size_t at = 0; at < ready.size(); ++at) {
      const std::size_t i = ready[at];
      done[i] = true;
      if (sound_[i] && depth[i] > limits::correlation_depth_max) {
        reject(i,
               "correlations build on each other more than " + std::to_string(limits::correlation_depth_max) +
                   " levels deep",
               "refer to rules instead of correlations");
      }
      for (const std::size_t user : users[i]) {
        depth[user] = std::max(depth[user], depth[i] + 1);
        if (!sound_[i] && sound_[user]) {
          reject(user, "the correlation refers to " + quoted(title(i)) + ", which was rejected",
                 "correct that one first");
        }
        if (--open_inputs[user] == 0) {
          ready.push_back(user);
        }
      }
    }
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      if (!done[i] && sound_[i]) {
        reject(i, "the correlation refers to itself, by itself or through others", "break the circle of references");
      }
    }
  }

  const std::string& title(std::size_t correlation) const {
    return collection_.correlations[correlation].correlation.info.title;
  }

  void reject(std::size_t at, std::string message, std::string hint) {
    const RuleInfo& info = collection_.correlations[at].correlation.info;
    Problems problems(info.source, collection_.set.diagnostics);
    problems.error(ErrorCode::rule_reference, {info.line, 1}, std::move(message), std::move(hint));
    problems.finish(info.id);
    sound_[at] = false;
  }

  void finish() {
    auto& drafts = collection_.correlations;
    std::vector<std::uint32_t> place(drafts.size(), 0);
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      place[i] = next;
      next += sound_[i] ? 1 : 0;
    }
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      if (!sound_[i]) {
        ++collection_.set.rejected;
        continue;
      }
      Correlation& correlation = drafts[i].correlation;
      for (std::uint32_t& input : correlation.inputs) {
        if (input >= rules_) {
          input = static_cast<std::uint32_t>(rules_) + place[input - rules_];
        }
      }
      collection_.set.correlations.push_back(std::move(correlation));
    }
    drafts.clear();
  }

  Collection& collection_;
  std::size_t rules_;
  boost::unordered_flat_map<std::string, std::size_t> known_;
  std::vector<bool> sound_;
};

}  // namespace

void resolve_correlations(Collection& collection) { Resolver(collection).run(); }

}  // namespace tocsin::rules::sigma
