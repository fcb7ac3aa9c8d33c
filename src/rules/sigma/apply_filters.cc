// Filters: (condition of the rule) and (condition of the filter), with the filter's searches kept to itself.
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "rules/sigma/loader.h"

namespace tocsin::rules::sigma {
namespace {

// Each part that the filter names must be the same in the rule.
bool contains(const LogSource& filter, const LogSource& rule) {
  const auto part = [](const std::string& mine, const std::string& theirs) { return mine.empty() || mine == theirs; };
  return part(filter.product, rule.product) && part(filter.category, rule.category) &&
         part(filter.service, rule.service);
}

// The entries of a filter's list of rules by what they name.
class Listed {
 public:
  explicit Listed(const std::vector<Reference>& rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      by_name_.emplace(rules[i].text, i);
      by_id_.emplace(ascii_lower(rules[i].text), i);
    }
  }
  std::optional<std::size_t> find(const RuleInfo& info) const {
    if (const auto id = by_id_.find(ascii_lower(info.id)); !info.id.empty() && id != by_id_.end()) {
      return id->second;
    }
    if (const auto name = by_name_.find(info.name); !info.name.empty() && name != by_name_.end()) {
      return name->second;
    }
    return std::nullopt;
  }

 private:
  boost::unordered_flat_map<std::string, std::size_t> by_id_, by_name_;
};

void add(const Filter& filter, Rule& rule) {
  const auto first_leaf = static_cast<std::uint32_t>(rule.leaves.size());
  const auto first_node = static_cast<std::uint32_t>(rule.nodes.size());
  if (rule.filters.empty()) {
    rule.unfiltered_nodes = rule.nodes.size();
    rule.unfiltered_leaves = rule.leaves.size();
  }
  rule.leaves.insert(rule.leaves.end(), filter.detection.leaves.begin(), filter.detection.leaves.end());
  for (const Node& node : filter.detection.nodes) {
    Node copy = node;
    copy.leaf += node.kind == Node::Kind::leaf ? first_leaf : 0;
    for (std::uint32_t& child : copy.children) {
      child += first_node;
    }
    rule.nodes.push_back(std::move(copy));
  }
  const auto filter_root = static_cast<std::uint32_t>(rule.nodes.size() - 1);
  // The filter's condition gets a node of its own that carries its name.
  rule.nodes.push_back({.kind = Node::Kind::all_of, .children = {filter_root}, .label = "filter: " + filter.title});
  rule.nodes.push_back({.kind = Node::Kind::all_of,
                        .children = {first_node - 1, static_cast<std::uint32_t>(rule.nodes.size() - 1)},
                        .label = {}});
  rule.filters.push_back(filter.id.empty() ? filter.title : filter.id);
}

}  // namespace

void apply_filters(Collection& collection) {
  std::size_t added = 0;
  for (const Filter& filter : collection.filters) {
    Problems problems(filter.source, collection.set.diagnostics);
    std::vector<bool> found(filter.rules.size(), false);
    const Listed listed(filter.rules);
    bool full = false;
    for (Rule& rule : collection.set.rules) {
      const bool fits = contains(filter.log_source, rule.log_source);
      bool wanted = filter.any;
      if (const auto entry = listed.find(rule.info)) {
        wanted = true;
        found[*entry] = true;
        if (!fits) {
          problems.warning(ErrorCode::rule_reference, filter.rules[*entry].mark,
                           "the filter's logsource does not contain that of " + quoted(rule.info.title),
                           "the filter does not apply to it");
        }
      }
      if (!wanted || !fits || full) {
        continue;
      }
      added += filter.detection.leaves.size() + 1;
      if (added > limits::filter_leaves_max) {
        full = true;
        problems.error(ErrorCode::limit, filter.mark,
                       "filters add more than " + std::to_string(limits::filter_leaves_max) + " comparisons to rules",
                       "name the rules instead of 'any', or shorten the lists");
        continue;
      }
      add(filter, rule);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) {
        problems.warning(ErrorCode::rule_reference, filter.rules[i].mark,
                         "the filter names " + quoted(filter.rules[i].text) + ", which is not loaded");
      }
    }
    problems.finish(filter.id);
  }
}

}  // namespace tocsin::rules::sigma
