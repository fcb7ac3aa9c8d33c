#include "council/log_evidence.h"

#include <gtest/gtest.h>

#include "council/courier.h"
#include "council/simulation.h"

namespace tocsin::council {
namespace {

// What stands in a bundle without a proof that any key believes changes nothing but what is told.
TEST(LogEvidence, ProofsNeverDecideTheOutcome) {
  simulation::Network net({.members = {"EST", "NOR"}}, "CHAIR", "A text", "2026-03-01T08:00:00Z");
  net.run_for(2'000);
  Item& item = net.node("CHAIR").consultation->item();
  const auto verdict = [&](const std::vector<std::string>& proofs, const stix::ProofKeys& keys) {
    consult::Ed25519Verifier verifier;
    Verdict out = verify_bundle(*read_bundle(write_bundle(item, {}, nullptr, proofs)),
                                {.roster = item.roster().hash, .as_of = net.seconds()}, verifier, {});
    judge_proofs(out, proofs, keys);
    out.state = {};
    return std::pair(out.outcome, out.because.size() * 100 + out.findings.size());
  };
  const auto bare = verdict({}, {});
  EXPECT_EQ(verdict({"junk", ""}, {}), std::pair(bare.first, bare.second + 100)) << "counted, not read";
  stix::ProofKeys keys;
  keys.logs.push_back({.name = "log.example", .id = 1, .key = {}});
  EXPECT_EQ(verdict({"junk", "junk"}, keys), std::pair(bare.first, bare.second + 1)) << "one finding for what is alike";
  const std::string own = objects_of(item).front();
  const stix::ObjectProof forged{.object = own,
                                 .salt = {},
                                 .keys = {},
                                 .attestations = {},
                                 .index = 0,
                                 .path = {},
                                 .checkpoint = "log.example\n1\nAAAA\n\n\u2014 log.example AAAA\n"};
  stix::ObjectProof stranger = forged;
  stranger.object = R"({"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001"})";
  EXPECT_EQ(verdict({stix::text_of(forged), stix::text_of(stranger)}, keys), std::pair(bare.first, bare.second + 2));
  // As they were written they are read.
  EXPECT_EQ(read_bundle(write_bundle(item, {}, nullptr, {stix::text_of(forged)}))->proofs,
            std::vector<std::string>{stix::text_of(forged)});
}

}  // namespace
}  // namespace tocsin::council
