// Lapse: a view of a moment that changes no state.
#include "council/lapse.h"

#include <gtest/gtest.h>

#include "council/bundle.h"
#include "council/paper_table.h"
#include "council/status_page.h"

namespace tocsin::council {
namespace {

using namespace simulation;
constexpr Seconds day = 86'400;

struct Lapsing : Table {
  std::optional<Lapse> view(Seconds at, const std::string& name = "POL") {
    Item& item = this->at(name).item();
    return lapse_of(item, item.state(at), at);
  }
  void order(std::size_t days) { ASSERT_TRUE(lay("CHAIR", *lapse_paper(of("CHAIR"), days)).has_value()); }
};

TEST(Lapses, AreShownAndChangeNothing) {
  Lapsing net;
  EXPECT_FALSE(net.view(net.seconds() + 9'999 * day).has_value()) << "nobody ordered it";
  const Seconds start = net.seconds();
  net.order(20);
  EXPECT_FALSE(net.view(start + 15 * day - 1)->soon);
  EXPECT_TRUE(net.view(start + 15 * day)->soon);
  EXPECT_FALSE(net.view(start + 20 * day - 1)->lapsed);
  EXPECT_TRUE(net.view(start + 20 * day)->lapsed);
  EXPECT_FALSE(net.view(start + 20 * day)->soon);
  EXPECT_FALSE(net.view(start - 1).has_value()) << "before the order";
  Item& item = net.at("POL").item();
  EXPECT_FALSE(has(status_page(item, "POL", start + day, utc), "apses"));
  EXPECT_TRUE(has(status_page(item, "POL", start + 16 * day, utc), "warning      It lapses 2026-03-21"));
  EXPECT_TRUE(has(status_page(item, "POL", start + 30 * day, utc), "lapsed       LAPSED since 2026-03-21"));
  EXPECT_EQ(item.state(start + 30 * day).status, consult::Status::tabled);
  const Verdict verdict = verify_bundle(*read_bundle(write_bundle(item)),
                                        {.roster = item.roster().hash, .as_of = start + 30 * day}, net.verifier, utc);
  EXPECT_TRUE(has(verdict.because.back(), "LAPSED") && verdict.findings.empty());
  EXPECT_EQ(verdict.state, item.state(start + 30 * day));
  // An entry takes it up again; a newer order holds.
  net.run_for(19 * day * 1'000);
  ASSERT_TRUE(
      net.act("CHAIR", consult::Kind::silence,
              "{\"draft\":" + in_quotes(net.draft) + ",\"deadline\":\"2026-03-25T12:00:00Z\",\"class\":\"crisis\"}"));
  net.run_for(60'000);
  EXPECT_FALSE(net.view(start + 21 * day)->lapsed);
  net.order(1);
  EXPECT_TRUE(net.view(net.seconds() + day + 60)->lapsed);
  EXPECT_EQ(net.states().size(), 1U);
}

TEST(Lapses, OnlyTheChairOrdersThemAndNobodyLies) {
  Lapsing net;
  EXPECT_TRUE(has(error_of(lapse_paper(net.of("EST"), 3)), "only the chair"));
  EXPECT_TRUE(has(error_of(lapse_paper(net.of("CHAIR"), 0)), "1 to 3650"));
  EXPECT_TRUE(has(error_of(lapse_paper(net.of("CHAIR"), 3'651)), "1 to 3650"));
  const PaperPlan good = *lapse_paper(net.of("CHAIR"), 3);
  EXPECT_TRUE(has(error_of(net.give("POL", net.rogue("EST", good))), "another role"));
  for (const std::string_view days : {"0", "-3", "\"3\"", "3e9", "1.5", "9999999999", "null"}) {
    PaperPlan bad = good;
    bad.body = "{\"lapse_after_days\":" + std::string(days) + "}";
    const auto made = compose_paper(bad, net.item(), key_of("CHAIR").identity, net.seconds());
    if (made) {
      const auto signed_one = stix::sign_object(*made, key_of("CHAIR"), seed_of("CHAIR"),
                                                wire::parse_json(*made)->string_or("created", ""));
      EXPECT_FALSE(signed_one && net.give("POL", *signed_one)) << days;
    }
  }
  // Too many days are no order, and an order of tomorrow is none today.
  PaperPlan ages = good;
  ages.body = R"({"lapse_after_days":999999999})";
  ASSERT_TRUE(*net.give("POL", net.rogue("CHAIR", ages)));
  EXPECT_FALSE(net.view(net.seconds() + 99 * day).has_value());
  net.adopt();
  ASSERT_TRUE(*net.give("POL", net.rogue("CHAIR", good)));
  EXPECT_FALSE(net.view(net.seconds() + 99 * day).has_value()) << "it is adopted";
  EXPECT_TRUE(has(error_of(lapse_paper(net.of("CHAIR"), 3)), "does not lapse"));
}

TEST(Lapses, AClockThatRunsAheadKeepsNothingAlive) {
  Lapsing net;
  net.order(2);
  net.node("EST").machine->skew = 250'000;
  const Seconds now = net.seconds();
  ASSERT_TRUE(net.act("EST", consult::Kind::receipt, "{\"heads\":{\"NOR\":" + in_quotes(net.draft) + "}}"));
  net.run_for(5'000);
  // As of a moment before the time that the entry claims, it is not counted.
  EXPECT_LE(net.view(now + 10)->last, now + 10);
}

}  // namespace
}  // namespace tocsin::council
