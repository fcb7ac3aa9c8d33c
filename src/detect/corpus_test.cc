// The whole Sigma corpus through Program: every log source resolves, or is listed as having no reader yet.
#include <gtest/gtest.h>

#include <map>

#include "detect/program.h"
#include "support/corpus.h"
#include "support/sigma_corpus.h"

namespace tocsin::detect {
namespace {

TEST(Corpus, EveryLogSourceResolvesOrIsListed) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "the Sigma corpus (TOCSIN_CORPUS/sigma) is not there";
  }
  const auto set = test::load_sigma_corpus(corpus / "sigma");
  EXPECT_EQ(set->rules.size(), 3754U);
  event::FieldTable fields;
  const auto program = Program::compile(set, fields);
  EXPECT_TRUE(program->diagnostics().empty());
  std::map<std::string, int> without;
  for (std::size_t at = 0; at < set->rules.size(); ++at) {
    const RuleState& state = program->states()[at];
    EXPECT_FALSE(state.slow) << set->rules[at].info.source;
    if (!state.has_reader) {
      ++without[state.reason];
    } else {
      EXPECT_TRUE(state.active || !set->rules[at].waiting_for.empty()) << set->rules[at].info.source << state.reason;
    }
  }
  std::string listed;
  for (const auto& [reason, count] : without) {
    listed += std::to_string(count) + "\t" + reason + "\n";
  }
  EXPECT_EQ(listed, test::read_file(test::golden() / "detect" / "no_reader.tsv"));
}

}  // namespace
}  // namespace tocsin::detect
