// Rules stored and read again are the same rules; bytes that are not stored rules are refused, whatever they are.
#include "rules/stored_rules.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "rules/dump.h"
#include "rules/sigma.h"
#include "support/corpus.h"
#include "support/sigma_corpus.h"

namespace tocsin::rules {
namespace {

// Every kind of document, value and modifier that the goldens know, with filters, correlations and mistakes.
RuleSet loaded_goldens() {
  SigmaLoader loader({{"known", {"one", "two*"}}});
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test::golden() / "sigma")) {
    if (entry.path().extension() == ".yml") {
      loader.add(entry.path().filename().string(), test::read_file(entry.path()));
      ++files;
    }
  }
  EXPECT_GT(files, 20U);
  return std::move(loader).finish({.tags = {"nowhere", "attack"}, .least = Level::none});
}

void expect_same(const RuleSet& set) {
  const std::string bytes = store_rules(set);
  const auto again = read_stored_rules(bytes);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(dump(*again), dump(set));
  EXPECT_EQ(store_rules(*again), bytes);  // what dump() leaves out, too
}

TEST(StoredRules, AreTheSameRules) {
  expect_same({});
  const RuleSet goldens = loaded_goldens();
  EXPECT_FALSE(goldens.diagnostics.empty());
  EXPECT_FALSE(goldens.unmet_tags.empty());
  expect_same(goldens);
}

TEST(StoredRules, OfTheCorpusAreTheSameRules) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "the Sigma corpus (TOCSIN_CORPUS/sigma) is not there";
  }
  expect_same(*test::load_sigma_corpus(corpus / "sigma"));
}

TEST(StoredRules, CutOrLongerBytesAreRefused) {
  SigmaLoader loader;
  loader.add(
      "a.yml",
      "title: t\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: windows}\n"
      "detection:\n  a: {Image|endswith: 'x', Address|cidr: 10.0.0.0/8}\n  b: [p, q]\n  condition: a and not b\n");
  const RuleSet set = std::move(loader).finish();
  ASSERT_EQ(set.rules.size(), 1U);
  const std::string bytes = store_rules(set);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = read_stored_rules(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, ErrorCode::damaged);
  }
  EXPECT_FALSE(read_stored_rules(bytes + '\0'));
}

TEST(StoredRules, ChangedBytesAreRefusedOrSound) {
  const std::string bytes = store_rules(loaded_goldens());
  std::mt19937 random(1);
  std::size_t refused = 0, sound = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string changed = bytes;
    changed[random() % changed.size()] = static_cast<char>(random());
    if (const auto set = read_stored_rules(changed)) {
      ++sound;
      EXPECT_FALSE(dump(*set).empty());
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100U);
  EXPECT_GT(sound, 100U);
}

// What no loader makes, and would lead outside a vector or never end.
TEST(StoredRules, SetsThatAreNotSoundAreRefused) {
  Rule whole;
  whole.leaves.resize(1);
  whole.nodes = {{Node::Kind::leaf, 0, {}, ""}, {Node::Kind::all_of, 0, {0}, ""}};
  const auto refused = [](const RuleSet& set) { return !read_stored_rules(store_rules(set)); };
  const auto with = [&](auto change) {
    RuleSet set;
    set.rules = {whole};
    change(set);
    return set;
  };
  EXPECT_FALSE(refused(with([](RuleSet&) {})));
  EXPECT_TRUE(refused(with([](RuleSet& set) { set.rules[0].nodes.clear(); })));
  EXPECT_TRUE(refused(with([](RuleSet& set) { set.rules[0].nodes[0].leaf = 1; })));
  EXPECT_TRUE(refused(with([](RuleSet& set) { set.rules[0].nodes[1].children = {1}; })));     // its own child
  EXPECT_TRUE(refused(with([](RuleSet& set) { set.rules[0].nodes[1].children = {0, 0}; })));  // twice
  EXPECT_TRUE(refused(with([](RuleSet& set) { set.rules[0].unfiltered_nodes = 3; })));
  EXPECT_TRUE(refused(with([](RuleSet& set) { set.rules[0].filters = {"f"}; })));
  EXPECT_TRUE(refused(with([](RuleSet& set) {
    set.rules[0].leaves[0].op = Operator::cidr;
    set.rules[0].leaves[0].network.prefix_bits = 33;
  })));
  const auto correlations = [&](std::vector<std::vector<std::uint32_t>> inputs) {
    return with([&](RuleSet& set) {
      for (const auto& of : inputs) {
        set.correlations.emplace_back().inputs = of;
      }
    });
  };
  EXPECT_FALSE(refused(correlations({{0}, {1, 0}})));
  EXPECT_FALSE(refused(correlations({{2}, {0}})));  // in any order
  EXPECT_TRUE(refused(correlations({{2}})));        // not there
  EXPECT_TRUE(refused(correlations({{1}})));        // itself
  EXPECT_TRUE(refused(correlations({{2}, {1}})));   // a ring
  EXPECT_TRUE(
      refused(with([](RuleSet& set) { set.correlations.emplace_back().condition = {{Node::Kind::leaf, 0, {}, ""}}; })));
}

}  // namespace
}  // namespace tocsin::rules
