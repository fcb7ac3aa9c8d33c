#include "stix/signature.h"

#include <gtest/gtest.h>

#include "stix/secret_key.h"
#include "trust/digest.h"

namespace tocsin::stix {
namespace {

constexpr const char* norway = "identity--0a5a1f3e-1111-4111-8111-000000000001";
constexpr const char* other = "identity--0a5a1f3e-1111-4111-8111-000000000002";

trust::Ed25519Seed seed_of(std::uint8_t number) {
  trust::Ed25519Seed seed{};
  seed.fill(number);
  return seed;
}

AuthorKey key_of(std::uint8_t number, std::string identity, std::string until = "") {
  AuthorKey key;
  key.key = trust::ed25519_public_key(seed_of(number));
  key.kid = key_id(key.key);
  key.identity = std::move(identity);
  key.name = "CERT";
  key.nation = "NO";
  key.valid_from = "2026-01-01T00:00:00Z";
  key.valid_until = std::move(until);
  return key;
}

KeyRing ring_of(const AuthorKey& key, std::uint8_t number) {
  KeyRing ring;
  const auto document = write_author_key(key, seed_of(number));
  EXPECT_TRUE(document);
  EXPECT_TRUE(ring.add(*document));
  return ring;
}

std::string indicator(std::string_view by = norway) {
  return R"({"type":"indicator","spec_version":"2.1","id":"indicator--0a5a1f3e-2222-4222-8222-000000000001",)"
         R"("created_by_ref":")" +
         std::string(by) +
         R"(","created":"2026-02-01T00:00:00Z","modified":"2026-02-01T00:00:00.5Z","pattern":"[file:name = 'é\u0001']",)"
         R"("pattern_type":"stix","valid_from":"2026-02-01T00:00:00.000Z","confidence":70})";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string signed_indicator() {
  const auto made = sign_object(indicator(), key_of(1, norway), seed_of(1), "2026-03-01T00:00:00Z");
  EXPECT_TRUE(made) << (made ? "" : made.error().text());
  return made ? *made : "";
}

SignatureCheck::Answer answer(std::string_view object, const KeyRing& ring) {
  return check_signature(object, ring).answer;
}

TEST(Signature, HoldsAndNamesItsAuthor) {
  const KeyRing ring = ring_of(key_of(1, norway), 1);
  const SignatureCheck check = check_signature(signed_indicator(), ring);
  EXPECT_EQ(check.answer, SignatureCheck::Answer::valid) << check.reason;
  ASSERT_NE(check.key, nullptr);
  EXPECT_EQ(check.key->identity, norway);
  EXPECT_EQ(check.signed_at, "2026-03-01T00:00:00Z");
}

TEST(Signature, WritesOutWhatOtherToolsWouldAdd) {
  const std::string made = signed_indicator();
  EXPECT_NE(made.find(R"("created":"2026-02-01T00:00:00.000Z")"), std::string::npos);
  EXPECT_NE(made.find(R"("modified":"2026-02-01T00:00:00.500Z")"), std::string::npos);
  EXPECT_NE(made.find(R"("valid_from":"2026-02-01T00:00:00Z")"), std::string::npos);
  EXPECT_NE(made.find(R"("pattern_version":"2.1")"), std::string::npos);
}

TEST(Signature, SurvivesOtherSpellings) {
  const KeyRing ring = ring_of(key_of(1, norway), 1);
  std::string made = signed_indicator();
  made = replaced(made, "é", R"(\u00e9)");
  made = replaced(made, R"("confidence":70)", R"( "confidence" : 7.0E1 )");
  made = replaced(made, R"({"type":"indicator",)", "{\n");
  made = replaced(made, "}}}", R"(}},"type":"indicator"})");
  EXPECT_EQ(answer(made, ring), SignatureCheck::Answer::valid) << check_signature(made, ring).reason;
}

TEST(Signature, EveryChangeIsRefused) {
  const KeyRing ring = ring_of(key_of(1, norway), 1);
  const std::string made = signed_indicator();
  const std::string kid = key_of(1, norway).kid;
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"file:name", "file:nome"},
                                                        {R"("confidence":70)", R"("confidence":71)"},
                                                        {R"("confidence":70)", R"("confidence":70,"description":"x")"},
                                                        {R"(,"confidence":70)", ""},
                                                        {R"("confidence":70)", R"("confidence":70,"confidence":70)"},
                                                        {R"("pattern_version":"2.1",)", ""},
                                                        {R"("iat":"2026-03-01)", R"("iat":"2026-03-02)"},
                                                        {"000000000001\",\"created_by", "000000000003\",\"created_by"},
                                                        {R"("alg":"Ed25519")", R"("alg":"none")"},
                                                        {R"("sig":")", R"("sig":"0)"},
                                                        {R"("extension_type":"property-extension",)", ""}}) {
    EXPECT_EQ(answer(replaced(made, from, to), ring), SignatureCheck::Answer::refused) << from << " -> " << to;
  }
  EXPECT_EQ(answer(replaced(made, kid, std::string(32, '0')), ring), SignatureCheck::Answer::unknown_key);
  EXPECT_EQ(answer(indicator(), ring), SignatureCheck::Answer::not_signed);
  for (const char* text : {"", "[]", "{", "null", R"({"extensions":[]})"}) {
    EXPECT_NE(answer(text, ring), SignatureCheck::Answer::valid) << text;
  }
  // One text for each signature: capital digits are another text.
  const std::size_t at = made.find(R"("sig":")") + 7;
  std::string capitals = made;
  for (std::size_t i = at; i < at + 128; ++i) {
    capitals[i] = static_cast<char>(std::toupper(capitals[i]));
  }
  EXPECT_EQ(answer(capitals, ring), SignatureCheck::Answer::refused);
}

TEST(Signature, TheKeysOwnerMustBeTheAuthor) {
  EXPECT_FALSE(sign_object(indicator(other), key_of(1, norway), seed_of(1), "2026-03-01T00:00:00Z"));
  // A key document that names another identity, over the same key: what it signed as Norway is not that identity's.
  const KeyRing ring = ring_of(key_of(1, other), 1);
  EXPECT_EQ(answer(signed_indicator(), ring), SignatureCheck::Answer::refused);
  EXPECT_FALSE(sign_object(R"({"type":"file","id":"file--0a5a1f3e-2222-5222-8222-000000000001","name":"a"})",
                           key_of(1, norway), seed_of(1), "2026-03-01T00:00:00Z"));
  const auto own = sign_object(R"({"type":"identity","id":")" + std::string(norway) + R"(","name":"Norway"})",
                               key_of(1, norway), seed_of(1), "2026-03-01T00:00:00Z");
  ASSERT_TRUE(own);
  EXPECT_EQ(answer(*own, ring_of(key_of(1, norway), 1)), SignatureCheck::Answer::valid);
}

TEST(Signature, ValidityAndRevocation) {
  EXPECT_FALSE(sign_object(indicator(), key_of(1, norway), seed_of(1), "2025-12-31T00:00:00Z"));
  const std::string made = signed_indicator();
  EXPECT_EQ(answer(made, ring_of(key_of(1, norway, "2026-03-01T00:00:00Z"), 1)), SignatureCheck::Answer::refused);
  EXPECT_EQ(answer(made, ring_of(key_of(1, norway, "2026-03-01T00:00:01Z"), 1)), SignatureCheck::Answer::valid);
  const auto revoked = [&](const char* since, KeyRevocation::Reason reason, bool before) {
    const auto revocation = write_key_revocation({key_of(1, norway).kid, since, reason}, seed_of(1));
    EXPECT_TRUE(revocation);
    KeyRing ring;
    if (before) {
      EXPECT_TRUE(ring.add(*revocation));
    }
    EXPECT_TRUE(ring.add(*write_author_key(key_of(1, norway), seed_of(1))));
    if (!before) {
      EXPECT_TRUE(ring.add(*revocation));
    }
    return answer(made, ring);
  };
  for (const bool before : {false, true}) {
    using Reason = KeyRevocation::Reason;
    EXPECT_EQ(revoked("2026-03-02T00:00:00Z", Reason::superseded, before), SignatureCheck::Answer::valid);
    EXPECT_EQ(revoked("2026-03-01T00:00:00Z", Reason::superseded, before), SignatureCheck::Answer::refused);
    EXPECT_EQ(revoked("2026-03-02T00:00:00Z", Reason::compromised, before), SignatureCheck::Answer::refused);
  }
}

TEST(KeyRing, BelievesOnlyWhatTheKeySigned) {
  const auto document = write_author_key(key_of(1, norway), seed_of(1));
  ASSERT_TRUE(document);
  const auto refused = [](const std::string& text, ErrorCode code) {
    KeyRing ring;
    const auto added = ring.add(text);
    EXPECT_FALSE(added) << text;
    return !added && added.error().code == code && ring.size() == 0;
  };
  EXPECT_TRUE(refused(replaced(*document, "CERT", "CERT2"), ErrorCode::damaged));
  EXPECT_TRUE(refused(replaced(*document, R"("nation":"NO",)", ""), ErrorCode::damaged));
  EXPECT_TRUE(refused(*write_author_key(key_of(1, norway), seed_of(2)), ErrorCode::damaged));
  EXPECT_TRUE(refused(replaced(*document, norway, "identity--x"), ErrorCode::syntax));
  EXPECT_TRUE(refused("{}", ErrorCode::syntax));
  EXPECT_TRUE(refused(std::string(20'000, ' '), ErrorCode::limit));
  // The same key for two owners.
  KeyRing ring = ring_of(key_of(1, norway), 1);
  EXPECT_TRUE(ring.add(*document));
  EXPECT_FALSE(ring.add(*write_author_key(key_of(1, other), seed_of(1))));
  EXPECT_EQ(ring.find(key_of(1, norway).kid)->identity, norway);
  // A revocation by somebody else.
  EXPECT_FALSE(ring.add(*write_key_revocation(
      {key_of(1, norway).kid, "2026-03-01T00:00:00Z", KeyRevocation::Reason::compromised}, seed_of(2))));
  EXPECT_EQ(ring.revocation(key_of(1, norway).kid), nullptr);
}

TEST(SecretKey, OpensWithItsPassphraseAlone) {
  trust::PassphraseParameters parameters;
  parameters.passes = 1;
  parameters.memory_kib = 64;
  const auto document = write_author_key(key_of(1, norway), seed_of(1));
  const auto text = write_secret_key(*document, seed_of(1), "pass", parameters);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find(trust::to_hex(seed_of(1))), std::string::npos);
  const auto opened = read_secret_key(*text, "pass");
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened->seed, seed_of(1));
  EXPECT_EQ(opened->key.identity, norway);
  EXPECT_EQ(read_secret_key(*text, "other").error().code, ErrorCode::password);
  // The file says what is opened: another owner's name beside the same seal does not open.
  EXPECT_FALSE(read_secret_key(replaced(*text, "CERT", "CORT"), "pass"));
  EXPECT_FALSE(read_secret_key(replaced(*text, "\"passes\":1", "\"passes\":99"), "pass"));
  EXPECT_FALSE(read_secret_key("{}", "pass"));
  // A seal over another key's seed.
  const auto wrong = write_secret_key(*document, seed_of(2), "pass", parameters);
  EXPECT_EQ(read_secret_key(*wrong, "pass").error().code, ErrorCode::damaged);
}

}  // namespace
}  // namespace tocsin::stix
