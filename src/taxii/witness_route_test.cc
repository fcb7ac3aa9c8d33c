// add-checkpoint: who is cosigned, who is not, and what is remembered of it.
#include "taxii/witness_route.h"

#include <gtest/gtest.h>

#include "taxii/test_node.h"
#include "trust/cosignature.h"
#include "trust/witness.h"

namespace tocsin::taxii {
namespace {

trust::Ed25519Seed seed_of(std::uint8_t value) {
  trust::Ed25519Seed seed{};
  seed.fill(value);
  return seed;
}

// A log of another node, in memory.
struct Log {
  std::string origin = "other/open";
  trust::Ed25519Seed seed = seed_of(9);
  trust::MerkleTree tree = {};
  void grow(int entries, std::string_view kind = "e") {
    for (int at = 0; at < entries; ++at) {
      tree.append(trust::leaf_hash(std::string(kind) + std::to_string(tree.size())));
    }
  }
  std::string note() const {
    const trust::TreeHead head = tree.head();
    const trust::Checkpoint checkpoint{
        origin, head.size, {reinterpret_cast<const char*>(head.root.data()), head.root.size()}, ""};
    return *trust::sign_note(trust::text_of(checkpoint), origin, seed);
  }
  std::string request(std::uint64_t old) const {
    const trust::Proof proof = old > tree.size() ? trust::Proof{} : tree.consistency_proof(old, tree.size());
    return trust::text_of(trust::CheckpointRequest{old, proof, note()});
  }
  trust::VerifierKey key() const { return trust::verifier_key(origin, trust::ed25519_public_key(seed)); }
};

class WitnessRouteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node.service = std::make_unique<Service>(*node.store, node.clock, node.random,
                                             ServiceOptions{.key = {1, 2, 3}, .witness = WitnessKey{"w", seed_of(4)}});
    ASSERT_TRUE(watch_log(*node.store, log.key()));
  }
  net::Response ask(const std::string& body) { return node.ask("POST", "/tocsin/log/add-checkpoint", "", body); }
  bool cosigned(const net::Response& response, const std::string& note) {
    const std::string with = trust::with_line(note, response.body);
    const auto split = trust::split_note(with);
    const std::vector<trust::CosignerKey> keys = {trust::cosigner_key("w", trust::ed25519_public_key(seed_of(4)))};
    const auto said = split ? trust::check_cosignatures(*split, keys) : std::vector<trust::Cosignature>();
    return response.status == 200 && said.size() == 1 && said.front().valid && said.front().seconds == 1'700'000'000;
  }
  TestNode node;
  Log log;
};

TEST_F(WitnessRouteTest, CosignsALogThatOnlyGrows) {
  log.grow(3);
  EXPECT_TRUE(cosigned(ask(log.request(0)), log.note()));
  EXPECT_TRUE(cosigned(ask(log.request(3)), log.note())) << "the same again";
  log.grow(400);
  EXPECT_TRUE(cosigned(ask(log.request(3)), log.note()));
  EXPECT_EQ(last_cosigned(*node.store, "other/open")->value_or(""), log.note());
}

TEST_F(WitnessRouteTest, SaysWhereToGoOnFrom) {
  log.grow(5);
  const std::string old = log.request(0);
  ASSERT_EQ(ask(old).status, 200);
  log.grow(2);
  const net::Response stale = ask(log.request(0));
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(stale.body, "5\n");
  EXPECT_EQ(stale.header("Content-Type"), "text/x.tlog.size");
  ASSERT_EQ(ask(log.request(5)).status, 200);
  EXPECT_EQ(ask(old).status, 409) << "an older checkpoint is never cosigned again";
  EXPECT_EQ(ask(old).body, "7\n");
}

TEST_F(WitnessRouteTest, AForkIsRefusedAndItsEvidenceKept) {
  log.grow(5);
  ASSERT_EQ(ask(log.request(0)).status, 200);
  Log other;
  other.grow(5, "x");
  EXPECT_EQ(fork_evidence(*node.store, "other/open")->value_or(""), "");
  EXPECT_EQ(ask(other.request(5)).status, 409);
  const auto kept = fork_evidence(*node.store, "other/open");
  ASSERT_TRUE(kept && *kept);
  const auto evidence = trust::parse_fork_evidence(**kept);
  ASSERT_TRUE(evidence);
  const std::vector<trust::VerifierKey> keys = {log.key()};
  EXPECT_TRUE(trust::proves_fork(*evidence, keys));
  other.grow(4, "x");
  EXPECT_EQ(ask(other.request(5)).status, 422) << "a longer one that does not lead on";
  EXPECT_EQ(last_cosigned(*node.store, "other/open")->value_or(""), log.note());
}

TEST_F(WitnessRouteTest, OnlyLogsThatAreWatchedAndSignedByTheirKey) {
  log.grow(2);
  Log stranger;
  stranger.origin = "stranger/open";
  stranger.grow(2);
  EXPECT_EQ(ask(stranger.request(0)).status, 404);
  Log forged;
  forged.seed = seed_of(10);
  forged.grow(2);
  EXPECT_EQ(ask(forged.request(0)).status, 403);
  EXPECT_FALSE(last_cosigned(*node.store, "other/open")->has_value());
  EXPECT_EQ(ask(log.request(3)).status, 400) << "a size beyond the checkpoint's";
  ASSERT_EQ(unwatch_log(*node.store, "other/open"), true);
  EXPECT_EQ(unwatch_log(*node.store, "other/open"), false);
  EXPECT_EQ(ask(log.request(0)).status, 404);
}

TEST_F(WitnessRouteTest, HostileBodies) {
  log.grow(2);
  const std::string good = log.request(0);
  for (const std::string& body : std::vector<std::string>{
           "x", "old", "old 0\n", "old 0\n\n", "old 0\n\nother/open\n", "old -1\n" + good.substr(6),
           "old 18446744073709551616\n" + good.substr(6), std::string(1000, '\n'), good.substr(0, good.size() - 1),
           good + "x", "old 0\n" + std::string(100, 'A') + "\n" + good.substr(6)}) {
    EXPECT_EQ(ask(body).status, 400) << body.substr(0, 60);
    node.clock.ticks += 600 * Time::ticks_per_second;
  }
  EXPECT_EQ(ask(std::string(std::size_t{2} << 20, 'x')).status, 413);
  EXPECT_EQ(node.ask("GET", "/tocsin/log/add-checkpoint").status, 405);
}

TEST_F(WitnessRouteTest, WhoeverIsRefusedOftenHasToWait) {
  int status = 0;
  for (int at = 0; at < 1000 && status != 429; ++at) {
    status = ask("x").status;
  }
  EXPECT_EQ(status, 429);
}

TEST_F(WitnessRouteTest, ANodeThatIsNoWitnessHasNoSuchRoute) {
  node.service = std::make_unique<Service>(*node.store, node.clock, node.random, ServiceOptions{.key = {1, 2, 3}});
  log.grow(1);
  EXPECT_EQ(ask(log.request(0)).status, 401);
}

}  // namespace
}  // namespace tocsin::taxii
