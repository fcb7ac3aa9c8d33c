#include "speech/clause.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "speech/clause_details.h"
#include "speech/lexicon.h"
#include "speech/statement_json.h"
#include "support/corpus.h"
#include "wire/json.h"

namespace tocsin::speech {
namespace {

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Clause> clauses_of(std::string_view text) {
  return find_clauses(manifestation_of({std::string(text)}, "x")).clauses;
}

// The acts of a text in order, "-" for none.
std::string acts(std::string_view text) {
  std::string out;
  for (const Clause& clause : clauses_of(text)) {
    out += (out.empty() ? "" : " ") + std::string(clause.act.empty() ? "-" : clause.act);
  }
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out += (out.empty() ? "" : "; ") + text;
  }
  return out;
}

TEST(ClauseTest, ActsOfTheLexicon) {
  EXPECT_EQ(acts("We condemn the attack."), "condemn");
  EXPECT_EQ(acts("We strongly condemn the attack."), "strongly-condemn");
  EXPECT_EQ(acts("We condemn, in the strongest terms, the attack."), "strongly-condemn");
  EXPECT_EQ(acts("The Union expresses its deep solidarity with Norland."), "stand-in-solidarity");
  EXPECT_EQ(acts("We note with grave concern that it grows."), "note-with-concern");
  EXPECT_EQ(acts("Allies take note of the report."), "take-note");
  EXPECT_EQ(acts("We stand ready to help."), "remain-ready");
  EXPECT_EQ(acts("We stand for peace."), "stand-for");
  EXPECT_EQ(acts("We have decided to act."), "decide");
  EXPECT_EQ(acts("We are today announcing new measures."), "announce");
}

TEST(ClauseTest, WhatIsToldIsNotDone) {
  EXPECT_EQ(acts("In 2021 we urged the authorities to act."), "assert") << "past: nothing is done by saying it";
  EXPECT_EQ(acts("We do not recognise these claims."), "assert") << "denied";
  EXPECT_EQ(acts("Malicious actors support each other."), "assert") << "others than the issuer";
  EXPECT_EQ(acts("These activities were condemned by many."), "-");
  EXPECT_EQ(acts("We recognise that Norland has attributed the attack to Vardia."), "recognise");
  EXPECT_EQ(acts("We thank those who condemn violence and call on others to do so."), "thank");
}

TEST(ClauseTest, AcknowledgingIsNotAttributing) {
  const auto found =
      clauses_of("We acknowledge the statements by Norland and Westmark attributing the attack to Vardia.");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].act, "acknowledge");
  EXPECT_TRUE(found[0].about_attribution);
  EXPECT_FALSE(found[0].attributes);
  EXPECT_EQ(joined(found[0].claimants), "Norland; Westmark");
  EXPECT_EQ(found[0].attributed_to, "Vardia");
  const auto own = clauses_of("The Government of Canada attributes the attack to the Blue Lantern Bureau.");
  ASSERT_EQ(own.size(), 1u);
  EXPECT_TRUE(own[0].attributes);
}

TEST(ClauseTest, EachConductThatIsCalledForStandsAlone) {
  const auto found = clauses_of(
      "We call on all States, including China and Russia, to uphold their duties to others, to act with care and "
      "respect "
      "the law.");
  ASSERT_EQ(found.size(), 3u);
  for (const Clause& clause : found) {
    EXPECT_EQ(clause.act, "call-on");
    EXPECT_EQ(joined(clause.addressee_set), "all States");
    EXPECT_EQ(joined(clause.addressee_named), "China; Russia");
  }
}

TEST(ClauseTest, SubjectsAreKeptAsWorded) {
  const auto found = clauses_of(
      "The Union and its Member States, together with partners, urge Vardia to stop and stand ready to respond. It "
      "will act.");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].actor, "The Union and its Member States");
  EXPECT_EQ(found[1].act, "remain-ready");
  EXPECT_EQ(found[2].actor, "It");
  EXPECT_EQ(found[2].act, "will");
  EXPECT_LT(found[2].confidence, found[0].confidence);
}

TEST(ClauseTest, OtherLanguagesGiveNone) {
  const Manifestation french = manifestation_of({"Nous condamnons les attaques et nous appelons tous les \u00C9tats "
                                                 "\u00E0 respecter le droit dans le cyberespace."},
                                                "fr");
  EXPECT_TRUE(find_clauses(french).clauses.empty());
}

TEST(ClauseTest, HostileSentencesEnd) {
  std::string text = "We";
  for (int i = 0; i < 30'000; ++i) {
    text += i % 7 == 0 ? ", and we condemn" : i % 3 == 0 ? " which (to" : " and to";
  }
  EXPECT_LE(clauses_of(text).size(), 1'000u);
  std::string fronts;
  for (int i = 0; i < 20'000; ++i) {
    fronts += "In x, ";
  }
  EXPECT_LE(clauses_of(fronts + "we act.").size(), 1u) << "parts before a subject are bounded";
  for (const std::string_view odd :
       {"We", "we will", "and and and", "( ( (", "\"\"", "We condemn,", "to to to which which", "We, , ,", ", which"}) {
    EXPECT_LE(clauses_of(odd).size(), 3u) << odd;
  }
}

TEST(ClauseDetailsTest, HedgesAndCitations) {
  EXPECT_EQ(joined(find_hedges("We may act, where appropriate, including by possible means in May.")),
            "may; where appropriate; including; possible");
  EXPECT_EQ(joined(find_citations(
                "In line with our recent Brussels Summit Communiqu\u00E9 and the Charter of the United Nations.")),
            "Brussels Summit Communiqu\u00E9; Charter of the United Nations");
  EXPECT_EQ(joined(split_list("Bosnia and Herzegovina, Norway and Iceland")),
            "Bosnia and Herzegovina; Norway; Iceland");
  EXPECT_EQ(understood("a constructive dialogue with China"), "(dialogue)");
  EXPECT_EQ(understood("incidents and other malicious cyber activity"), "(malicious cyber activity)");
}

TEST(LexiconTest, TableIsWhole) {
  for (const ActPattern& act : act_patterns()) {
    EXPECT_FALSE(act.words.empty());
    EXPECT_NE(act.words.front()[0], '=') << act.words.front();
    EXPECT_TRUE(act.act_class == "platform" ? act.strength == 0 : act.strength >= 1 && act.strength <= 5) << act.act;
    EXPECT_TRUE(act.kind == ClauseKind::performative || act.kind == ClauseKind::platform);
  }
}

// One line a clause: what a person would check.
std::string lines_of(const Manifestation& manifestation) {
  std::string out;
  for (const Clause& one : find_clauses(manifestation).clauses) {
    const Paragraph* paragraph = manifestation.paragraph(one.paragraph);
    out += one.id + " | " + std::string(clause_kind_text(one.kind)) + " | " + one.actor + " | " + one.verb + " | " +
           std::string(one.act.empty() ? "-" : one.act) + " " + std::to_string(one.strength) +
           " | to: " + joined(one.addressee_set) + " / " + joined(one.addressee_named) +
           " | hedges: " + joined(one.hedges) + " | cites: " + joined(one.cites) + " | " +
           paragraph->text.substr(one.quote.begin, one.quote.end - one.quote.begin) + "\n";
    if (one.about_attribution) {
      out += "  attribution: " + std::string(one.attributes ? "own" : "of others") + " | by: " + joined(one.claimants) +
             " | to: " + one.attributed_to + "\n";
    }
  }
  return out;
}

TEST(ClauseGoldenTest, OwnStatements) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden() / "statements")) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != ".txt" && path.extension() != ".html") {
      continue;
    }
    ++count;
    const auto read = read_manifestation(file_text(path), path.filename().string());
    ASSERT_TRUE(read.has_value()) << path;
    std::filesystem::path expected = path;
    expected.replace_extension(".clauses");
    EXPECT_EQ(lines_of(*read), file_text(expected)) << path;
  }
  EXPECT_GE(count, 6u);
}

// expected/nac-2021-07-19.json: every member of every clause, and no clause besides.
TEST(ClauseCorpusTest, TheThirtySixClauses) {
  const auto folder = test::corpus() / "statements";
  if (test::corpus().empty() || !std::filesystem::exists(folder)) {
    GTEST_SKIP() << "missing: statements in the corpus";
  }
  std::vector<Manifestation> read;
  std::vector<Clauses> clauses;
  for (const char* name : {"000_24ddd8df405e288b.txt", "001_f51162f6bf1a174f.txt"}) {
    read.push_back(*read_manifestation(file_text(folder / name), name));
    clauses.push_back(find_clauses(read.back()));
  }
  const Comparison comparison = compare(read[0], read[1]);
  const auto got =
      wire::parse_json(statement_json({.manifestations = read, .clauses = &clauses, .comparison = &comparison}));
  const auto expected = wire::parse_json(file_text(folder / "expected" / "nac-2021-07-19.json"));
  ASSERT_TRUE(got.has_value() && expected.has_value());
  const auto text = [](const wire::Json* value) -> std::string {
    if (value == nullptr) {
      return "(absent)";
    }
    std::string out = value->text + (value->boolean ? "true" : "");
    for (const wire::Json& item : value->items) {
      out += "[" + item.text + "]";
    }
    for (const auto& [name, member] : value->members) {
      out += name + ":";
      for (const wire::Json& item : member.items) {
        out += "[" + item.text + "]";
      }
    }
    return out;
  };
  const auto& wanted = expected->find("clauses")->items;
  const auto& found = got->find("clauses")->items;
  ASSERT_EQ(wanted.size(), 36u);
  ASSERT_EQ(found.size(), 36u);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (const char* member :
         {"id", "paragraph", "kind", "actor", "verb", "act", "class", "strength", "object", "addressee", "hedges",
          "cites", "attributes", "claimants", "claimants_open", "attributed_to"}) {
      EXPECT_EQ(text(found[i].find(member)), text(wanted[i].find(member)))
          << wanted[i].string_or("id", "") << " " << member;
    }
    EXPECT_NE(found[i].string_or("quote", ""), "");
  }
  const auto& differences = got->find("differences")->items;
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].string_or("clause", ""), "2.3");
  EXPECT_EQ(differences[1].string_or("clause", ""), "2.4");
}

}  // namespace
}  // namespace tocsin::speech
