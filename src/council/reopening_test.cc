// Reopening an ended item: what is refused, and what a reader finds who has the ended item at hand, or has not.
#include "council/reopening.h"

#include <gtest/gtest.h>

#include "council/bundle.h"
#include "council/paper_table.h"
#include "council/status_page.h"

namespace tocsin::council {
namespace {

using namespace simulation;
using Answer = ReopeningCheck::Answer;

const std::string old_evidence = "incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e01";
const std::string new_evidence = "incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e02";

// Two items of the same people: one that ended, and a new one. The new one is the table's.
struct Again : Table {
  Again() {
    EXPECT_TRUE(
        before.lay("EST", *concern_paper(before.of("EST"), {.text = "x", .asks = {}, .evidence = {old_evidence}})));
  }
  Result<PaperPlan> plan(const std::string& by, const std::vector<std::string>& evidence) {
    return reopening_paper(of(by), {.evidence = evidence, .text = "It went on in August."}, before.at(by).item());
  }
  ReopeningCheck check(const Paper& paper) {
    return check_reopening(at("POL").item(), paper, &before.at("POL").item(), seconds());
  }
  struct Before : Table {
    Before() : Table("What was") {}
  } before;
};

TEST(Reopening, NeedsADecisionAndSomethingNew) {
  Again net;
  EXPECT_TRUE(has(error_of(net.plan("EST", {new_evidence})), "is not adopted: it is tabled"));
  net.before.adopt();
  net.run_until(net.before.now());
  EXPECT_TRUE(has(error_of(net.plan("EST", {old_evidence})), "nothing new"))
      << error_of(net.plan("EST", {old_evidence}));
  EXPECT_TRUE(has(error_of(net.plan("EST", {old_evidence})), "in the concern "));
  const std::string concern = net.before.at("EST").item().papers().in_order().front()->id;
  EXPECT_TRUE(has(error_of(net.plan("EST", {concern})), "nothing new")) << "a paper of it is no news";
  EXPECT_TRUE(has(error_of(net.plan("EST", {})), "needs new evidence"));
  EXPECT_TRUE(has(error_of(net.plan("EST", {"../x"})), "no STIX identifier"));
  EXPECT_TRUE(has(error_of(net.plan("JPN", {new_evidence})), "may not reopen"));
  EXPECT_TRUE(has(
      error_of(reopening_paper(net.of("EST"), {.evidence = {new_evidence}, .text = " "}, net.before.at("EST").item())),
      "words that say what is new"));
  EXPECT_TRUE(
      has(error_of(reopening_paper(net.of("EST"), {.evidence = {new_evidence}, .text = "x"}, net.at("EST").item())),
          "does not reopen itself"));
  EXPECT_TRUE(net.plan("CHAIR", {new_evidence, old_evidence}).has_value());
}

TEST(Reopening, IsCheckedByWhoHasTheEndedItem) {
  Again net;
  net.before.adopt();
  net.run_until(net.before.now());
  const auto plan = net.plan("EST", {new_evidence});
  ASSERT_TRUE(plan.has_value()) << error_of(plan);
  EXPECT_TRUE(has(all(*plan), "what was decided on \"What was\"")) << all(*plan);
  const auto paper = net.lay("EST", *plan);
  ASSERT_TRUE(paper.has_value()) << error_of(paper);
  EXPECT_EQ(net.check(**paper).answer, Answer::stands) << net.check(**paper).words;
  Item& item = net.at("POL").item();
  EXPECT_TRUE(has(status_page(item, "POL", net.seconds(), utc), "cannot be checked here"));
  EXPECT_TRUE(has(status_page(item, "POL", net.seconds(), utc, &net.before.at("POL").item()), "CHECKED reopening"));
  EXPECT_TRUE(has(status_page(item, "POL", net.seconds(), utc, &item), "cannot be checked here")) << "another item";
  // From a bundle, by whoever was never there; the ended item's state and the new one's do not change.
  Verdict ended = net.before.verify(write_bundle(net.before.at("NOR").item()));
  ASSERT_NE(ended.item, nullptr);
  const Bundle bundle = *read_bundle(write_bundle(item));
  const auto verified = [&](Item* at_hand) {
    return verify_bundle(bundle, {.roster = item.roster().hash, .as_of = net.seconds(), .ended = at_hand}, net.verifier,
                         utc);
  };
  EXPECT_TRUE(verified(ended.item.get()).findings.empty());
  EXPECT_TRUE(has(verified(ended.item.get()).because.back(), "CHECKED"));
  EXPECT_TRUE(has(verified(nullptr).because.back(), "cannot be checked here"));
  EXPECT_EQ(net.states().size(), 1U);
  // Who names the new evidence in the ended item afterwards makes it no older.
  net.before.run_for(60'000);
  ASSERT_TRUE(net.before.lay(
      "NOR", *concern_paper(net.before.of("NOR"), {.text = "y", .asks = {}, .evidence = {new_evidence}})));
  EXPECT_EQ(net.check(**paper).answer, Answer::stands) << net.check(**paper).words;
}

TEST(Reopening, AHostileOneIsFoundOut) {
  Again net;
  net.before.adopt();
  net.run_until(net.before.now());
  const PaperPlan good = *net.plan("EST", {new_evidence});
  const std::string other_hash(64, 'b');
  const auto forged = [&](std::string_view from, std::string_view to, const std::string& by = "EST") {
    PaperPlan bad = good;
    const std::size_t place = bad.body.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    bad.body.replace(place, from.size(), to);
    return net.rogue(by, bad);
  };
  const std::string decision(wire::parse_json(good.body)->string_or("decision", ""));
  EXPECT_TRUE(has(error_of(net.give("POL", forged("August", "May", "JPN"))), "another role"));
  EXPECT_TRUE(has(error_of(net.give("POL", forged("\"" + new_evidence + "\"", ""))), "missing or wrong"));
  EXPECT_TRUE(has(error_of(net.give("POL", forged(decision, "x"))), "missing or wrong"));
  for (const auto& [from, to, why] :
       {std::tuple<std::string, std::string, std::string>(decision, other_hash, "took another decision"),
        {new_evidence, old_evidence, "nothing new"},
        {consult::hex(net.before.at("EST").item().roster().hash), other_hash, "another roster"},
        {consult::hex(net.before.item()), consult::hex(net.item()), "this item itself"}}) {
    const std::string json = forged(from, to);
    ASSERT_TRUE(*net.give("POL", json)) << from;
    const Paper& paper = *net.at("POL").item().papers().find(wire::parse_json(json)->string_or("id", ""));
    EXPECT_EQ(net.check(paper).answer, Answer::wrong) << why;
    EXPECT_TRUE(has(net.check(paper).words, why)) << net.check(paper).words;
  }
  const Item& item = net.at("POL").item();
  const Verdict verdict = verify_bundle(
      *read_bundle(write_bundle(item)),
      {.roster = item.roster().hash, .as_of = net.seconds(), .ended = &net.before.at("POL").item()}, net.verifier, utc);
  EXPECT_EQ(
      std::ranges::count_if(verdict.findings, [](const auto& each) { return each.starts_with("WRONG reopening"); }), 4);
}

}  // namespace
}  // namespace tocsin::council
