// SigmaLoader over many files: counts, selection, references, limits, and the real rules.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/limits.h"
#include "rules/dump.h"
#include "rules/sigma.h"
#include "rules/sigma/condition.h"
#include "rules/sigma/pattern.h"
#include "support/corpus.h"

namespace tocsin::rules {
namespace {

namespace fs = std::filesystem;

std::string rule_text(const std::string& title, const std::string& more = "") {
  return "title: " + title + "\nlogsource: {product: windows, category: process_creation}\n" +
         "detection: {s: {Image: a}, condition: s}\n" + more;
}

RuleSet load(const std::vector<std::string>& files, const Selection& selection = {}) {
  SigmaLoader loader;
  for (std::size_t i = 0; i < files.size(); ++i) {
    loader.add("file" + std::to_string(i) + ".yml", files[i]);
  }
  return std::move(loader).finish(selection);
}

std::vector<std::string> titles(const RuleSet& set) {
  std::vector<std::string> out;
  for (const Rule& rule : set.rules) {
    out.push_back(rule.info.title + (rule.emits ? "" : " (quiet)"));
  }
  for (const Correlation& correlation : set.correlations) {
    out.push_back(correlation.info.title + (correlation.emits ? "" : " (quiet)"));
  }
  return out;
}

using Titles = std::vector<std::string>;

TEST(SigmaSelection, ByStatusTagLevelAndExclusion) {
  const std::vector<std::string> files = {
      rule_text("A", "status: stable\nlevel: high\ntags: [attack.t1059.001, attack.execution]\n"),
      rule_text("B", "status: test\nlevel: low\ntags: [attack.t1059]\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\n"),
      rule_text("C", "level: critical\ntags: [attack.t10590]\n"), rule_text("D")};
  EXPECT_EQ(titles(load(files)), (Titles{"A", "B", "C", "D"}));
  EXPECT_EQ(titles(load(files, {.statuses = {"Stable", "test"}})), (Titles{"A", "B"}));
  EXPECT_EQ(titles(load(files, {.tags = {"ATTACK.T1059"}})), (Titles{"A", "B"})) << "and its sub-techniques";
  EXPECT_EQ(titles(load(files, {.tags = {"attack.t1059.001", "attack.t10590"}})), (Titles{"A", "C"}));
  EXPECT_EQ(titles(load(files, {.exclude = {"929A690E-bef0-4204-a928-ef5e620d6fcc", "d"}})), (Titles{"A", "C"}));
  EXPECT_EQ(titles(load(files, {.least = Level::high})), (Titles{"A", "C"}));
  const RuleSet set = load(files, {.statuses = {"stable"}, .least = Level::low});
  EXPECT_EQ(titles(set), Titles{"A"});
  EXPECT_EQ(set.hidden, 3U);
  EXPECT_EQ(set.hidden_by.level, 1U) << "D";
  EXPECT_EQ(set.hidden_by.status, 2U) << "B, C";
  EXPECT_EQ(set.hidden_by.tag + set.hidden_by.exclude, 0U);
  EXPECT_TRUE(set.unmet_tags.empty() && set.unmet_excludes.empty());
  const RuleSet other = load(files, {.tags = {"attack.t1059", "attack.t9"}, .exclude = {"a", "no such rule"}});
  EXPECT_EQ(titles(other), Titles{"B"});
  EXPECT_EQ(other.hidden_by.tag, 2U) << "C, D";
  EXPECT_EQ(other.hidden_by.exclude, 1U) << "A";
  EXPECT_EQ(other.unmet_tags, Titles{"attack.t9"});
  EXPECT_EQ(other.unmet_excludes, Titles{"no such rule"});
  EXPECT_EQ(set.given, 4U);
  EXPECT_EQ(set.rejected, 0U);
}

TEST(SigmaSelection, AChosenCorrelationKeepsWhatItNeeds) {
  const std::vector<std::string> files = {
      "title: Outer\nlevel: high\ncorrelation: {type: temporal, rules: [inner, b], timespan: 1m}\n",
      rule_text("Unrelated", "level: low\n"), rule_text("A", "name: a\nlevel: low\n"),
      rule_text("B", "name: b\nlevel: low\n"),
      "title: Inner\nname: inner\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 2}}\n"};
  EXPECT_EQ(titles(load(files)), (Titles{"Unrelated", "A (quiet)", "B (quiet)", "Outer", "Inner (quiet)"}));
  const RuleSet set = load(files, {.least = Level::high});
  EXPECT_EQ(titles(set), (Titles{"A (quiet)", "B (quiet)", "Outer", "Inner (quiet)"}));
  ASSERT_EQ(set.correlations.size(), 2U);
  EXPECT_EQ(set.correlations[0].inputs, (std::vector<std::uint32_t>{3, 1})) << "inputs follow the rules";
  EXPECT_EQ(set.correlations[1].inputs, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(set.hidden, 4U);
}

TEST(SigmaSelection, QuietRulesWithoutTheirCorrelationGo) {
  const std::vector<std::string> files = {
      "title: Outer\nlevel: low\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 2}}\n",
      rule_text("A", "name: a\nlevel: high\n")};
  EXPECT_TRUE(titles(load(files, {.least = Level::high})).empty());
  const std::vector<std::string> generate = {
      "title: Outer\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 2}, generate: true}\n",
      rule_text("A", "name: a\nlevel: high\n")};
  EXPECT_EQ(titles(load(generate, {.least = Level::high})), Titles{"A"});
}

TEST(SigmaLoader, ReferencesReachOverFiles) {
  const RuleSet set =
      load({"title: C\ncorrelation: {type: event_count, rules: [929A690E-BEF0-4204-A928-EF5E620D6FCC], timespan: 1m, "
            "condition: {gte: 2}}\n",
            rule_text("A"), rule_text("B", "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\n")});
  ASSERT_EQ(set.correlations.size(), 1U);
  EXPECT_EQ(set.correlations[0].inputs, std::vector<std::uint32_t>{1});
}

TEST(SigmaLoader, AReferenceToARejectedRuleSaysSo) {
  const RuleSet set =
      load({rule_text("A", "name: a\nlevel: wrong\n"),
            "title: C\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 2}}\n"});
  ASSERT_EQ(set.diagnostics.size(), 2U);
  EXPECT_NE(set.diagnostics[1].error.text().find("that rule was rejected"), std::string::npos);
  EXPECT_EQ(set.rejected, 2U);
}

TEST(SigmaLoader, TheFirstOfTwoIdsStays) {
  const std::string id = "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\n";
  const RuleSet set = load({rule_text("A", id), rule_text("B", id)});
  EXPECT_EQ(titles(set), Titles{"A"});
  ASSERT_EQ(set.diagnostics.size(), 1U);
  EXPECT_EQ(set.diagnostics[0].error.code, ErrorCode::rule_duplicate);
  EXPECT_EQ(set.diagnostics[0].error.where.source, "file1.yml");
  EXPECT_EQ(set.diagnostics[0].rule_id, "929a690e-bef0-4204-a928-ef5e620d6fcc");
  EXPECT_EQ(set.rejected, 1U);
}

TEST(SigmaLoader, ActionsEndWithTheirFile) {
  const RuleSet set =
      load({"action: global\nlogsource: {product: x}\n", "title: t\ndetection: {s: {A: 1}, condition: s}\n"});
  EXPECT_EQ(set.rejected, 1U) << "the global part of another file does not apply";
}

TEST(SigmaLoader, HugeConditionsAreBounded) {
  std::string condition = "s";
  for (std::size_t i = 0; i < limits::condition_tokens_max; ++i) {
    condition += " or s";
  }
  const RuleSet words = load({"title: t\nlogsource: {product: x}\ndetection:\n  s: {A: 1}\n  condition: " + condition});
  EXPECT_EQ(words.rejected, 1U);
  std::string values;
  for (int i = 0; i < 2'000; ++i) {
    values += (i == 0 ? "" : ", ") + std::string("v") + std::to_string(i);
  }
  condition = "s";
  for (int i = 0; i < 4'000; ++i) {
    condition += " or s";
  }
  const RuleSet grows =
      load({"title: t\nlogsource: {product: x}\ndetection:\n  s: {A: [" + values + "]}\n  condition: " + condition});
  ASSERT_EQ(grows.diagnostics.size(), 1U);
  EXPECT_EQ(grows.diagnostics[0].error.code, ErrorCode::limit);
}

TEST(SigmaLoader, FiltersAreBoundedInAll) {
  SigmaLoader loader;
  std::string rules;
  for (int i = 0; i < 2'000; ++i) {
    rules += "---\n" + rule_text("R" + std::to_string(i));
  }
  loader.add("rules.yml", rules);
  std::string values;
  for (int i = 0; i < 1'000; ++i) {
    values += "v" + std::to_string(i) + ", ";
  }
  loader.add("filter.yml", "title: f\nlogsource: {product: windows}\nfilter: {rules: any, s: {A: [" + values +
                               "w]}, condition: not s}\n");
  const RuleSet set = std::move(loader).finish();
  EXPECT_EQ(set.rules.size(), 2'000U);
  ASSERT_FALSE(set.diagnostics.empty());
  EXPECT_EQ(set.diagnostics.back().error.code, ErrorCode::limit);
  EXPECT_EQ(set.diagnostics.size(), 1U) << "said once";
}

TEST(SigmaLoader, ManyCorrelationsResolveInLinearTime) {
  std::string text = rule_text("base", "name: c0\n");
  for (int i = 20'000; i > 0; --i) {
    text += "---\ntitle: C" + std::to_string(i) + "\nname: c" + std::to_string(i) +
            "\ncorrelation: {type: event_count, rules: c" + std::to_string(i - 1) +
            ", timespan: 1m, condition: {gte: 2}}\n";
  }
  const std::clock_t begin = std::clock();  // of this process: a busy machine does not count
  const RuleSet set = load({text});
  EXPECT_EQ(set.correlations.size(), limits::correlation_depth_max);
  EXPECT_EQ(set.rejected, 20'000 - limits::correlation_depth_max);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 20.0);
}

TEST(SigmaCondition, NamePatterns) {
  using sigma::matches_name_pattern;
  EXPECT_TRUE(matches_name_pattern("*", ""));
  EXPECT_TRUE(matches_name_pattern("sel*", "selection"));
  EXPECT_TRUE(matches_name_pattern("*_x", "a_x_x"));
  EXPECT_TRUE(matches_name_pattern("s*e*n", "selection"));
  EXPECT_TRUE(matches_name_pattern("exact", "exact"));
  EXPECT_FALSE(matches_name_pattern("sel", "selection"));
  EXPECT_FALSE(matches_name_pattern("s*x", "selection"));
  EXPECT_FALSE(matches_name_pattern("Sel*", "selection")) << "names have a case";
  EXPECT_FALSE(matches_name_pattern(std::string(2'000, '*') + "b", std::string(2'000, 'a')));
}

RC_GTEST_PROP(SigmaPattern, EscapedTextIsLiteral, (const std::string& text)) {
  std::string written;
  for (const char c : text) {
    written += c == '*' || c == '?' || c == '\\' ? std::string{'\\', c} : std::string{c};
  }
  const Pattern pattern = sigma::parse_pattern(written);
  RC_ASSERT(!sigma::has_wildcard(pattern));
  RC_ASSERT(sigma::literal_text(pattern) == text);
  RC_ASSERT(pattern == sigma::literal_pattern(text));
}

RC_GTEST_PROP(SigmaPattern, IsNormal, (const std::string& written)) {
  Pattern pattern = sigma::parse_pattern(written);
  sigma::open_front(pattern);
  sigma::open_back(pattern);
  for (std::size_t i = 1; i < pattern.pieces.size(); ++i) {
    const auto before = pattern.pieces[i - 1].element;
    RC_ASSERT(before != pattern.pieces[i].element || before == Pattern::Element::any_one);
    RC_ASSERT(pattern.pieces[i].element != Pattern::Element::literal || !pattern.pieces[i].text.empty());
  }
  RC_ASSERT(pattern.pieces.front().element == Pattern::Element::any_run);
  RC_ASSERT(pattern.pieces.back().element == Pattern::Element::any_run);
}

// ---- The real rules ----------------------------------------------------------------------------------------

class SigmaCorpus : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test::corpus() / "sigma";
    if (test::corpus().empty() || !fs::is_directory(folder_)) {
      GTEST_SKIP() << "the Sigma rules of the corpus (sigma/) are missing";
    }
  }

  std::vector<std::pair<std::string, std::string>> read(std::initializer_list<const char*> folders) const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const char* name : folders) {
      for (const auto& entry : fs::recursive_directory_iterator(folder_ / name)) {
        if (entry.path().extension() == ".yml") {
          std::ifstream in(entry.path(), std::ios::binary);
          out.emplace_back(entry.path().lexically_relative(folder_).string(),
                           std::string(std::istreambuf_iterator<char>(in), {}));
        }
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  fs::path folder_;
};

constexpr std::initializer_list<const char*> core = {"rules", "rules-emerging-threats", "rules-threat-hunting"};

TEST_F(SigmaCorpus, EveryCoreRuleLoads) {
  SigmaLoader loader;
  const auto files = read(core);
  const std::clock_t begin = std::clock();  // of this process: a busy machine does not count
  for (const auto& [name, text] : files) {
    loader.add(name, text);
  }
  const RuleSet set = std::move(loader).finish();
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_EQ(set.given, 3'754U);
  EXPECT_EQ(set.rejected, 0U);
  EXPECT_EQ(set.rules.size(), 3'754U);
  std::size_t waiting = 0;
  for (const Rule& rule : set.rules) {
    waiting += rule.waiting_for.empty() ? 0 : 1;
    EXPECT_FALSE(rule.nodes.empty());
  }
  EXPECT_EQ(waiting, 2U);
  EXPECT_EQ(set.diagnostics.size(), 2U) << "one note for each rule that waits, nothing else";
  RecordProperty("load_milliseconds", static_cast<int>(seconds * 1000));
  EXPECT_LT(seconds, 10.0) << "generous, for sanitizers";
}

// The counts of an independent parser (pySigma with its expansion) over the same rules; it counts the two values that
// wait for a list as globs.
TEST_F(SigmaCorpus, LeavesAreThoseOfTheReference) {
  SigmaLoader loader;
  for (const auto& [name, text] : read(core)) {
    loader.add(name, text);
  }
  const RuleSet set = std::move(loader).finish();
  std::map<std::string, std::size_t> kinds;
  for (const Rule& rule : set.rules) {
    for (const Node& node : rule.nodes) {
      kinds["waiting"] += node.kind == Node::Kind::never ? 1 : 0;
      if (node.kind != Node::Kind::leaf) {
        continue;
      }
      const Leaf& leaf = rule.leaves[node.leaf];
      // A dash position stands for five values of the reference.
      std::size_t values = 1;
      const auto& pieces = leaf.pattern.pieces;
      for (const Pattern::Piece& piece : pieces) {
        values *= piece.element == Pattern::Element::dash ? std::size(sigma::dashes) : 1;
      }
      const std::size_t wild =
          static_cast<std::size_t>(std::count_if(pieces.begin(), pieces.end(), [](const auto& piece) {
            return piece.element == Pattern::Element::any_run || piece.element == Pattern::Element::any_one;
          }));
      const auto is_run = [](const Pattern::Piece& piece) { return piece.element == Pattern::Element::any_run; };
      const bool front = !pieces.empty() && is_run(pieces.front());
      const bool back = !pieces.empty() && is_run(pieces.back());
      std::string kind;
      switch (leaf.op) {
        case Operator::matches:
          if (leaf.field.empty()) {
            kind = "keyword";
          } else if (pieces.empty()) {
            kind = "empty";
          } else if (pieces.size() == 1 && front) {
            kind = "any";
          } else if (wild == 2 && front && back) {
            kind = "contains";
          } else if (wild == 1 && front) {
            kind = "endswith";
          } else if (wild == 1 && back) {
            kind = "startswith";
          } else {
            kind = wild == 0 ? "exact" : "glob";
          }
          break;
        case Operator::regex:
          kind = "regex";
          break;
        case Operator::cidr:
          kind = "cidr";
          break;
        case Operator::equals_number:
          kind = "number";
          break;
        case Operator::equals_boolean:
          kind = "boolean";
          break;
        case Operator::is_null:
          kind = "null";
          break;
        case Operator::field_equals:
        case Operator::field_contains:
        case Operator::field_starts_with:
        case Operator::field_ends_with:
          kind = "fieldref";
          break;
        case Operator::less:
        case Operator::less_equal:
        case Operator::greater:
        case Operator::greater_equal:
        case Operator::exists:
          kind = "other";
          break;
      }
      kinds[kind] += values;
    }
  }
  const std::map<std::string, std::size_t> expected = {
      {"contains", 29'094}, {"endswith", 9'667}, {"exact", 4'710}, {"startswith", 1'103}, {"number", 885},
      {"keyword", 736},     {"cidr", 365},       {"glob", 278},    {"regex", 217},        {"null", 96},
      {"empty", 51},        {"any", 10},         {"fieldref", 5},  {"boolean", 4},        {"waiting", 2}};
  EXPECT_EQ(kinds, expected);
}

TEST_F(SigmaCorpus, PlaceholderRulesWaitForTheirLists) {
  const auto files = read({"rules-placeholder"});
  SigmaLoader without;
  for (const auto& [name, text] : files) {
    without.add(name, text);
  }
  const RuleSet waiting = std::move(without).finish();
  EXPECT_EQ(waiting.rules.size(), 23U);
  EXPECT_EQ(waiting.rejected, 0U);
  Placeholders lists;
  for (const Rule& rule : waiting.rules) {
    EXPECT_FALSE(rule.waiting_for.empty()) << rule.info.source;
    for (const std::string& list : rule.waiting_for) {
      lists[list] = {"x"};
    }
  }
  SigmaLoader with(lists);
  for (const auto& [name, text] : files) {
    with.add(name, text);
  }
  const RuleSet ready = std::move(with).finish();
  EXPECT_EQ(ready.rules.size(), 23U);
  for (const Rule& rule : ready.rules) {
    EXPECT_TRUE(rule.waiting_for.empty()) << rule.info.source;
  }
  EXPECT_TRUE(ready.diagnostics.empty());
}

}  // namespace
}  // namespace tocsin::rules
