// Cosignatures, against a real one and our own, and a witness against a log that grows, goes back, and forks.
#include "trust/witness.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "trust/base64.h"
#include "trust/cosignature.h"
#include "trust/log_entry.h"

namespace tocsin::trust {
namespace {

Ed25519Seed seed_of(std::uint8_t value) {
  Ed25519Seed seed;
  seed.fill(value);
  return seed;
}

constexpr std::string_view origin = "node.example/log";
const VerifierKey log_key = verifier_key(origin, ed25519_public_key(seed_of(1)));
const std::vector<VerifierKey> log_keys = {log_key};

std::string note_of(const TreeHead& head, std::string_view name = origin, std::uint8_t seed = 1) {
  const Checkpoint checkpoint{
      std::string(name), head.size, {reinterpret_cast<const char*>(head.root.data()), head.root.size()}, ""};
  return *sign_note(text_of(checkpoint), name, seed_of(seed));
}

MerkleTree tree_of(std::uint64_t size, std::string_view word) {
  MerkleTree tree;
  for (std::uint64_t at = 0; at < size; ++at) {
    tree.append(leaf_hash(std::string(word) + std::to_string(at)));
  }
  return tree;
}

// A checkpoint of a public log as a public witness cosigned it; its line of an algorithm that is not known here is left
// out.
constexpr std::string_view real_note =
    "markovianprotocol.com/log\n9266\nQnwPzJywq5AyOk9k1zLqfryh6Ktw1CnaaKplELApoxw=\n\n"
    "\u2014 markovianprotocol.com/log "
    "AwLGyIvuxLXZM101mKdNCPTsl9GgtiG/wzbd8cGru0pGnWVMXI06twIsEIZho7n8id+w2EO0BZCalxuEm6BauQGNmgo=\n"
    "\u2014 witness.navigli.sunlight.geomys.org "
    "o+AP4gAAAABqwX+So8evhUsltetL+QnwUxEYMNrD25pJYOTFHwDCopbgQMl2AEh583AxfFNMDZzE73rdjK62tUN8oUBfd9p6usq+BA==\n";
constexpr std::string_view real_key =
    "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G";

TEST(Cosignature, OneOfAPublicWitnessHolds) {
  const auto key = parse_cosigner_key(real_key);
  ASSERT_TRUE(key);
  EXPECT_EQ(text_of(*key), real_key);
  const auto note = split_note(real_note);
  ASSERT_TRUE(note);
  ASSERT_EQ(note->signatures.size(), 2U);
  const std::vector<CosignerKey> keys = {*key};
  const auto said = check_cosignatures(*note, keys);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].valid);
  EXPECT_EQ(said[0].seconds, 0x6AC17F92U);
  // Neither another text nor another time.
  SplitNote changed = *note;
  changed.text = "markovianprotocol.com/log\n9267\nQnwPzJywq5AyOk9k1zLqfryh6Ktw1CnaaKplELApoxw=\n";
  EXPECT_FALSE(check_cosignatures(changed, keys).at(0).valid);
  changed = *note;
  changed.signatures[1].signature[7] ^= 1;
  EXPECT_FALSE(check_cosignatures(changed, keys).at(0).valid);
}

TEST(Cosignature, AKeyHasOneUse) {
  EXPECT_FALSE(parse_verifier_key(real_key));
  EXPECT_FALSE(parse_cosigner_key(text_of(log_key)));
  EXPECT_NE(cosigner_key(origin, log_key.key).id, log_key.id);
}

TEST(Cosignature, OfOurOwn) {
  const std::string note = note_of(tree_of(5, "a").head());
  const auto split = split_note(note);
  ASSERT_TRUE(split);
  const auto line = cosign(split->text, "w.example", seed_of(2), 1'679'315'147);
  ASSERT_TRUE(line);
  const std::string with = with_line(note, *line);
  EXPECT_EQ(with_line(with, *line), with);
  const auto both = split_note(with);
  ASSERT_TRUE(both);
  const std::vector<CosignerKey> keys = {cosigner_key("x.example", ed25519_public_key(seed_of(2))),
                                         cosigner_key("w.example", ed25519_public_key(seed_of(2)))};
  const auto said = check_cosignatures(*both, keys);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].valid);
  EXPECT_EQ(said[0].name, "w.example");
  EXPECT_EQ(said[0].seconds, 1'679'315'147U);
  // The log's own signature still counts, and the witness's line does not count as one.
  EXPECT_TRUE(open_checkpoint(with, log_keys));
  EXPECT_FALSE(cosign("no newline", "w.example", seed_of(2), 0));
  EXPECT_FALSE(cosign(split->text, "w example", seed_of(2), 0));
  EXPECT_FALSE(cosign(split->text, "w.example", seed_of(2), std::uint64_t{1} << 63U));
}

using What = WitnessAnswer::What;

// A witness as a node runs it.
struct Witnessing {
  std::optional<LastCosigned> last;
  WitnessAnswer ask(std::uint64_t old_size, Proof proof, std::string note) {
    WitnessAnswer answer = witness({old_size, std::move(proof), std::move(note)}, origin, log_keys, last);
    if (answer.what == What::cosign) {
      last = answer.remember;
    }
    return answer;
  }
};

TEST(Witness, FollowsALogThatGrows) {
  const MerkleTree tree = tree_of(20, "a");
  Witnessing it;
  EXPECT_EQ(it.ask(0, {}, note_of(tree.head(4))).what, What::cosign);
  EXPECT_EQ(it.ask(4, tree.consistency_proof(4, 20), note_of(tree.head())).what, What::cosign);
  EXPECT_EQ(it.last->head.size, 20U);
  // The same again, for a newer time.
  EXPECT_EQ(it.ask(20, {}, note_of(tree.head())).what, What::cosign);
}

TEST(Witness, DoesNotGoBackAndSaysWhereItStands) {
  const MerkleTree tree = tree_of(20, "a");
  Witnessing it;
  ASSERT_EQ(it.ask(0, {}, note_of(tree.head(12))).what, What::cosign);
  WitnessAnswer answer = it.ask(0, {}, note_of(tree.head(4)));
  EXPECT_EQ(answer.what, What::stale);
  EXPECT_EQ(answer.size, 12U);
  answer = it.ask(4, tree.consistency_proof(4, 20), note_of(tree.head()));
  EXPECT_EQ(answer.what, What::stale);
  EXPECT_EQ(it.ask(12, {}, note_of(tree.head(4))).what, What::bad_request);
  EXPECT_EQ(it.ask(12, {}, note_of(tree.head())).what, What::not_consistent);
  EXPECT_EQ(it.last->head.size, 12U);
}

TEST(Witness, KnowsWhomItWitnesses) {
  const MerkleTree tree = tree_of(3, "a");
  Witnessing it;
  EXPECT_EQ(it.ask(0, {}, note_of(tree.head(), "other.example/log")).what, What::unknown_log);
  EXPECT_EQ(it.ask(0, {}, note_of(tree.head(), origin, 7)).what, What::not_signed);
  EXPECT_EQ(it.ask(0, {}, "not a note").what, What::bad_request);
  EXPECT_EQ(it.ask(0, Proof(1), note_of(tree.head())).what, What::not_consistent);
  EXPECT_FALSE(it.last);
  for (const auto& [what, status] : {std::pair{What::cosign, 200},
                                     {What::bad_request, 400},
                                     {What::not_signed, 403},
                                     {What::unknown_log, 404},
                                     {What::stale, 409},
                                     {What::fork, 409},
                                     {What::not_consistent, 422}}) {
    EXPECT_EQ(http_status(what), status);
  }
}

TEST(Witness, TwoTreesOfOneSizeAreProvenToAnybody) {
  const MerkleTree tree = tree_of(9, "a");
  const MerkleTree other = tree_of(9, "b");
  Witnessing it;
  ASSERT_EQ(it.ask(0, {}, note_of(tree.head())).what, What::cosign);
  const WitnessAnswer answer = it.ask(9, {}, note_of(other.head()));
  EXPECT_EQ(answer.what, What::fork);
  ASSERT_TRUE(answer.fork);
  const auto read = parse_fork_evidence(text_of(*answer.fork));
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(*read), text_of(*answer.fork));
  EXPECT_TRUE(proves_fork(*read, log_keys));
  const std::vector<VerifierKey> others = {verifier_key(origin, ed25519_public_key(seed_of(7)))};
  EXPECT_FALSE(proves_fork(*read, others));
  // The note with another's cosignature is the same word of the log, not another one.
  const auto split = split_note(it.last->note);
  const std::string cosigned = with_line(it.last->note, *cosign(split->text, "w", seed_of(2), 5));
  EXPECT_FALSE(find_fork(it.last->note, cosigned, log_keys, {}, {}));
}

TEST(Fork, TreesOfTwoSizesAreProvenByTheSecondOnesOwnPast) {
  EXPECT_TRUE(rc::check("a fork is proven and growth is not", [] {
    const auto common = *rc::gen::inRange<std::uint64_t>(0, 40);
    const auto size = *rc::gen::inRange<std::uint64_t>(common + 1, 60);
    const auto later = *rc::gen::inRange<std::uint64_t>(size, 90);
    MerkleTree honest = tree_of(common, "a");
    MerkleTree forked = tree_of(common, "a");
    for (std::uint64_t at = common; at < later; ++at) {
      honest.append(leaf_hash("a" + std::to_string(at)));
      forked.append(leaf_hash("b" + std::to_string(at)));
    }
    const std::string first = note_of(honest.head(size));
    const auto found = find_fork(note_of(forked.head(later)), first, log_keys, forked.head(size).root,
                                 forked.consistency_proof(size, later));
    RC_ASSERT(found.has_value());
    RC_ASSERT(proves_fork(*parse_fork_evidence(text_of(*found)), log_keys));
    // Nobody can make evidence against a log that only grew, whatever root is claimed.
    const Proof proof = honest.consistency_proof(size, later);
    RC_ASSERT(!find_fork(first, note_of(honest.head(later)), log_keys, honest.head(size).root, proof));
    RC_ASSERT(!find_fork(first, note_of(honest.head(later)), log_keys, forked.head(size).root, proof));
  }));
}

TEST(Witness, RequestsAreReadInOneForm) {
  const MerkleTree tree = tree_of(20, "a");
  const CheckpointRequest request{7, tree.consistency_proof(7, 20), note_of(tree.head())};
  const std::string text = text_of(request);
  const auto read = parse_checkpoint_request(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(*read), text);
  for (const std::string& bad :
       {std::string(), std::string("old 7\n"), std::string("old 7\n\n"), "old 07\n\n" + request.note,
        "old x\n\n" + request.note, "7\n\n" + request.note, "old 7\nAAAA\n\n" + request.note,
        "old 7\n" + text_of(request).substr(6, 10), std::string("old 99999999999999999999\n\nx\n")}) {
    EXPECT_FALSE(parse_checkpoint_request(bad)) << bad;
  }
  const Proof long_proof(64);
  EXPECT_FALSE(parse_checkpoint_request(text_of(CheckpointRequest{7, long_proof, request.note})));
  for (std::size_t at = 0; at < 60; ++at) {
    const std::string evidence = text_of(ForkEvidence{request.note, request.note, {}, request.proof});
    EXPECT_FALSE(parse_fork_evidence(evidence.substr(0, evidence.size() * at / 60)));
    EXPECT_TRUE(parse_fork_evidence(evidence));
    EXPECT_FALSE(parse_fork_evidence(evidence + "x"));
  }
}

TEST(LogEntry, IsACommitment) {
  LogSalt salt{};
  const std::string entry = log_entry("{}", salt);
  EXPECT_EQ(entry.size(), 32U);
  EXPECT_EQ(entry, log_entry("{}", salt));
  EXPECT_NE(entry, log_entry("{ }", salt));
  salt[31] = 1;
  EXPECT_NE(entry, log_entry("{}", salt));
  // What docs/log.md states, so that others can compute it.
  Sha256 hash;
  hash.add("tocsin-log-entry/v1\n");
  hash.add(std::string(32, '\0'));
  const Sha256Digest object = sha256("{}");
  hash.add({reinterpret_cast<const char*>(object.data()), object.size()});
  EXPECT_EQ(hash.hex(), to_hex(entry));
}

}  // namespace
}  // namespace tocsin::trust
