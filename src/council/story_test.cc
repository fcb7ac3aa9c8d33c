// July 2021 as it may have gone: thirty delegations and their chair, each with its own node, on a network that is cut
// and healed, with clocks that are wrong and machines that go down; and one member that breaks silence behind a
// partition.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "council/bundle.h"
#include "council/holding.h"
#include "council/simulation.h"
#include "council/verdict.h"
#include "support/corpus.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using consult::Status;
using simulation::Network;

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }
std::string in_quotes(const Hash& hash) { return in_quotes(consult::hex(hash)); }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::vector<std::string> allies = {"ALB", "BEL", "BGR", "CAN", "CZE", "DEU", "DNK", "ESP", "EST", "FRA",
                                         "GBR", "GRC", "HRV", "HUN", "ISL", "ITA", "LTU", "LUX", "LVA", "MKD",
                                         "MNE", "NLD", "NOR", "POL", "PRT", "ROU", "SVK", "SVN", "TUR", "USA"};

// One text in one language, given to every node by hand.
std::string table_text(Network& net, const std::string& text) {
  const Manifest manifest = *make_manifest({{"en", trust::sha256_hex(text)}}, {});
  for (auto& [name, node] : net.nodes()) {
    if (node.consultation != nullptr) {
      EXPECT_TRUE(node.consultation->receive(Record{RecordKind::text, text_json({"en", text})}).has_value());
      EXPECT_TRUE(node.consultation->receive(Record{RecordKind::manifest, manifest.canonical}).has_value());
    }
  }
  return manifest.sha256;
}

std::string draft_body(std::uint64_t revision, const Hash* parent, const std::string& digest) {
  return "{\"rev\":" + std::to_string(revision) + ",\"parent\":" + (parent == nullptr ? "null" : in_quotes(*parent)) +
         ",\"text_sha256\":" + in_quotes(digest) + "}";
}
std::string names_silence(const Hash& silence) { return "{\"silence\":" + in_quotes(silence) + "}"; }
std::string position(const Hash& silence, std::string_view stance, std::string_view text) {
  return "{\"silence\":" + in_quotes(silence) + ",\"stance\":" + in_quotes(stance) + ",\"text\":" + in_quotes(text) +
         "}";
}

TEST(Story, July2021) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "no corpus: statements/000_24ddd8df405e288b.txt";
  }
  const std::string first = read_file(test::corpus() / "statements/001_f51162f6bf1a174f.txt");
  const std::string last = read_file(test::corpus() / "statements/000_24ddd8df405e288b.txt");
  ASSERT_FALSE(first.empty());
  ASSERT_FALSE(last.empty());

  simulation::RosterPlan plan{.members = allies};
  plan.chair = "SECGEN";
  plan.partners = {"AUS", "JPN"};
  plan.witnesses = {"BEL", "CAN", "DEU", "EST", "FRA", "GBR", "ITA", "NLD", "NOR", "POL", "SECGEN"};
  plan.quorum = 6;
  Network net(plan, "USA", "Statement on malicious cyber activities", "2021-07-16T08:00:00Z");
  int clock = 0;
  for (auto& [name, node] : net.nodes()) {  // within a quarter of a minute of each other
    node.machine->skew = (clock = (clock + 7'301) % 30'000) - 15'000;
  }
  net.run_for(5'000);
  EXPECT_EQ(net.state_at("NOR").status, Status::open);

  // A text, and its first silence, which ends in words that a member cannot accept.
  const Hash rev1 = *net.act("GBR", Kind::draft, draft_body(1, nullptr, table_text(net, first)));
  net.run_to("2021-07-16T09:00:00Z");
  EXPECT_EQ(net.state_at("TUR").status, Status::tabled);
  const Hash silence1 =
      *net.act("SECGEN", Kind::silence,
               "{\"draft\":" + in_quotes(rev1) + ",\"deadline\":\"2021-07-16T18:00:00Z\",\"class\":\"crisis\"}");
  net.run_to("2021-07-16T12:00:00Z");
  EXPECT_EQ(net.state_at("TUR").status, Status::silence);
  ASSERT_TRUE(net.act("NOR", Kind::pass, names_silence(silence1)).has_value());
  const Hash objection = *net.act("FRA", Kind::position, position(silence1, "break", "daily lives, not livelihoods"));
  net.run_for(2'000);
  EXPECT_EQ(net.state_at("ALB").status, Status::broken);
  EXPECT_EQ(holding(net.node("FRA").consultation->item(), objection, net.seconds() + 60).by.size(), 10U);

  // The drafter amends; the chair opens a new silence, and ten delegations lose their lines.
  const Hash rev2 = *net.act("GBR", Kind::draft, draft_body(2, &rev1, table_text(net, last)));
  net.run_to("2021-07-17T06:00:00Z");
  const Hash silence2 =
      *net.act("SECGEN", Kind::silence,
               "{\"draft\":" + in_quotes(rev2) + ",\"deadline\":\"2021-07-17T16:00:00Z\",\"class\":\"crisis\"}");
  net.run_to("2021-07-17T07:00:00Z");
  EXPECT_EQ(net.state_at("LVA").status, Status::silence);
  const std::set<std::string> island = {"ALB", "BGR", "EST", "GRC", "HRV", "LTU", "LVA", "MKD", "MNE", "POL"};
  net.cut_off(island);
  for (const std::string name : {"BEL", "CAN", "DEU", "FRA", "GBR", "ITA", "NLD"}) {
    net.run_for(60'000);
    ASSERT_TRUE(net.act(name, Kind::pass, names_silence(silence2)).has_value()) << name;
  }
  for (const std::string name : {"EST", "LTU", "LVA", "POL"}) {
    net.run_for(60'000);
    ASSERT_TRUE(net.act(name, Kind::pass, names_silence(silence2)).has_value()) << name;
  }
  ASSERT_TRUE(
      net.act("GRC", Kind::position, position(silence2, "interpret", "we read paragraph 3 narrowly")).has_value());
  EXPECT_GT(net.states().size(), 1U);
  net.run_to("2021-07-17T12:00:00Z");
  // Machines go down and come up, on both sides; on some a write was torn.
  for (const std::string name : {"BEL", "EST", "USA", "SECGEN", "MNE"}) {
    net.restart(name, name != "USA");
  }
  // The chair sees who is missing, and gives time.
  ASSERT_TRUE(
      net.act("SECGEN", Kind::extend, "{\"silence\":" + in_quotes(silence2) + ",\"deadline\":\"2021-07-18T10:00:00Z\"}")
          .has_value());
  net.run_to("2021-07-17T20:00:00Z");
  net.heal();
  net.run_for(1'000);
  EXPECT_EQ(net.states().size(), 1U) << "a second after healing all nodes say the same";
  EXPECT_EQ(net.state_at("MKD").deadline, consult::parse_seconds("2021-07-18T10:00:00Z"));

  for (const std::string& name : allies) {
    const auto passed = net.state_at(name).passed;
    if (name != "TUR" && std::ranges::find(passed, name) == passed.end()) {
      net.run_for(60'000);
      ASSERT_TRUE(net.act(name, Kind::pass, names_silence(silence2)).has_value()) << name;
    }
  }
  ASSERT_TRUE(net.act("JPN", Kind::position, position(silence2, "associate", "")).has_value());
  net.run_to("2021-07-18T10:00:30Z");
  EXPECT_EQ(net.state_at("USA").status, Status::expired);
  EXPECT_EQ(net.state_at("USA").presumed, std::vector<std::string>{"TUR"});

  // One was never heard of. After the challenge period the chair closes; witnesses acknowledge from both halves of a
  // network that is cut again.
  net.run_to("2021-07-19T10:01:00Z");
  EXPECT_EQ(net.state_at("USA").status, Status::presumed);
  net.cut_off({"NOR", "EST", "GBR", "FRA", "CAN"});
  ASSERT_TRUE(
      net.act("SECGEN", Kind::close, "{\"silence\":" + in_quotes(silence2) + ",\"presumed\":[\"TUR\"]}").has_value());
  net.run_for(60'000);
  EXPECT_EQ(net.state_at("NOR").status, Status::presumed) << "behind the cut nothing is known of the close";
  net.heal();
  net.run_for(1'000);
  const std::set<std::string> states = net.states();
  ASSERT_EQ(states.size(), 1U) << "a second after healing all nodes say the same";
  const consult::State state = net.state_at("TUR");
  EXPECT_EQ(state.status, Status::adopted);
  EXPECT_EQ(state.passed.size(), 29U);
  EXPECT_EQ(state.presumed, std::vector<std::string>{"TUR"});
  EXPECT_EQ(state.associated, std::vector<std::string>{"JPN"});
  EXPECT_EQ(state.draft, rev2);
  ASSERT_EQ(state.positions.size(), 1U);
  EXPECT_EQ(state.positions.front().member, "GRC");
  EXPECT_TRUE(state.equivocators.empty());
  EXPECT_TRUE(state.rejected.empty());

  // The published text, from any node's export, by somebody who knows one hash.
  Item& item = net.node("ISL").consultation->item();
  const Bundle bundle = *read_bundle(write_bundle(item));
  consult::Ed25519Verifier verifier;
  const Verdict verdict = verify_bundle(bundle, {.roster = item.roster().hash, .as_of = net.seconds()}, verifier,
                                        {.zone = {}, .zone_name = {}});
  EXPECT_EQ(verdict.outcome, Outcome::adopted_presumed);
  EXPECT_TRUE(verdict.findings.empty()) << verdict.findings.front();
  EXPECT_EQ(verdict.decision, consult::hex(*state.decision));
  const auto* draft = verdict.item->find(*verdict.state.draft);
  const Manifest* manifest = verdict.item->manifest(body_text(*draft->entry, "text_sha256"));
  ASSERT_NE(manifest, nullptr);
  EXPECT_EQ(verdict.item->text(manifest->texts.front().sha256)->text, last);

  // Everybody's disk tells the same again.
  for (auto& [name, node] : net.nodes()) {
    net.restart(name, false);
  }
  EXPECT_EQ(net.states(), states);
}

// POL breaks silence one second before the deadline, behind a partition; D is 12:00 on Tuesday, C a day.
struct Behind : Network {
  Behind() : Network({.members = {"EST", "NOR", "POL"}}, "CHAIR", "A text", "2026-03-01T08:00:00Z") {
    run_for(2'000);
    draft = *act("NOR", Kind::draft, draft_body(1, nullptr, std::string(64, 'a')));
    run_for(2'000);
    silence = *act("CHAIR", Kind::silence,
                   "{\"draft\":" + in_quotes(draft) + ",\"deadline\":\"2026-03-03T12:00:00Z\",\"class\":\"crisis\"}");
    run_for(2'000);
    cut_off({"POL"});
    run_to("2026-03-03T11:59:59Z");
    broken = *act("POL", Kind::position, position(silence, "break", "no"));
    run_to("2026-03-03T13:00:00Z");
    EXPECT_TRUE(act("NOR", Kind::pass, names_silence(silence)).has_value());
    EXPECT_TRUE(act("EST", Kind::pass, names_silence(silence)).has_value());
    run_for(2'000);
    EXPECT_EQ(state_at("NOR").status, Status::expired);
    EXPECT_EQ(state_at("POL").status, Status::broken_unproven);
    EXPECT_TRUE(holding(node("POL").consultation->item(), broken, seconds()).by.empty()) << "held by 0 of 3";
  }
  consult::Standing standing() {
    const consult::State state = state_at("NOR");
    EXPECT_EQ(state.breaks.size(), 1U);
    return state.breaks.front().standing;
  }
  Hash draft;
  Hash silence;
  Hash broken;
};

TEST(Story, ABreakThatComesWithinTheChallengePeriodIsTreatedAsBroken) {
  Behind net;
  net.run_to("2026-03-04T11:00:00Z");
  net.heal();
  net.run_for(1'000);
  EXPECT_EQ(net.states().size(), 1U);
  EXPECT_EQ(net.state_at("NOR").status, Status::broken_unproven);
  EXPECT_EQ(net.standing(), consult::Standing::unproven);
  EXPECT_EQ(holding(net.node("POL").consultation->item(), net.broken, net.seconds() + 60).by.size(), 3U);
  // It stays so: it was witnessed in time, a close cannot be acknowledged.
  net.run_to("2026-03-10T11:00:00Z");
  EXPECT_EQ(net.state_at("EST").status, Status::broken_unproven);
  ASSERT_TRUE(
      net.act("CHAIR", Kind::close, "{\"silence\":" + in_quotes(net.silence) + ",\"presumed\":[\"POL\"]}").has_value());
  net.run_for(5'000);
  EXPECT_EQ(net.states().size(), 1U);
  EXPECT_EQ(net.state_at("EST").status, Status::broken_unproven);
  EXPECT_EQ(net.state_at("EST").closing->acknowledged, 0U);
}

TEST(Story, ABreakThatComesAfterTheChallengePeriodIsLate) {
  Behind net;
  net.run_to("2026-03-04T12:01:00Z");
  EXPECT_EQ(net.state_at("NOR").status, Status::presumed);
  ASSERT_TRUE(
      net.act("CHAIR", Kind::close, "{\"silence\":" + in_quotes(net.silence) + ",\"presumed\":[\"POL\"]}").has_value());
  net.run_for(5'000);
  EXPECT_EQ(net.state_at("NOR").status, Status::adopted);
  const auto decision = net.state_at("NOR").decision;
  net.heal();
  net.run_for(1'000);
  EXPECT_EQ(net.states().size(), 1U);
  EXPECT_EQ(net.state_at("POL").status, Status::adopted);
  EXPECT_EQ(net.state_at("POL").decision, decision);
  EXPECT_EQ(net.standing(), consult::Standing::late);
}

}  // namespace
}  // namespace tocsin::council
