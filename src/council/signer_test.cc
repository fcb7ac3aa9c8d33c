// What must never happen when entries are signed: a fork by accident, a time from a wrong clock, a pass by nobody.
#include <gtest/gtest.h>

#include "council/chain_reading.h"
#include "council/holding.h"
#include "council/simulation.h"
#include "council/standing_policy.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using simulation::Network;

std::string quoted(const Hash& hash) { return "\"" + consult::hex(hash) + "\""; }
std::string draft_body() { return "{\"rev\":1,\"parent\":null,\"text_sha256\":\"" + std::string(64, 'a') + "\"}"; }
std::string silence_body(const Hash& draft, std::string_view deadline, std::string_view name = "crisis") {
  return "{\"draft\":" + quoted(draft) + ",\"deadline\":\"" + std::string(deadline) + "\",\"class\":\"" +
         std::string(name) + "\"}";
}
std::string names_silence(const Hash& silence) { return "{\"silence\":" + quoted(silence) + "}"; }
std::string break_body(const Hash& silence) {
  return "{\"silence\":" + quoted(silence) + ",\"stance\":\"break\",\"text\":\"not in these words\"}";
}

simulation::RosterPlan small_plan() { return {.members = {"EST", "NOR", "POL"}, .partners = {"JPN"}}; }

struct Small : Network {
  Small() : Network(small_plan(), "CHAIR", "A text", "2026-03-01T08:00:00Z") {
    run_for(2'000);
    draft = *act("NOR", Kind::draft, draft_body());
    run_for(2'000);
    silence = *act("CHAIR", Kind::silence, silence_body(draft, "2026-03-03T12:00:00Z"));
    run_for(2'000);
  }
  Hash draft;
  Hash silence;
};

TEST(Signer, ReceiptsAreMadeByEveryNodeByItselfWithItsOwnClock) {
  Small net;
  net.node("EST").machine->skew = 100'000;
  const Hash pass = *net.act("NOR", Kind::pass, names_silence(net.silence));
  net.run_for(2'000);
  Item& item = net.node("POL").consultation->item();
  const Holding held = holding(item, pass, net.seconds() + 1'000);
  EXPECT_EQ(held.by, (std::vector<std::string>{"CHAIR", "EST", "JPN", "POL"}));
  EXPECT_EQ(held.of, 4U);
  const auto tips = item.tips("EST");
  ASSERT_EQ(tips.size(), 1U);
  EXPECT_EQ(item.ledger().entry(tips.front()).kind, Kind::receipt);
  EXPECT_GE(item.ledger().entry(tips.front()).time, net.seconds() + 95);
  EXPECT_EQ(net.states().size(), 1U);
}

TEST(Signer, ReceiptsAnswerNoReceiptsForEver) {
  Small net;
  net.run_for(60'000);
  const std::size_t before = net.node("EST").consultation->entries().size();
  net.run_for(3'600'000);
  EXPECT_EQ(net.node("EST").consultation->entries().size(), before);
  EXPECT_TRUE(receipts_due(net.node("EST").consultation->item(), "EST", net.seconds()).empty());
}

TEST(Signer, AnEntryIsOnDiskBeforeItLeaves) {
  Small net;
  ASSERT_TRUE(net.act("NOR", Kind::pass, names_silence(net.silence)).has_value());
  const auto& sent = net.node("NOR").machine->on_disk_when_sent;
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(std::count(sent.begin(), sent.end(), false), 0);
}

TEST(Signer, AFullDiskSendsNothingAndStopsTheSigner) {
  Small net;
  simulation::Node& node = net.node("NOR");
  const std::size_t sent = node.machine->on_disk_when_sent.size();
  node.machine->disk_fails = true;
  const auto refused = net.act("NOR", Kind::pass, names_silence(net.silence));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  node.machine->disk_fails = false;
  EXPECT_FALSE(net.act("NOR", Kind::pass, names_silence(net.silence)).has_value());
  EXPECT_EQ(node.machine->on_disk_when_sent.size(), sent);
  net.restart("NOR", false);
  EXPECT_TRUE(net.act("NOR", Kind::pass, names_silence(net.silence)).has_value());
  net.run_for(5'000);
  EXPECT_TRUE(net.state_at("EST").equivocators.empty());
}

TEST(Signer, AfterARestoreNothingIsSignedUntilEnoughWitnessesHaveShownTheChain) {
  Small net;
  const std::string backup = net.node("POL").machine->disk;
  net.run_for(60'000);
  ASSERT_TRUE(net.act("POL", Kind::pass, names_silence(net.silence)).has_value());
  net.run_for(2'000);
  net.restore("POL", backup);
  const auto refused = net.act("POL", Kind::position, break_body(net.silence));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("backup"), std::string::npos) << refused.error().message;
  Consultation& pol = *net.node("POL").consultation;

  // A reading says what it names; it counts only when all of that is held.
  const auto reading_of = [&](const std::string& name) {
    return *make_reading(net.node(name).consultation->item(), name, net.seconds(), *net.node(name).keys);
  };
  EXPECT_FALSE(*pol.receive_reading(reading_of("EST")));
  net.heal();  // the others send what it lacks
  net.run_for(1'000);
  EXPECT_FALSE(net.act("POL", Kind::position, break_body(net.silence)).has_value());
  EXPECT_TRUE(*pol.receive_reading(reading_of("EST")));
  EXPECT_FALSE(*pol.receive_reading(reading_of("EST"))) << "the same witness twice";
  EXPECT_FALSE(net.act("POL", Kind::position, break_body(net.silence)).has_value()) << "one of two";
  EXPECT_TRUE(*pol.receive_reading(reading_of("NOR")));
  EXPECT_TRUE(net.act("POL", Kind::position, break_body(net.silence)).has_value());
  net.run_for(2'000);
  EXPECT_TRUE(net.state_at("EST").equivocators.empty());
  EXPECT_EQ(net.states().size(), 1U);
  // And what it learnt stands on its disk.
  net.restart("POL", true);
  EXPECT_TRUE(net.node("POL").consultation->signer().obstacles().empty());
}

TEST(Signer, ReadingsThatProveNothingDoNotCount) {
  Small net;
  const auto reading = [&](const std::string& name, Seconds made, const std::string& key) {
    return *make_reading(net.node(name).consultation->item(), name, made, *net.node(key).keys);
  };
  Consultation& pol = *net.node("POL").consultation;
  ASSERT_TRUE(pol.mark_broken("a test").has_value());
  EXPECT_FALSE(*pol.receive_reading(reading("EST", net.seconds() - 3'600, "EST"))) << "made before the break";
  EXPECT_FALSE(*pol.receive_reading(reading("POL", net.seconds(), "POL"))) << "its own";
  EXPECT_FALSE(pol.receive_reading(reading("EST", net.seconds(), "NOR")).has_value()) << "another's key";
  EXPECT_FALSE(pol.receive_reading("{}").has_value());
  EXPECT_FALSE(pol.receive_reading("").has_value());
  EXPECT_EQ(pol.item().continuity.readings.size(), 0U);
}

TEST(Signer, AnOwnEntryThatComesBackUnknownStopsTheSigner) {
  Small net;
  const std::string old_disk = net.node("NOR").machine->disk;
  ASSERT_TRUE(net.act("NOR", Kind::pass, names_silence(net.silence)).has_value());
  const std::string lost = net.node("NOR").consultation->entries().back().json;
  // The disk was rolled back without anybody saying so.
  net.cut_off({"NOR"});
  net.node("NOR").machine->disk = old_disk;
  net.restart("NOR", false);
  ASSERT_TRUE(net.node("NOR").consultation->receive(lost).has_value());
  EXPECT_FALSE(net.act("NOR", Kind::position, break_body(net.silence)).has_value());
}

TEST(Signer, WhatOthersHoldOfTheOwnChainStopsTheSigner) {
  Small net;
  const std::string old_disk = net.node("NOR").machine->disk;
  ASSERT_TRUE(net.act("NOR", Kind::pass, names_silence(net.silence)).has_value());
  net.run_for(2'000);
  std::vector<std::string> receipts;
  for (const Item::Held& held : net.node("EST").consultation->entries()) {
    if (held.entry->author != "NOR") {
      receipts.push_back(held.json);
    }
  }
  net.cut_off({"NOR"});
  net.node("NOR").machine->disk = old_disk;
  net.restart("NOR", false);
  for (const std::string& receipt : receipts) {
    ASSERT_TRUE(net.node("NOR").consultation->receive(receipt).has_value());
  }
  const auto refused = net.act("NOR", Kind::position, break_body(net.silence));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("that is not here"), std::string::npos) << refused.error().message;
}

TEST(Signer, AClockAheadOfItsPeersSignsNothing) {
  Small net;
  auto& clocks = net.node("EST").machine->clocks;
  clocks = {{"NOR", 299}, {"POL", 300}, {"CHAIR", 300}};
  EXPECT_TRUE(net.node("EST").consultation->signer().obstacles().empty());
  clocks = {{"NOR", 301}, {"POL", 301}, {"CHAIR", 0}};
  const auto refused = net.act("EST", Kind::pass, names_silence(net.silence));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("ahead"), std::string::npos);
  clocks = {{"NOR", 100'000}, {"POL", 0}, {"CHAIR", 1}};
  EXPECT_TRUE(net.act("EST", Kind::pass, names_silence(net.silence)).has_value()) << "one liar stops nobody";
  clocks = {{"NOR", -100'000}};
  EXPECT_TRUE(net.node("EST").consultation->signer().obstacles().empty()) << "behind is safe";
}

TEST(Signer, AClockThatWasSetBackSignsNothingUntilItIsRight) {
  Small net;
  net.node("EST").machine->skew = -200'000;
  ASSERT_TRUE(net.act("EST", Kind::pass, names_silence(net.silence)).has_value());
  net.run_for(2'000);
  EXPECT_TRUE(net.state_at("POL").rejected.empty()) << "the time of the entry before is taken";
  net.node("EST").machine->skew = -400'000;
  EXPECT_FALSE(net.act("EST", Kind::position, break_body(net.silence)).has_value());
}

TEST(Signer, ANodePassesOnlyUnderAPolicyThatItsNationSigned) {
  Small net;
  Consultation& nor = *net.node("NOR").consultation;
  Act pass;
  pass.kind = Kind::pass;
  pass.body = names_silence(net.silence);
  EXPECT_FALSE(nor.signer().sign(pass, Hand::node).has_value());
  Act close;
  close.kind = Kind::draft;
  close.body = draft_body();
  EXPECT_FALSE(nor.signer().sign(close, Hand::node).has_value());

  StandingPolicy policy{.author = "NOR", .item = net.item(), .classes = {"normal"}, .until = net.seconds() + 86'400};
  const auto signed_by = [&](const std::string& name) {
    return policy_json(policy, *net.node(name).keys->sign(*policy_bytes(policy)));
  };
  EXPECT_FALSE(nor.set_policy(signed_by("EST")).has_value()) << "another nation's key";
  EXPECT_FALSE(nor.set_policy("{}").has_value());
  ASSERT_TRUE(nor.set_policy(signed_by("NOR")).has_value());
  EXPECT_TRUE(nor.tick()->empty()) << "this silence is of another class";
  policy.classes = {"crisis"};
  policy.until = net.seconds() - 1;
  ASSERT_TRUE(nor.set_policy(signed_by("NOR")).has_value());
  EXPECT_TRUE(nor.tick()->empty()) << "the policy has ended";
  policy.until = net.seconds() + 86'400;
  ASSERT_TRUE(nor.set_policy(signed_by("NOR")).has_value());
  const auto signed_now = nor.tick();
  ASSERT_TRUE(signed_now.has_value());
  ASSERT_EQ(signed_now->size(), 1U);
  EXPECT_EQ(signed_now->front()->kind, Kind::pass);
  EXPECT_TRUE(nor.tick()->empty()) << "once";
}

TEST(Signer, AnotherKeyAndAForkAreObstacles) {
  Small net;
  simulation::TestKeys stranger("XYZ");
  simulation::Node& node = net.node("EST");
  std::string chain;
  Signer signer(node.consultation->item(), "EST", {stranger, *node.machine, *node.machine, *node.machine}, chain);
  Act pass;
  pass.kind = Kind::pass;
  pass.body = names_silence(net.silence);
  EXPECT_FALSE(signer.sign(pass, Hand::person).has_value());

  // Two second entries of POL.
  Item& item = net.node("POL").consultation->item();
  Act other;
  other.kind = Kind::position;
  other.body = break_body(net.silence);
  const auto tips = item.tips("POL");
  const consult::Entry* after = &item.ledger().entry(tips.front());
  simulation::TestKeys keys("POL");
  const Unsigned one = *compose(pass, &item.id(), "POL", after, net.seconds());
  const Unsigned two = *compose(other, &item.id(), "POL", after, net.seconds());
  item.add_entry(with_signature(one, *keys.sign(one.canonical)));
  item.add_entry(with_signature(two, *keys.sign(two.canonical)));
  const auto obstacles = net.node("POL").consultation->signer().obstacles();
  ASSERT_EQ(obstacles.size(), 1U);
  EXPECT_NE(obstacles.front().find("fork"), std::string::npos);
  // Both branches are receipted, so that the fork is proven to all.
  EXPECT_EQ(receipts_due(net.node("EST").consultation->item(), "EST", net.seconds()).size(), 0U);
  for (const Item::Held& held : item.entries()) {
    ASSERT_TRUE(net.node("EST").consultation->receive(held.json).has_value());
  }
  EXPECT_EQ(receipts_due(net.node("EST").consultation->item(), "EST", net.seconds()).size(), 2U);
}

TEST(Signer, WhatIsNoEntryIsNotSigned) {
  Small net;
  EXPECT_FALSE(net.act("EST", Kind::position, "{\"silence\":7,\"stance\":\"break\",\"text\":\"x\"}").has_value());
  EXPECT_FALSE(net.act("EST", Kind::position, "{").has_value());
  EXPECT_FALSE(net.act("EST", Kind::open, "{}").has_value());
  EXPECT_FALSE(net.act("EST", Kind::position,
                       "{\"silence\":" + quoted(net.silence) + ",\"stance\":\"break\",\"text\":\"" +
                           std::string(70'000, 'x') + "\"}")
                   .has_value());
  EXPECT_TRUE(net.node("EST").consultation->signer().obstacles().empty()) << "nothing happened";
}

}  // namespace
}  // namespace tocsin::council
