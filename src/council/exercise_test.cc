// Exercises: everything says so, nothing of them is a decision, and nothing of them gets into a real item.
#include <gtest/gtest.h>

#include "council/bundle.h"
#include "council/paper_table.h"
#include "council/publication.h"
#include "council/reopening.h"
#include "council/status_page.h"

namespace tocsin::council {
namespace {

using namespace simulation;
const std::string mark = "Storm 26 <not real>";

TEST(Exercises, SayItOnEveryPage) {
  Table net("A text", mark);
  EXPECT_EQ(exercise_of(net.at("POL").item()), mark);
  const auto paper = net.lay("EST", *concern_paper(net.of("EST"), {.text = "x", .asks = {}, .evidence = {}}));
  ASSERT_TRUE(paper.has_value()) << error_of(paper);
  EXPECT_EQ((*paper)->text("exercise"), mark);
  net.adopt();
  Item& item = net.at("POL").item();
  EXPECT_TRUE(status_page(item, "POL", net.seconds(), utc).starts_with("EXERCISE     EXERCISE: Storm 26"));
  EXPECT_TRUE(has(status_page(item, "POL", net.seconds(), utc), "EXERCISE: Adopted, final"));
  EXPECT_TRUE(log_page(item, net.seconds(), utc).starts_with("EXERCISE: Storm 26"));
  EXPECT_TRUE(has(log_page(item, net.seconds(), utc), "opens the EXERCISE \"A text\""));
  const Verdict verdict = net.verify(write_bundle(item));
  EXPECT_EQ(verdict.headline, "EXERCISE: Adopted, final");
  EXPECT_EQ(verdict.outcome, Outcome::adopted);
  EXPECT_FALSE(verdict.final());
  EXPECT_TRUE(verdict.findings.empty());
  EXPECT_TRUE(has(to_json(verdict), R"({"verdict":"exercise","final":false)")) << to_json(verdict);
  const RecordOptions options{.roster = "r", .time = utc, .made = net.seconds()};
  EXPECT_TRUE(record_text(verdict, options).starts_with("EXERCISE: Storm 26"));
  EXPECT_TRUE(has(record_html(verdict, options), "<p class=\"banner\">EXERCISE: Storm 26 &lt;not real&gt;"));
  EXPECT_EQ(net.states().size(), 1U);
  // A real one says nothing of the kind.
  Table real;
  EXPECT_FALSE(has(status_page(real.at("POL").item(), "POL", real.seconds(), utc), "EXERCISE"));
  EXPECT_FALSE(has(record_html(real.verify(write_bundle(real.at("POL").item())), options), "EXERCISE"));
}

TEST(Exercises, PublishOnlyWhatSaysSoAndProveNothing) {
  Table net("A text", mark);
  net.adopt();
  EXPECT_TRUE(has(error_of(publication_paper(net.of("CHAIR"), {.title = {}, .issuer = "i"})), "says EXERCISE"));
  PaperPlan plan = *publication_paper(net.of("CHAIR"), {.title = "EXERCISE: a text", .issuer = "i"});
  ASSERT_TRUE(net.lay("CHAIR", plan).has_value());
  const Verdict verdict = net.verify(write_bundle(net.at("POL").item()));
  EXPECT_TRUE(verdict.findings.empty());
  ASSERT_EQ(verdict.published.size(), 1U);
  EXPECT_TRUE(has(error_of(published_text(verdict, "en")), "proves no decision"));
  const PageOptions options{.roster = "r", .time = utc};
  EXPECT_TRUE(statement_text(verdict, options)->starts_with("EXERCISE: "));
  EXPECT_TRUE(has(*statement_html(verdict, options), "<p class=\"banner\">EXERCISE: "));
  // A chair that skips the question is found out.
  plan.body.replace(plan.body.find("EXERCISE: a text"), 16, "A real statement");
  ASSERT_TRUE(net.at("CHAIR").lay(plan).has_value());
  const Verdict found = net.verify(write_bundle(net.at("CHAIR").item()));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_TRUE(has(found.findings.front(), "is of an exercise, and neither its title nor its texts say so"));
}

TEST(Exercises, DoNotMixWithWhatIsReal) {
  Table drill("A text", mark);
  Table real;
  const PaperPlan concern{.kind = PaperKind::concern, .body = R"({"text":"x"})", .words = {}, .warnings = {}};
  PaperPlan marked = concern;
  marked.body = R"({"text":"x","exercise":"Storm 26 <not real>"})";
  PaperPlan other = concern;
  other.body = R"({"text":"x","exercise":"Another"})";
  PaperPlan bare = concern;
  bare.body = R"({"text":"x","exercise":true})";
  EXPECT_TRUE(*drill.give("NOR", drill.rogue("EST", marked)));
  EXPECT_TRUE(*real.give("NOR", real.rogue("EST", concern)));
  for (const PaperPlan& plan : {concern, other, bare}) {
    EXPECT_TRUE(has(error_of(drill.give("NOR", drill.rogue("EST", plan))), "or the other way round"));
  }
  for (const PaperPlan& plan : {marked, other, bare}) {
    EXPECT_TRUE(has(error_of(real.give("NOR", real.rogue("EST", plan))), "or the other way round"));
  }
  drill.adopt();
  real.adopt();
  const ReopeningWords words{.evidence = {"incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e01"}, .text = "x"};
  Table later("Later");
  later.run_until(real.now());
  EXPECT_TRUE(has(error_of(reopening_paper(later.of("EST"), words, drill.at("EST").item())), "do not mix"));
  EXPECT_TRUE(has(error_of(reopening_paper(drill.of("EST"), words, real.at("EST").item())), "do not mix"));
  const auto good = reopening_paper(later.of("EST"), words, real.at("EST").item());
  ASSERT_TRUE(good.has_value()) << error_of(good);
  // Whoever signs it all the same, with the exercise's decision, is found out.
  PaperPlan forged = *good;
  const consult::State ended = drill.at("EST").state(drill.seconds());
  for (const auto& [from, to] :
       {std::pair(real.item(), drill.item()), {*real.at("EST").state(real.seconds()).decision, *ended.decision}}) {
    forged.body.replace(forged.body.find(consult::hex(from)), 64, consult::hex(to));
  }
  const auto paper = later.lay("EST", forged);
  ASSERT_TRUE(paper.has_value()) << error_of(paper);
  const ReopeningCheck check =
      check_reopening(later.at("POL").item(), **paper, &drill.at("POL").item(), later.seconds());
  EXPECT_EQ(check.answer, ReopeningCheck::Answer::wrong);
  EXPECT_TRUE(has(check.words, "do not mix"));
}

TEST(Exercises, TheMarkCannotBeTakenOff) {
  Table net("A text", mark);
  std::string bundle = write_bundle(net.at("POL").item());
  const std::string written = R"("exercise":"Storm 26 <not real>",)";
  ASSERT_TRUE(has(bundle, written));
  bundle.erase(bundle.find(written), written.size());
  // Without it the opening is another entry, and this item has none.
  const Verdict verdict = net.verify(bundle);
  EXPECT_EQ(verdict.outcome, Outcome::cannot_vouch);
}

}  // namespace
}  // namespace tocsin::council
