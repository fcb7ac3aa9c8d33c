#include "speech/clause_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "speech/statement_json.h"
#include "support/corpus.h"

namespace tocsin::speech {
namespace {

std::string proposals(const Manifestation& text) {
  const std::vector<Manifestation> texts = {text};
  const std::vector<Clauses> clauses = {find_clauses(text)};
  return statement_json({.manifestations = texts, .clauses = &clauses});
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

const Manifestation statement = manifestation_of(
    {"We condemn the attack on Norland's hospitals. We call on all States, including Vardia, to act responsibly.",
     "We acknowledge national statements by Allies attributing responsibility for it to Vardia."},
    "statement");

Result<std::string> confirmed(const std::string& document) {
  return confirmed_clauses(statement, *wire::parse_json(document));
}

TEST(ClauseTable, WhatTheMachineProposesCanBeConfirmed) {
  const auto table = confirmed(proposals(statement));
  ASSERT_TRUE(table.has_value()) << table.error().text();
  EXPECT_EQ(table->find("confidence"), std::string::npos) << "a person answers for it now";
  const wire::Json json = *wire::parse_json(*table);
  EXPECT_TRUE(clause_table_problems(statement, json).empty());
  EXPECT_EQ(json.find("clauses")->items.size(), 3U);
  const std::vector<std::string> words = clause_table_words(json);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_NE(words[0].find("condemn 4: We · condemn · "), std::string::npos) << words[0];
  EXPECT_NE(words[1].find("to: all States; named: Vardia"), std::string::npos) << words[1];
  EXPECT_NE(words[2].find("attribution of others, not made here"), std::string::npos) << words[2];
  // Confirmed once more it is the same table.
  EXPECT_EQ(*confirmed(*table), *table);
}

TEST(ClauseTable, AnAcknowledgementCannotBeMadeAnAttribution) {
  const std::string document = proposals(statement);
  const auto attributes = confirmed(replaced(document, "\"attributes\":false", "\"attributes\":true"));
  ASSERT_FALSE(attributes.has_value());
  EXPECT_NE(attributes.error().message.find("only an attribution attributes"), std::string::npos);
}

TEST(ClauseTable, WhatIsNotInTheTextOrTheLexiconIsRefused) {
  const std::string document = proposals(statement);
  for (const auto& [from, to, why] : {std::tuple("\"act\":\"condemn\"", "\"act\":\"curse\"", "no such act"),
                                      {"\"class\":\"expressive\"", "\"class\":\"directive\"", "another class"},
                                      {"\"strength\":4", "\"strength\":6", "1 to 5"},
                                      {"\"quote\":\"We condemn", "\"quote\":\"We condone", "not in the paragraph"},
                                      {"\"id\":\"1.2\"", "\"id\":\"1.1\"", "no other clause"},
                                      {"\"paragraph\":2", "\"paragraph\":3", "no such paragraph"},
                                      {"\"kind\":\"performative\"", "\"kind\":\"threat\"", "its kind"},
                                      {"\"actor\":\"We\"", "\"actor\":\" \"", "missing"},
                                      {"\"hedges\":[]", "\"hedges\":[7]", "another form"}}) {
    const auto table = confirmed(replaced(document, from, to));
    ASSERT_FALSE(table.has_value()) << why;
    EXPECT_NE((table.error().message + table.error().text()).find(why), std::string::npos) << table.error().text();
  }
  EXPECT_FALSE(confirmed("{}").has_value());
  EXPECT_FALSE(confirmed("{\"clauses\":[]}").has_value());
  EXPECT_FALSE(confirmed("{\"clauses\":[{}]}").has_value());
  EXPECT_FALSE(confirmed("{\"clauses\":[7,\"x\",null]}").has_value());
  EXPECT_FALSE(confirmed("{\"clauses\":{\"id\":\"1.1\"}}").has_value());
}

TEST(ClauseTable, HoldsForTheSameWordsOnly) {
  const wire::Json table = *wire::parse_json(*confirmed(proposals(statement)));
  Manifestation typeset =
      manifestation_of({"We condemn the attack on Norland\u2019s  hospitals. We call on all States, including Vardia, "
                        "to act responsibly.",
                        "We acknowledge national statements by Allies attributing responsibility for it to Vardia."},
                       "typeset");
  EXPECT_TRUE(clause_table_problems(typeset, table).empty()) << "set differently, the same words";
  Manifestation changed = manifestation_of(
      {"We note the attack on Norland's hospitals. We call on all States, including Vardia, to act responsibly.",
       "We acknowledge national statements by Allies attributing responsibility for it to Vardia."},
      "changed");
  ASSERT_EQ(clause_table_problems(changed, table).size(), 1U);
  EXPECT_NE(clause_table_problems(changed, table).front().find("paragraph 1 has other words"), std::string::npos);
  Manifestation cut = statement;
  cut.paragraphs.pop_back();
  EXPECT_FALSE(clause_table_problems(cut, table).empty());
  EXPECT_FALSE(clause_table_problems(statement, *wire::parse_json("{}")).empty());
  EXPECT_FALSE(clause_table_problems(statement, *wire::parse_json(R"({"paragraphs":7,"clauses":[1]})")).empty());
}

TEST(ClauseTable, TakesTheProposalsOfRealStatements) {
  const auto folder = test::corpus() / "statements";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "no statements in " << folder;
  }
  std::size_t confirmed_texts = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") {
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto text = read_manifestation(bytes, entry.path().filename());
    ASSERT_TRUE(text.has_value());
    const auto table = confirmed_clauses(*text, *wire::parse_json(proposals(*text)));
    ASSERT_TRUE(table.has_value()) << entry.path() << " " << table.error().text();
    EXPECT_TRUE(clause_table_problems(*text, *wire::parse_json(*table)).empty());
    ++confirmed_texts;
  }
  EXPECT_GE(confirmed_texts, 2U);
}

}  // namespace
}  // namespace tocsin::speech
