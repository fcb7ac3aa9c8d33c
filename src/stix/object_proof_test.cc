// Proofs of one object: a golden one, and one tampered with in each way that somebody may try, with what is said of it.
#include "stix/object_proof.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "stix/attestation.h"
#include "stix/signature.h"
#include "support/corpus.h"
#include "trust/witness.h"
#include "wire/json.h"

namespace tocsin::stix {
namespace {

constexpr const char* norway = "identity--0a5a1f3e-1111-4111-8111-000000000001";
constexpr const char* at = "2026-03-01T00:00:00.000Z";
constexpr std::string_view origin = "node.example/log";

trust::Ed25519Seed seed_of(std::uint8_t number) {
  trust::Ed25519Seed seed{};
  seed.fill(number);
  return seed;
}

AuthorKey author() {
  AuthorKey key;
  key.key = trust::ed25519_public_key(seed_of(1));
  key.kid = key_id(key.key);
  key.identity = norway;
  key.name = "CERT";
  key.nation = "NO";
  key.valid_from = "2026-01-01T00:00:00Z";
  return key;
}

std::string author_document() { return *write_author_key(author(), seed_of(1)); }

// What the reader of the golden proof believes: the author's key, the log's (seed 2) and a witness's (seed 3).
ProofKeys believed() {
  ProofKeys out;
  EXPECT_TRUE(out.authors.add(author_document()));
  out.logs.push_back(trust::verifier_key(origin, trust::ed25519_public_key(seed_of(2))));
  out.witnesses.push_back(trust::cosigner_key("w.example", trust::ed25519_public_key(seed_of(3))));
  return out;
}

std::string checkpoint_of(const trust::TreeHead& head, std::uint8_t log_seed) {
  const trust::Checkpoint checkpoint{
      std::string(origin), head.size, {reinterpret_cast<const char*>(head.root.data()), head.root.size()}, ""};
  const std::string note = *trust::sign_note(trust::text_of(checkpoint), origin, seed_of(log_seed));
  return trust::with_line(note, *trust::cosign(trust::text_of(checkpoint), "w.example", seed_of(3), 1'772'323'200));
}

// The fifth of eleven entries.
ObjectProof proof_of(std::string object, std::uint8_t log_seed = 2) {
  ObjectProof out;
  out.object = std::move(object);
  out.salt.fill(0x5A);
  out.index = 4;
  trust::MerkleTree tree;
  for (std::uint8_t entry = 0; entry < 11; ++entry) {
    trust::LogSalt salt{};
    salt.fill(entry);
    tree.append(
        trust::leaf_hash(entry == out.index ? trust::log_entry(out.object, out.salt) : trust::log_entry("", salt)));
  }
  out.path = tree.inclusion_proof(out.index, tree.size());
  out.checkpoint = checkpoint_of(tree.head(), log_seed);
  return out;
}

std::string signed_indicator() {
  return *sign_object(
      R"({"type":"indicator","spec_version":"2.1","id":"indicator--0a5a1f3e-2222-4222-8222-000000000001","created_by_ref":")" +
          std::string(norway) +
          R"(","created":"2026-02-01T00:00:00.000Z","modified":"2026-02-01T00:00:00.000Z","pattern":"[file:size = 1]",)"
          R"("pattern_type":"stix","valid_from":"2026-02-01T00:00:00Z"})",
      author(), seed_of(1), at);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> faults(const ProofCheck& check) {
  std::vector<std::string> out;
  for (const ProofCheck::Finding& finding : check.faults) {
    out.emplace_back(code_of(finding.fault));
  }
  return out;
}

TEST(ObjectProof, TheGoldenOneIsProven) {
  ObjectProof made = proof_of(signed_indicator());
  made.keys.push_back(author_document());
  EXPECT_EQ(text_of(made), read_file(test::golden() / "proof" / "good.tlog-proof"));
  const auto proof = parse_object_proof(text_of(made));
  ASSERT_TRUE(proof);
  const ProofCheck check = check_object_proof(*proof, believed());
  EXPECT_TRUE(check.proven()) << testing::PrintToString(faults(check));
  EXPECT_EQ(check.id, "indicator--0a5a1f3e-2222-4222-8222-000000000001");
  EXPECT_EQ(check.origin, origin);
  EXPECT_EQ(check.size, 11U);
  EXPECT_EQ(check.index, 4U);
  ASSERT_EQ(check.speakers.size(), 1U);
  EXPECT_EQ(check.speakers[0].identity, norway);
  EXPECT_TRUE(check.speakers[0].known);
  EXPECT_FALSE(check.speakers[0].attestation);
  ASSERT_EQ(check.witnesses.size(), 1U);
  EXPECT_EQ(check.witnesses[0].seconds, 1'772'323'200U);
}

// tests/golden/proof/expected.json: {"name of the file": ["code", …]}; "syntax" where it is no proof at all.
TEST(ObjectProof, TamperedOnesAreRefusedForTheirReason) {
  const auto expected = wire::parse_json(read_file(test::golden() / "proof" / "expected.json"));
  ASSERT_TRUE(expected);
  EXPECT_GE(expected->members.size(), 12U);
  const ProofKeys keys = believed();
  for (const auto& [name, codes] : expected->members) {
    std::vector<std::string> wanted;
    for (const wire::Json& code : codes.items) {
      wanted.push_back(code.text);
    }
    const auto proof = parse_object_proof(read_file(test::golden() / "proof" / name));
    EXPECT_EQ(proof ? faults(check_object_proof(*proof, keys)) : std::vector<std::string>{"syntax"}, wanted) << name;
  }
}

TEST(ObjectProof, OneKeyMaySignForAuthorAndLog) {
  const ObjectProof proof = proof_of(signed_indicator(), 1);
  ProofKeys keys;
  ASSERT_TRUE(keys.authors.add(author_document()));
  const ProofCheck check = check_object_proof(proof, keys);
  EXPECT_TRUE(check.proven());
  EXPECT_EQ(check.speakers.size(), 1U);
  // Named as a log's key as well, and that twice, it is still one key.
  keys.logs = {trust::verifier_key(origin, author().key), trust::verifier_key(origin, author().key)};
  EXPECT_TRUE(check_object_proof(proof, keys).proven());
  keys.logs.clear();
  // Not any more once it was compromised.
  ASSERT_TRUE(keys.authors.add(
      *write_key_revocation({author().kid, "2026-05-01T00:00:00Z", KeyRevocation::Reason::compromised}, seed_of(1))));
  EXPECT_EQ(faults(check_object_proof(proof, keys)), (std::vector<std::string>{"P02", "P07"}));
}

TEST(ObjectProof, WhoTheLogsKeyDoesNotName) {
  ProofKeys only_log;
  only_log.logs = believed().logs;
  ObjectProof proof = proof_of(signed_indicator());
  // Nobody said whose the author's key is: that the object is in the log is proven, and no more.
  ProofCheck check = check_object_proof(proof, only_log);
  EXPECT_TRUE(check.proven());
  EXPECT_TRUE(check.speakers.empty());
  EXPECT_EQ(check.unknown_kid, author().kid);
  // The proof's own word on it is shown as no more than that.
  proof.keys.push_back(author_document());
  check = check_object_proof(proof, only_log);
  EXPECT_TRUE(check.proven());
  ASSERT_EQ(check.speakers.size(), 1U);
  EXPECT_FALSE(check.speakers[0].known);
  EXPECT_EQ(check.speakers[0].fingerprint, fingerprint(author().key));
  // Without any key nothing is.
  EXPECT_EQ(faults(check_object_proof(proof, {})), std::vector<std::string>{"P02"});
}

TEST(ObjectProof, NobodySpeaksForAnAuthorWhoseKeyIsKnown) {
  // Another key whose own document says that it is Norway's, and whose object is really in the log.
  AuthorKey false_key = author();
  false_key.key = trust::ed25519_public_key(seed_of(7));
  false_key.kid = key_id(false_key.key);
  const auto object = sign_object(signed_indicator(), false_key, seed_of(7), at);
  ASSERT_TRUE(object);
  ObjectProof proof = proof_of(*object);
  proof.keys.push_back(*write_author_key(false_key, seed_of(7)));
  EXPECT_EQ(faults(check_object_proof(proof, believed())), std::vector<std::string>{"P07"});
  ProofKeys only_log;
  only_log.logs = believed().logs;
  const ProofCheck check = check_object_proof(proof, only_log);
  ASSERT_EQ(check.speakers.size(), 1U);
  EXPECT_FALSE(check.speakers[0].known);
}

TEST(ObjectProof, AnAttestationSpeaksForAnObservable) {
  const std::string file =
      R"({"type":"file","spec_version":"2.1","id":"file--0a5a1f3e-2222-5222-8222-000000000001","size":1})";
  const std::vector<std::string_view> objects = {file};
  ObjectProof proof = proof_of(file);
  const ProofKeys keys = believed();
  EXPECT_TRUE(check_object_proof(proof, keys).speakers.empty());
  proof.attestations.push_back(*make_attestation(objects, author(), seed_of(1), at));
  const auto read = parse_object_proof(text_of(proof));
  ASSERT_TRUE(read);
  const ProofCheck check = check_object_proof(*read, keys);
  EXPECT_TRUE(check.proven());
  ASSERT_EQ(check.speakers.size(), 1U);
  EXPECT_TRUE(check.speakers[0].attestation);
  proof.object.back() = ' ';
  proof.object += "}";
  // Another spelling is another entry, though it says the same.
  EXPECT_EQ(faults(check_object_proof(proof, keys)), std::vector<std::string>{"P05"});
}

TEST(ObjectProof, NothingThatIsCutOrFollowedIsRead) {
  const std::string text = text_of(proof_of(signed_indicator()));
  const ProofKeys keys = believed();
  for (std::size_t end = 0; end < text.size(); end += end < 60 ? 1 : 7) {
    const auto proof = parse_object_proof(std::string_view(text).substr(0, end));
    EXPECT_TRUE(!proof || !check_object_proof(*proof, keys).proven()) << end;
  }
  // Every byte of it counts, but for the names of keys in lines that are nobody's: there are none here.
  for (std::size_t place = 0; place < text.size(); place += 3) {
    std::string changed = text;
    changed[place] = static_cast<char>(changed[place] ^ 1);
    const auto proof = parse_object_proof(changed);
    EXPECT_TRUE(!proof || !check_object_proof(*proof, keys).proven()) << place;
  }
  EXPECT_FALSE(parse_object_proof(""));
}

}  // namespace
}  // namespace tocsin::stix
