// The words that are shown before anything is signed, and what is refused before it could do harm.
#include "council/acts.h"

#include <gtest/gtest.h>

#include "council/simulation.h"
#include "council/status_page.h"
#include "stix/author_key.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using consult::Stance;
using simulation::Network;

const TimeWords oslo{.zone = *Zone::find("Europe/Oslo"), .zone_name = "Europe/Oslo"};

struct Table : Network {
  Table()
      : Network({.members = {"EST", "NOR", "POL"}, .partners = {"JPN"}}, "CHAIR", "A text", "2026-03-01T08:00:00Z") {
    run_for(2'000);
    draft = *act("NOR", Kind::draft, "{\"rev\":1,\"parent\":null,\"text_sha256\":\"" + std::string(64, 'a') + "\"}");
    run_for(2'000);
  }
  Situation of(const std::string& name) { return situation_of(node(name).consultation->item(), name, seconds(), oslo); }
  Hash sign(const std::string& name, const Act& made) {
    const Hash id = (*node(name).consultation->act(made))->id;
    run_for(2'000);
    return id;
  }
  void silence(std::string_view until) {
    sign("CHAIR", *silence_act(of("CHAIR"), {.deadline = *consult::parse_seconds(until), .name_of_class = "crisis"}));
  }
  Hash draft;
};

std::string all(const Act& act) {
  std::string out;
  for (const std::string& line : act.words) {
    out += line + "\n";
  }
  for (const std::string& line : act.warnings) {
    out += "WARNING " + line + "\n";
  }
  return out;
}

bool says(const Act& act, std::string_view text) { return all(act).find(text) != std::string::npos; }

TEST(TimeWords, ShowUtcAndTheReadersZoneWithItsName) {
  EXPECT_EQ(oslo.of(*consult::parse_seconds("2026-03-01T12:00:00Z")), "2026-03-01 12:00:00 UTC (13:00:00 Europe/Oslo)");
  EXPECT_EQ(oslo.of(*consult::parse_seconds("2026-07-01T23:30:00Z")),
            "2026-07-01 23:30:00 UTC (2026-07-02 01:30:00 Europe/Oslo)");
  EXPECT_EQ(TimeWords{}.of(0), "1970-01-01 00:00:00 UTC");
}

TEST(Acts, ASilenceThatCouldNeverBeInForceIsRefused) {
  Table net;
  const auto plan = [&](std::string_view until, std::string_view name) {
    return silence_act(net.of("CHAIR"),
                       {.deadline = *consult::parse_seconds(until), .name_of_class = std::string(name)});
  };
  EXPECT_FALSE(plan("2026-03-01T09:59:59Z", "crisis").has_value());
  EXPECT_FALSE(plan("2026-03-09T12:00:00Z", "weekly").has_value());
  EXPECT_FALSE(silence_act(net.of("NOR"), {.deadline = 1'800'000'000, .name_of_class = "crisis"}).has_value());
  const auto good = plan("2026-03-03T12:00:00Z", "crisis");
  ASSERT_TRUE(good.has_value());
  EXPECT_TRUE(says(*good, "2026-03-03 12:00:00 UTC (13:00:00 Europe/Oslo)")) << all(*good);
  EXPECT_TRUE(says(*good, "EST, NOR and POL")) << all(*good);
}

TEST(Acts, EveryActIsWhatTheStateTakesItFor) {
  Table net;
  net.silence("2026-03-03T12:00:00Z");
  EXPECT_EQ(net.state_at("POL").status, consult::Status::silence);
  const Hash held = net.sign("POL", *position_act(net.of("POL"), Stance::hold, "instructions expected"));
  net.sign("POL", *retract_act(net.of("POL"), held));
  net.sign("EST", *position_act(net.of("EST"), Stance::reserve, "on paragraph 3"));
  net.sign("JPN", *position_act(net.of("JPN"), Stance::associate, ""));
  net.sign("CHAIR", *suspend_act(net.of("CHAIR")));
  EXPECT_EQ(net.state_at("NOR").status, consult::Status::suspended);
  net.sign("CHAIR", *extend_act(net.of("CHAIR"), *consult::parse_seconds("2026-03-04T12:00:00Z")));
  EXPECT_EQ(net.state_at("NOR").deadline, consult::parse_seconds("2026-03-04T12:00:00Z"));
  EXPECT_FALSE(extend_act(net.of("CHAIR"), *consult::parse_seconds("2026-03-04T11:00:00Z")).has_value());
  for (const std::string name : {"EST", "NOR"}) {
    net.sign(name, *pass_act(net.of(name)));
    EXPECT_FALSE(pass_act(net.of(name)).has_value()) << "once";
  }
  for (const Stance after : {Stance::break_silence, Stance::hold, Stance::reserve}) {
    const auto late = position_act(net.of("EST"), after, "too late");
    ASSERT_FALSE(late.has_value());
    EXPECT_NE(late.error().message.find("has no effect"), std::string::npos) << late.error().text();
  }
  EXPECT_FALSE(close_act(net.of("CHAIR")).has_value()) << "the challenge period runs, and POL has not passed";
  const auto preview = close_preview(net.of("CHAIR"));
  ASSERT_TRUE(preview.has_value()) << preview.error().text();
  EXPECT_TRUE(says(*preview, "Passed: EST and NOR.") && says(*preview, "Presumed silent: POL.")) << all(*preview);
  EXPECT_TRUE(says(*preview, "Can acknowledge, as far as is known here: CHAIR, EST, JPN, NOR and POL."));
  EXPECT_TRUE(says(*preview, "Not yet: ") && says(*preview, "cannot be taken back")) << all(*preview);
  net.run_to("2026-03-05T12:01:00Z");
  const auto close = close_act(net.of("CHAIR"));
  ASSERT_TRUE(close.has_value()) << close.error().text();
  EXPECT_TRUE(says(*close, "Passed: EST and NOR.")) << all(*close);
  EXPECT_TRUE(says(*close, "Presumed silent: POL."));
  EXPECT_TRUE(says(*close, "Can acknowledge, as far as is known here: CHAIR, EST, JPN, NOR and POL."));
  EXPECT_TRUE(says(*close, "cannot be taken back"));
  net.sign("CHAIR", *close);
  const consult::State state = net.state_at("POL");
  EXPECT_EQ(state.status, consult::Status::adopted);
  EXPECT_EQ(state.associated, std::vector<std::string>{"JPN"});
  ASSERT_EQ(state.positions.size(), 1U);
  EXPECT_EQ(state.positions.front().member, "EST");
  EXPECT_FALSE(close_act(net.of("CHAIR")).has_value());
  EXPECT_FALSE(suspend_act(net.of("CHAIR")).has_value());
}

TEST(Acts, ABrokenSilenceIsNotClosedAndSaysByHowManyItIsHeld) {
  Table net;
  net.silence("2026-03-03T12:00:00Z");
  net.cut_off({"POL"});
  const Act breaks = *position_act(net.of("POL"), Stance::break_silence, "not \x1b[2Jthese words");
  EXPECT_TRUE(says(breaks, "BREAKS the silence")) << all(breaks);
  EXPECT_EQ(all(breaks).find('\x1b'), std::string::npos) << "nothing of it reaches a terminal as it is";
  net.sign("POL", breaks);
  Item& pol = net.node("POL").consultation->item();
  const std::string alone = status_page(pol, "POL", net.seconds(), oslo);
  EXPECT_NE(alone.find("held by 0 of 4"), std::string::npos) << alone;
  EXPECT_NE(alone.find("hand it to more of them before the deadline"), std::string::npos) << alone;
  net.heal();
  net.run_for(2'000);
  const std::string together = status_page(pol, "POL", net.seconds(), oslo);
  EXPECT_NE(together.find("POL (timely), held by 4 of 4 (CHAIR, EST, JPN and NOR)"), std::string::npos) << together;
  EXPECT_NE(together.find("13:00:00 Europe/Oslo"), std::string::npos);
  EXPECT_FALSE(close_act(net.of("CHAIR")).has_value());
  EXPECT_FALSE(retract_act(net.of("POL"), net.state_at("POL").breaks.front().entry).has_value());
  EXPECT_FALSE(pass_act(net.of("POL")).has_value()) << "who broke it does not pass it";
  EXPECT_FALSE(close_preview(net.of("CHAIR")).has_value()) << "there is nothing to preview";
}

TEST(Acts, OnlyTheDrafterOrTheChairAmends) {
  Table net;
  const Manifest manifest = *make_manifest({{"en", std::string(64, 'b')}}, {});
  EXPECT_FALSE(draft_act(net.of("EST"), manifest, net.draft).has_value());
  EXPECT_TRUE(draft_act(net.of("EST"), manifest, std::nullopt).has_value());
  EXPECT_FALSE(draft_act(net.of("JPN"), manifest, std::nullopt).has_value());
  EXPECT_TRUE(draft_act(net.of("CHAIR"), manifest, net.draft).has_value());
  const Hash second = net.sign("NOR", *draft_act(net.of("NOR"), manifest, net.draft));
  EXPECT_EQ(net.state_at("EST").draft, second);
  EXPECT_EQ(*find_id(net.node("EST").consultation->item(), short_id(second)), second);
  EXPECT_FALSE(find_id(net.node("EST").consultation->item(), "0000000").has_value());
}

TEST(Roster, EverybodyOnItIsShownWithTheKeyToCompare) {
  const std::string json = simulation::roster_json(
      {.members = {"A", "B", "C"}, .partners = {"P"}, .witnesses = {"A", "C", "CHAIR"}, .quorum = 2});
  const auto roster = consult::read_roster(json).roster;
  ASSERT_TRUE(roster);
  const auto lines = participant_words(json, *roster);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[0].starts_with("A: member, witness") && lines[1].starts_with("B: member, key")) << lines[1];
  EXPECT_TRUE(lines[3].starts_with("CHAIR: chair, witness") && lines[4].starts_with("P: partner, key")) << lines[4];
  for (std::size_t at = 0; at < lines.size(); ++at) {
    EXPECT_TRUE(lines[at].ends_with("key " + stix::fingerprint(roster->participants[at].key))) << lines[at];
  }
}

TEST(Roster, TheCheckSaysHowManyWitnessesMayBeAbsent) {
  const auto check = [](std::uint32_t quorum) {
    const auto reading = consult::read_roster(
        simulation::roster_json({.members = {"A", "B", "C", "D", "E"}, .quorum = quorum}));  // and the chair
    std::string out;
    for (const std::string& line : check_roster(*reading.roster).says) {
      out += line + "\n";
    }
    return std::pair(out, check_roster(*reading.roster).warnings.size());
  };
  EXPECT_NE(check(3).first.find("needs 4 of 6 acknowledgements: at most 2 witnesses may be absent"), std::string::npos)
      << check(3).first;
  EXPECT_EQ(check(3).second, 0U);
  EXPECT_NE(check(1).first.find("at most 0 witnesses may be absent"), std::string::npos) << check(1).first;
  EXPECT_EQ(check(1).second, 1U);
  EXPECT_EQ(check(5).second, 1U);
}

TEST(Deadlines, AtNightForAThirdOfTheMembersAreWarnedOf) {
  const auto warnings = [](std::string_view from, std::string_view deadline) {
    std::string roster = simulation::roster_json({.members = {"CAN", "EST", "NOR", "USA"}});
    for (const auto& [name, zone] : {std::pair("CAN", "America/Vancouver"), std::pair("EST", "Europe/Tallinn"),
                                     std::pair("NOR", "Europe/Oslo"), std::pair("USA", "America/New_York")}) {
      const std::string id = "\"id\":\"" + std::string(name) + "\"";
      roster.insert(roster.find(id) + id.size(), ",\"zone\":\"" + std::string(zone) + "\"");
    }
    consult::Ed25519Verifier verifier;
    const auto item = *Item::make(roster, Hash{}, verifier);
    EXPECT_EQ(item->zone_of("EST"), "Europe/Tallinn");
    std::string out;
    for (const std::string& line :
         deadline_warnings(*item, *consult::parse_seconds(from), *consult::parse_seconds(deadline))) {
      out += line + "\n";
    }
    return out;
  };
  // Monday to Wednesday 15:00 UTC is 7 in Vancouver, 10 in New York, 16 and 17 in Europe.
  EXPECT_EQ(warnings("2026-03-02T09:00:00Z", "2026-03-04T15:00:00Z"), "");
  EXPECT_NE(warnings("2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z").find("at night or on a free day for CAN and USA"),
            std::string::npos);
  EXPECT_NE(warnings("2026-03-06T09:00:00Z", "2026-03-07T12:00:00Z").find("CAN, EST, NOR and USA"), std::string::npos);
  // From Friday evening in Europe to Sunday nobody works there.
  EXPECT_NE(warnings("2026-03-06T20:00:00Z", "2026-03-08T12:00:00Z").find("no working hour for EST and NOR"),
            std::string::npos);
}

TEST(Record, ShowsHostileTextSafely) {
  Table net;
  net.silence("2026-03-03T12:00:00Z");
  net.sign("POL", *position_act(net.of("POL"), Stance::break_silence, "<script>alert(1)</script>\x1b[2J\u202E"));
  Verdict verdict = judge(net.node("POL").consultation->item(), net.state_at("POL"), oslo);
  const Bundle bundle = *read_bundle(write_bundle(net.node("POL").consultation->item()));
  consult::Ed25519Verifier verifier;
  verdict = verify_bundle(
      bundle, {.roster = net.node("POL").consultation->item().roster().hash, .as_of = net.seconds()}, verifier, oslo);
  EXPECT_EQ(verdict.outcome, Outcome::broken);
  const RecordOptions options{.roster = "r", .time = oslo, .made = net.seconds()};
  const std::string html = record_html(verdict, options);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  for (const std::string& page : {html, record_text(verdict, options), log_page(*verdict.item, options.made, oslo)}) {
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
    EXPECT_EQ(page.find("\u202E"), std::string::npos);
  }
}

}  // namespace
}  // namespace tocsin::council
