// Sigma documents of every kind to a rule set; every tree must be sound.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "rules/dump.h"
#include "rules/sigma.h"

namespace {

void check_tree(const std::vector<tocsin::rules::Node>& nodes, std::size_t leaves) {
  std::size_t children = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const std::uint32_t child : nodes[i].children) {
      tocsin::check(child < i, "children stand before their parents");
      ++children;
    }
    tocsin::check(nodes[i].kind != tocsin::rules::Node::Kind::leaf || nodes[i].leaf < leaves, "leaves are there");
  }
  tocsin::check(children < nodes.size() || nodes.empty(), "nodes form a tree");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tocsin::rules::SigmaLoader loader({{"list", {"a", "b*"}}});
  loader.add("first.yml", text.substr(0, size / 2));
  loader.add("second.yml", text);
  const tocsin::rules::RuleSet set = std::move(loader).finish();
  tocsin::check(set.rules.size() + set.correlations.size() + set.rejected == set.given,
                "every document is accounted for");
  for (const auto& rule : set.rules) {
    tocsin::check(!rule.nodes.empty(), "a loaded rule has a condition");
    check_tree(rule.nodes, rule.leaves.size());
    tocsin::check(!dump_json(rule).empty(), "rules can be shown");
  }
  for (const auto& correlation : set.correlations) {
    check_tree(correlation.condition, correlation.inputs.size());
    for (const std::uint32_t input : correlation.inputs) {
      tocsin::check(input < set.rules.size() + set.correlations.size(), "inputs are there");
    }
  }
  tocsin::check(!dump(set).empty(), "sets can be shown");
  return 0;
}
