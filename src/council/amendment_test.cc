// Amendments by paragraph: what they say of a text, what becomes of them, and what a hostile peer may try.
#include "council/amendment.h"

#include <gtest/gtest.h>

#include "council/bundle.h"
#include "council/paper_table.h"
#include "council/status_page.h"

namespace tocsin::council {
namespace {

using namespace simulation;

struct Amending : Table {
  Result<PaperPlan> plan(const std::string& by, const AmendmentWords& words) { return amendment_paper(of(by), words); }
  std::string id_of(const std::string& by, const AmendmentWords& words) {
    const auto made = plan(by, words);
    EXPECT_TRUE(made.has_value()) << error_of(made);
    const auto paper = lay(by, *made);
    EXPECT_TRUE(paper.has_value()) << error_of(paper);
    return (*paper)->id;
  }
  Result<ComposedRevision> composed(std::vector<std::string> ids, std::vector<Text> given = {}) {
    return compose_revision(at("NOR").item(), ids, std::move(given));
  }
  std::string shown(const std::string& id, const std::string& name = "POL") {
    const Item& item = at(name).item();
    return amendment_words(item, *item.papers().find(id));
  }
  void table(const ComposedRevision& next, const std::string& by = "NOR", bool with_text = true) {
    for (auto& [name, node] : nodes()) {
      for (const Text& text : next.texts) {
        if (with_text) {
          EXPECT_TRUE(node.consultation->receive(Record{RecordKind::text, text_json(text)}));
        }
      }
      EXPECT_TRUE(node.consultation->receive(Record{RecordKind::manifest, next.manifest.canonical}));
    }
    const auto act = draft_act(of(by), next.manifest, next.parent);
    ASSERT_TRUE(act.has_value()) << error_of(act);
    ASSERT_TRUE(this->act(by, consult::Kind::draft, act->body).has_value());
    run_for(60'000);
  }
  std::string hostile(std::string_view from, std::string_view to) {
    PaperPlan bad = *plan("EST", {.paragraph = 1, .operation = "replace", .old_words = "condemn", .new_words = "note"});
    const std::size_t place = bad.body.find(from);
    EXPECT_NE(place, std::string::npos) << from << bad.body;
    bad.body.replace(place, from.size(), to);
    return rogue("EST", bad);
  }
};

TEST(Amendments, ShowTheDifferenceAndAreAcceptedByTheNextText) {
  Amending net;
  const std::string use = net.id_of("EST", {.paragraph = 2,
                                            .operation = "replace",
                                            .old_words = "all States",
                                            .new_words = "all States, including China,",
                                            .text = "as agreed in Brussels"});
  const std::string deplore = net.id_of(
      "POL", {.paragraph = 1, .operation = "replace", .old_words = "condemn", .new_words = "strongly condemn"});
  const std::string added =
      net.id_of("CHAIR", {.paragraph = 1, .operation = "insert-after", .new_words = "We stand in solidarity."});
  const std::string left = net.id_of("EST", {.paragraph = 2, .operation = "delete", .old_words = "to act responsibly"});
  EXPECT_TRUE(has(net.shown(use), "EST proposes to amend revision 1 (")) << net.shown(use);
  EXPECT_TRUE(has(net.shown(use), "en paragraph 2: We call on all ")) << net.shown(use);
  EXPECT_TRUE(has(net.shown(use), "{+")) << net.shown(use);
  EXPECT_TRUE(has(net.shown(use), "because \"as agreed in Brussels\"; no revision follows")) << net.shown(use);
  EXPECT_TRUE(has(net.shown(deplore), "We {+strongly+} condemn such")) << net.shown(deplore);
  EXPECT_TRUE(has(net.shown(left), "[-to act responsibly")) << net.shown(left);
  EXPECT_TRUE(has(net.shown(added), "{+We stand in solidarity.+}")) << net.shown(added);
  EXPECT_TRUE(has(status_page(net.at("POL").item(), "POL", net.seconds(), utc), "EST proposes to amend revision 1"));

  const auto next = net.composed({use, deplore, added});
  ASSERT_TRUE(next.has_value()) << error_of(next);
  EXPECT_EQ(next->texts.front().text,
            "1. We strongly condemn such activities.\n\n2. We stand in solidarity.\n\n"
            "3. We call on all States, including China, to act responsibly.\n");
  EXPECT_EQ(net.states().size(), 1U);
  net.table(*next);
  for (const std::string& id : {use, deplore, added}) {
    EXPECT_TRUE(has(net.shown(id), "STALE: revision 2")) << net.shown(id);
    EXPECT_TRUE(has(net.shown(id), "ACCEPTED: its words are in revision 2")) << net.shown(id);
  }
  EXPECT_TRUE(has(net.shown(left), "are not, word for word, in revision 2")) << net.shown(left);
  // To revision 1 nobody proposes anything any more, and nothing of it makes a revision 3.
  AmendmentWords late{.draft = net.draft, .paragraph = 1, .operation = "delete", .old_words = "such"};
  EXPECT_TRUE(has(error_of(net.plan("EST", late)), "revision 2 follows this text"));
  EXPECT_TRUE(has(error_of(net.composed({left})), "is stale"));
  // To revision 2 they do; a record of all stands in the bundle, with nothing to complain about.
  net.id_of("EST", {.paragraph = 3, .operation = "delete", .old_words = "including China,"});
  const Verdict verdict = net.verify(write_bundle(net.at("POL").item()));
  EXPECT_TRUE(verdict.findings.empty()) << verdict.findings.front();
  EXPECT_TRUE(has(record_text(verdict, {.roster = "r", .time = utc, .made = net.seconds()}), "ACCEPTED"));
}

TEST(Amendments, WholeParagraphsGoAndTheRestIsRenumbered) {
  Amending net;
  const std::string gone = net.id_of("EST", {.paragraph = 1, .operation = "delete"});
  const auto next = net.composed({gone});
  ASSERT_TRUE(next.has_value()) << error_of(next);
  EXPECT_TRUE(has(next->texts.front().text, "1. We call on all States to act responsibly.\n"))
      << next->texts.front().text;
  EXPECT_FALSE(has(next->texts.front().text, "condemn"));
  const std::string other =
      net.id_of("POL", {.paragraph = 1, .operation = "replace", .new_words = "We deplore all of this."});
  EXPECT_TRUE(has(net.shown(other), "[-condemn such activities")) << net.shown(other);
  net.table(*next);
  EXPECT_TRUE(has(net.shown(gone), "ACCEPTED"));
  EXPECT_FALSE(has(net.shown(other), "ACCEPTED")) << net.shown(other);
}

TEST(Amendments, TheSameWordsGoToOneOfThem) {
  Amending net;
  const std::string first = net.id_of(
      "EST", {.paragraph = 1, .operation = "replace", .old_words = "condemn such", .new_words = "deplore such"});
  const std::string second =
      net.id_of("POL", {.paragraph = 1, .operation = "replace", .old_words = "condemn", .new_words = "note"});
  const std::string third = net.id_of(
      "POL", {.paragraph = 1, .operation = "insert-after", .old_words = "activities", .new_words = "everywhere"});
  const std::string fourth =
      net.id_of("POL", {.paragraph = 1, .operation = "insert-after", .new_words = "We wait for answers."});
  const std::string fifth =
      net.id_of("EST", {.paragraph = 1, .operation = "insert-after", .new_words = "We are patient."});
  EXPECT_TRUE(has(error_of(net.composed({first, second})), "want the same words of paragraph 1"));
  EXPECT_TRUE(has(error_of(net.composed({fourth, fifth})), "want the same words of paragraph 1"));
  const auto both = net.composed({first, third, first});
  ASSERT_TRUE(both.has_value()) << error_of(both);
  EXPECT_TRUE(has(both->texts.front().text, "1. We deplore such activities everywhere.\n")) << both->texts.front().text;
  EXPECT_EQ(both->words.size(), 2U);
  EXPECT_TRUE(has(error_of(net.composed({"tocsin-amendment--no"})), "no paper"));
  EXPECT_TRUE(has(error_of(net.composed({})), "no amendment is named"));
  EXPECT_TRUE(has(error_of(net.composed({first}, {{"en", "1. We."}})), "given and amended at once"));
  EXPECT_TRUE(net.composed({first}, {{"fr", "1. Nous."}}).has_value());
  // Who did not table the text does not amend it by this way either.
  EXPECT_TRUE(has(error_of(draft_act(net.of("EST"), both->manifest, both->parent)), "only NOR or the chair"));
}

TEST(Amendments, WhatDoesNotFitIsNotMade) {
  Amending net;
  struct Case {
    AmendmentWords words;
    std::string why;
  };
  for (const Case& each : std::vector<Case>{
           {{.paragraph = 3, .operation = "delete"}, "no paragraph 3"},
           {{.paragraph = 0, .operation = "delete"}, "no paragraph 0"},
           {{.paragraph = 1, .operation = "replace", .old_words = "welcome", .new_words = "x"}, "does not hold"},
           {{.paragraph = 1, .operation = "replace", .old_words = "condem", .new_words = "x"}, "does not hold"},
           {{.paragraph = 2, .operation = "replace", .old_words = "all", .new_words = "all"}, "changes nothing"},
           {{.paragraph = 1, .operation = "replace", .old_words = "condemn"}, "missing, or too many"},
           {{.paragraph = 1, .operation = "delete", .old_words = "condemn", .new_words = "x"}, "missing, or too many"},
           {{.paragraph = 1, .operation = "insert-after"}, "missing, or too many"},
           {{.paragraph = 1, .operation = "rewrite", .old_words = "condemn", .new_words = "x"}, "no way to amend"},
           {{.language = "fr", .paragraph = 1, .operation = "delete"}, "no text in language"},
           {{.draft = net.item(), .paragraph = 1, .operation = "delete"}, "no text to amend"}}) {
    EXPECT_TRUE(has(error_of(net.plan("EST", each.words)), each.why))
        << each.why << error_of(net.plan("EST", each.words));
  }
  const AmendmentWords good{.paragraph = 1, .operation = "delete", .old_words = "such"};
  EXPECT_TRUE(has(error_of(net.plan("JPN", good)), "may not lay"));
  EXPECT_TRUE(net.plan("CHAIR", good).has_value());
}

TEST(Amendments, APeerThatSignsNonsenseConvincesNobody) {
  Amending net;
  const std::string other_hash(64, 'a');
  // Of another shape, or of somebody who may not: not taken.
  EXPECT_TRUE(has(error_of(net.give("NOR", net.hostile("\"paragraph\":1", "\"paragraph\":-1"))), "missing or wrong"));
  EXPECT_TRUE(has(error_of(net.give("NOR", net.hostile("\"paragraph\":1", "\"paragraph\":0"))), "missing or wrong"));
  EXPECT_TRUE(
      has(error_of(net.give("NOR", net.hostile("\"paragraph_l2\":\"", "\"paragraph_l2\":\"g"))), "missing or wrong"));
  const auto good = net.plan("EST", {.paragraph = 1, .operation = "delete", .old_words = "such"});
  EXPECT_TRUE(has(error_of(net.give("NOR", net.rogue("JPN", *good))), "another role"));
  // It has the shape, and is not about the text: taken, since the text may come later, told as what it is, never
  // composed.
  const PaperPlan plan =
      *net.plan("EST", {.paragraph = 1, .operation = "replace", .old_words = "condemn", .new_words = "note"});
  const std::string l2(wire::parse_json(plan.body)->string_or("paragraph_l2", ""));
  const std::string text_hash(wire::parse_json(plan.body)->string_or("text_sha256", ""));
  std::size_t held = 0;
  for (const auto& [from, to, why] :
       {std::tuple<std::string, std::string, std::string>("\"paragraph\":1", "\"paragraph\":2", "another hash"),
        {"\"paragraph\":1", "\"paragraph\":77", "no paragraph 77"},
        {l2, other_hash, "another hash"},
        {text_hash, other_hash, "another text"},
        {"\"old_words\":\"condemn\"", "\"old_words\":\"welcome\"", "does not hold"},
        {"\"operation\":\"replace\"", "\"operation\":\"obey\"", "no way to amend"},
        {"\"language\":\"en\"", "\"language\":\"\\u001b[2J\"", "no text in language"}}) {
    const std::string paper = net.hostile(from, to);
    const std::string id(wire::parse_json(paper)->string_or("id", ""));
    ASSERT_TRUE(*net.give("NOR", paper)) << from;
    const std::string words = net.shown(id, "NOR");
    EXPECT_TRUE(has(words, "IT DOES NOT FIT THAT TEXT") && has(words, why)) << words;
    EXPECT_FALSE(has(words, "\x1b")) << words;
    EXPECT_FALSE(net.composed({id}).has_value());
    ++held;
  }
  const Verdict verdict = net.verify(write_bundle(net.at("NOR").item()));
  EXPECT_EQ(
      std::ranges::count_if(verdict.findings, [](const auto& each) { return has(each, "does not fit the text"); }),
      static_cast<std::ptrdiff_t>(held));
  // A draft that is not held is no lie: it may come.
  const std::string unknown = net.hostile(consult::hex(net.draft), other_hash);
  ASSERT_TRUE(*net.give("NOR", unknown));
  EXPECT_TRUE(
      has(net.shown(std::string(wire::parse_json(unknown)->string_or("id", "")), "NOR"), "cannot be compared here"));
  EXPECT_EQ(net.states().size(), 1U);
}

TEST(Amendments, AcceptanceIsReadFromTheTextAndNowhereElse) {
  Amending net;
  const std::string id =
      net.id_of("EST", {.paragraph = 1, .operation = "replace", .old_words = "condemn", .new_words = "deplore"});
  // The words stand in another paragraph, not where they were to be.
  const std::string text =
      "1. We condemn such activities.\n\n2. We deplore them and call on all States to act responsibly.\n";
  ComposedRevision next{.parent = net.draft,
                        .texts = {{"en", text}},
                        .manifest = *make_manifest({{"en", trust::sha256_hex(text)}}, {}),
                        .words = {}};
  net.table(next);
  EXPECT_TRUE(has(net.shown(id), "are not, word for word, in revision 2")) << net.shown(id);
}

TEST(Amendments, WholeParagraphsAreFoundAgainAmongOthers) {
  Amending net;
  const std::string gone = net.id_of("EST", {.paragraph = 1, .operation = "delete"});
  const std::string added =
      net.id_of("EST", {.paragraph = 1, .operation = "insert-after", .new_words = "We stand by."});
  const std::string use =
      net.id_of("POL", {.paragraph = 2, .operation = "replace", .old_words = "call on", .new_words = "urge"});
  // The first paragraph was changed and not deleted; the new one stands elsewhere; the second has more changes.
  const std::string text =
      "1. We strongly condemn such activities.\n\n2. We urge all States, again, to act responsibly.\n\n3. We stand "
      "by.\n";
  net.table({.parent = net.draft,
             .texts = {{"en", text}},
             .manifest = *make_manifest({{"en", trust::sha256_hex(text)}}, {}),
             .words = {}});
  EXPECT_FALSE(has(net.shown(gone), "ACCEPTED")) << net.shown(gone);
  EXPECT_FALSE(has(net.shown(added), "ACCEPTED")) << net.shown(added);
  EXPECT_TRUE(has(net.shown(use), "ACCEPTED")) << net.shown(use);
}

TEST(Amendments, WithoutTheNextTextNothingIsSaidOfIt) {
  Amending net;
  const std::string id =
      net.id_of("EST", {.paragraph = 1, .operation = "replace", .old_words = "condemn", .new_words = "deplore"});
  const auto next = net.composed({id});
  ASSERT_TRUE(next.has_value());
  net.table(*next, "NOR", false);
  EXPECT_TRUE(has(net.shown(id), "STALE: revision 2") && has(net.shown(id), "cannot be checked here")) << net.shown(id);
}

TEST(Amendments, ATextKeepsWhatStandsAroundItsParagraphs) {
  Amending net;
  const std::string text =
      "Statement by the Council\n\n1.  We  condemn such\n    activities.\n\n2. We call on \"all\" States\r\nto "
      "act.\n\nBrussels, 19 July 2021\n";
  ComposedRevision next{.parent = net.draft,
                        .texts = {{"en", text}},
                        .manifest = *make_manifest({{"en", trust::sha256_hex(text)}}, {}),
                        .words = {}};
  net.table(next);
  const std::string id =
      net.id_of("EST", {.paragraph = 1, .operation = "replace", .old_words = "such", .new_words = "all such"});
  const auto made = net.composed({id});
  ASSERT_TRUE(made.has_value()) << error_of(made);
  EXPECT_EQ(made->texts.front().text,
            "Statement by the Council\n\n1. We condemn all such activities.\n\n2. We call on \"all\" States\r\nto "
            "act.\n\nBrussels, 19 July 2021\n");
}

}  // namespace
}  // namespace tocsin::council
