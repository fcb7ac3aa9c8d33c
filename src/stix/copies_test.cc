// Copies of one version: what the standard calls the same, what an author's two signatures prove, and the real history
// of ATT&CK; attestations, which vouch where no signature can stand.
#include "stix/copies.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "stix/attestation.h"
#include "stix/bundle.h"
#include "stix/object.h"
#include "stix/signature.h"
#include "stix/validate.h"
#include "support/corpus.h"

namespace tocsin::stix {
namespace {

using Answer = CopyComparison::Answer;
constexpr const char* norway = "identity--0a5a1f3e-1111-4111-8111-000000000001";
constexpr const char* sweden = "identity--0a5a1f3e-1111-4111-8111-000000000002";

trust::Ed25519Seed seed_of(std::uint8_t number) {
  trust::Ed25519Seed seed{};
  seed.fill(number);
  return seed;
}

AuthorKey key_of(std::uint8_t number, std::string identity) {
  AuthorKey key;
  key.key = trust::ed25519_public_key(seed_of(number));
  key.kid = key_id(key.key);
  key.identity = std::move(identity);
  key.name = "CERT";
  key.valid_from = "2026-01-01T00:00:00Z";
  return key;
}

KeyRing ring() {
  KeyRing out;
  EXPECT_TRUE(out.add(*write_author_key(key_of(1, norway), seed_of(1))));
  EXPECT_TRUE(out.add(*write_author_key(key_of(2, norway), seed_of(2))));
  EXPECT_TRUE(out.add(*write_author_key(key_of(3, sweden), seed_of(3))));
  return out;
}

std::string indicator(std::string_view more, std::string_view modified = "2026-02-01T00:00:00.5Z",
                      std::string_view by = norway) {
  return R"({"type":"indicator","spec_version":"2.1","id":"indicator--0a5a1f3e-2222-4222-8222-000000000001",)"
         R"("created_by_ref":")" +
         std::string(by) + R"(","created":"2026-02-01T00:00:00.000Z","modified":")" + std::string(modified) +
         R"(","pattern":"[file:size = 1]","pattern_type":"stix","valid_from":"2026-02-01T00:00:00Z")" +
         std::string(more) + "}";
}

Answer answer(std::string_view a, std::string_view b) {
  const auto compared = compare_copies(a, b);
  EXPECT_TRUE(compared);
  const auto back = compare_copies(b, a);
  EXPECT_TRUE(back);
  EXPECT_EQ(compared->answer, back->answer);
  EXPECT_EQ(compared->properties, back->properties);
  return compared->answer;
}

TEST(Copies, SpellingAndDefaultsAreNoDifference) {
  const std::string plain = indicator("");
  for (const std::string& same :
       {indicator(R"(,"revoked":false)"), indicator(R"(,"lang":"en","pattern_version":"2.1")"),
        indicator("", "2026-02-01T00:00:00.500Z"), indicator(" \n "), indicator(R"(,"extensions":{})"),
        *sign_object(plain, key_of(1, norway), seed_of(1), "2026-03-01T00:00:00Z"),
        *sign_object(plain, key_of(2, norway), seed_of(2), "2026-04-01T00:00:00Z")}) {
    EXPECT_EQ(answer(plain, same), Answer::same) << same;
  }
  EXPECT_EQ(answer(indicator(R"(,"confidence":70)"), indicator(R"(,"confidence":7.0e1)")), Answer::same);
  EXPECT_EQ(answer(indicator(R"(,"name":"é")"), indicator(R"(,"name":"\u00e9")")), Answer::same);
  EXPECT_EQ(answer(indicator(R"(,"revoked":false)"), indicator(R"(,"lang":"en")")), Answer::same);
}

TEST(Copies, OtherContentIsADifference) {
  const std::string plain = indicator("");
  for (const char* more :
       {R"(,"revoked":true)", R"(,"lang":"no")", R"(,"pattern_version":"2.0")", R"(,"confidence":70)", R"(,"name":"")",
        R"(,"labels":["a"])", R"(,"valid_until":"2027-01-01T00:00:00Z")", R"(,"x_note":null)", R"(,"summary":false)",
        R"(,"extensions":{"extension-definition--0a5a1f3e-2222-4222-8222-000000000009":{}})"}) {
    EXPECT_EQ(answer(plain, indicator(more)), Answer::different) << more;
  }
  // Lists are ordered (section 2.10).
  EXPECT_EQ(answer(indicator(R"(,"labels":["a","b"])"), indicator(R"(,"labels":["b","a"])")), Answer::different);
  EXPECT_EQ(compare_copies(plain, indicator(R"(,"name":"x","confidence":7)"))->properties,
            (std::vector<std::string>{"confidence", "name"}));
  // What has no canonical form is nothing but its bytes.
  const std::string twice = indicator(R"(,"name":"a","name":"b")");
  EXPECT_EQ(answer(twice, twice), Answer::same);
  EXPECT_EQ(answer(twice, twice + " "), Answer::different);
}

TEST(Copies, MarkingsAreEachCopysOwn) {
  constexpr const char* red = R"(,"object_marking_refs":["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"])";
  EXPECT_EQ(answer(indicator(""), indicator(red)), Answer::other_markings);
  EXPECT_EQ(answer(indicator(""), indicator(std::string(red) + R"(,"name":"x")")), Answer::different);
}

TEST(Copies, OnlyVersionsOfOneObjectAreCompared) {
  EXPECT_EQ(answer(indicator(""), indicator("", "2026-02-02T00:00:00.000Z")), Answer::not_versions_of_one);
  const std::string file = R"({"type":"file","id":"file--0a5a1f3e-2222-5222-8222-000000000001","name":"a")";
  EXPECT_EQ(answer(file + "}", file + R"(,"size":1})"), Answer::not_versions_of_one);
  const std::string marking =
      R"({"type":"marking-definition","spec_version":"2.1","id":"marking-definition--0a5a1f3e-2222-4222-8222-000000000001",)"
      R"("definition_type":"statement","created":")";
  EXPECT_EQ(answer(marking + R"(2026-01-01T00:00:00.000Z","definition":{"statement":"a"}})",
                   marking + R"(2026-01-02T00:00:00.000Z","definition":{"statement":"b"}})"),
            Answer::different);
  EXPECT_FALSE(compare_copies("{}", indicator("")));
  EXPECT_FALSE(compare_copies(indicator(""), "["));
}

TEST(Equivocation, TwoSignaturesOfOneAuthorAreProof) {
  using What = Equivocation::Answer;
  const auto made = [](const std::string& object, std::uint8_t number, const char* identity) {
    const auto out = sign_object(object, key_of(number, identity), seed_of(number), "2026-03-01T00:00:00Z");
    EXPECT_TRUE(out);
    return out.value_or("");
  };
  const KeyRing keys = ring();
  const std::string one = made(indicator(""), 1, norway);
  const std::string two = made(indicator(R"(,"name":"x")"), 1, norway);
  const auto found = equivocation(one, two, keys);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->answer, What::equivocation);
  EXPECT_EQ(found->author, norway);
  EXPECT_EQ(found->properties, std::vector<std::string>{"name"});
  // The proof alone, to whoever has the keys.
  const std::size_t line = found->proof.find('\n');
  EXPECT_EQ(equivocation(std::string_view(found->proof).substr(0, line),
                         std::string_view(found->proof).substr(line + 1), keys)
                ->answer,
            What::equivocation);
  // Another key of the same author is the same author.
  EXPECT_EQ(equivocation(one, made(indicator(R"(,"name":"x")"), 2, norway), keys)->answer, What::equivocation);
  // Another author's, nobody's, one that is not known, or one that does not hold, accuse nobody.
  EXPECT_EQ(equivocation(one, made(indicator("", "2026-02-01T00:00:00.5Z", sweden), 3, sweden), keys)->answer,
            What::conflicting_copies);
  EXPECT_EQ(equivocation(one, indicator(R"(,"name":"x")"), keys)->answer, What::conflicting_copies);
  EXPECT_EQ(equivocation(one, two, KeyRing())->answer, What::conflicting_copies);
  std::string forged = one;
  forged.replace(forged.find("file:size = 1"), 13, "file:size = 2");
  EXPECT_EQ(equivocation(one, forged, keys)->answer, What::conflicting_copies);
  EXPECT_EQ(equivocation(one, one, keys)->answer, What::none);
  EXPECT_EQ(equivocation(one, made(indicator("", "2026-02-02T00:00:00.000Z"), 1, norway), keys)->answer, What::none);
}

TEST(Copies, OfAttackTheDifferentOnesAreFound) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "the corpus with stix/attack is absent";
  }
  std::map<std::string, std::vector<std::string>> copies;  // by id and version
  std::vector<std::string> texts;
  for (const char* name : {"ics-attack-16.1", "ics-attack-17.1", "ics-attack-18.1", "mobile-attack-17.1"}) {
    std::ifstream file(corpus / "stix" / "attack" / (std::string(name) + ".json"));
    std::stringstream text;
    text << file.rdbuf();
    texts.push_back(text.str());
    const auto cut = cut_bundle(texts.back());
    ASSERT_TRUE(cut) << name;
    for (const std::string_view bytes : cut->objects) {
      const auto object = read_object(bytes);
      ASSERT_TRUE(object);
      copies[object->id + " " + object->modified].emplace_back(bytes);
    }
  }
  EXPECT_EQ(copies.size(), 6'114U);
  std::size_t several = 0;
  std::map<std::string, std::size_t> why;
  for (const auto& [name, of_one] : copies) {
    several += of_one.size() > 1;
    std::string differs;
    for (std::size_t at = 1; at < of_one.size(); ++at) {
      const auto compared = compare_copies(of_one[at - 1], of_one[at]);
      ASSERT_TRUE(compared);
      ASSERT_NE(compared->answer, Answer::not_versions_of_one) << name;
      EXPECT_NE(compared->answer, Answer::other_markings) << name;
      if (compared->answer == Answer::different && differs.empty()) {
        differs = name.substr(0, name.find("--")) + ":";
        for (const std::string& property : compared->properties) {
          differs += " " + property;
        }
      }
    }
    if (!differs.empty()) {
      ++why[differs];
    }
  }
  EXPECT_EQ(several, 1'354U);
  // Custom properties that were dropped without a new `modified`, and a statement whose text was changed: 71. That five
  // of them also dropped `revoked`: false is no difference.
  const std::map<std::string, std::size_t> expected = {
      {"attack-pattern: x_mitre_data_sources", 65},
      {"attack-pattern: x_mitre_data_sources x_mitre_detection", 5},
      {"marking-definition: definition x_mitre_attack_spec_version x_mitre_domains", 1}};
  EXPECT_EQ(why, expected);
}

TEST(Attestation, VouchesForExactlyWhatItNames) {
  const std::string file =
      R"({"type":"file","spec_version":"2.1","id":"file--0a5a1f3e-2222-5222-8222-000000000001","size":1})";
  const std::string theirs = indicator("", "2026-02-01T00:00:00.5Z", sweden);
  const std::vector<std::string_view> objects = {file, theirs};
  const auto made = make_attestation(objects, key_of(1, norway), seed_of(1), "2026-03-01T00:00:00.000Z");
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(*made, *make_attestation(objects, key_of(1, norway), seed_of(1), "2026-03-01T00:00:00.000Z"));
  const KeyRing keys = ring();
  EXPECT_TRUE(check_attestation(*made, file, keys).covers);
  const AttestationCheck check = check_attestation(*made, theirs, keys);
  EXPECT_TRUE(check.covers);
  EXPECT_EQ(check.signature.key->identity, norway);
  const char* respelled =
      R"({ "size":1.0, "id":"file--0a5a1f3e-2222-5222-8222-000000000001", "type":"file", "spec_version":"2.1" })";
  EXPECT_TRUE(check_attestation(*made, respelled, keys).covers);
  // Not for another content, version or object, not without the key, and not where a word of it was changed.
  std::string other = file;
  other.replace(other.find("\"size\":1"), 8, "\"size\":2");
  EXPECT_EQ(check_attestation(*made, other, keys).reason, "it vouches for another content of this object");
  EXPECT_EQ(check_attestation(*made, indicator(""), keys).reason, "it vouches for another content of this object");
  other = file;
  other.replace(other.find("0001\""), 5, "0002\"");
  EXPECT_EQ(check_attestation(*made, other, keys).reason, "it does not name this object");
  EXPECT_FALSE(check_attestation(*made, file, KeyRing()).covers);
  std::string changed = *made;
  changed.replace(changed.find("sha256_jcs\":\"") + 13, 1,
                  changed[changed.find("sha256_jcs\":\"") + 13] == '0' ? "1" : "0");
  EXPECT_EQ(check_attestation(changed, file, keys).signature.answer, SignatureCheck::Answer::refused);
  EXPECT_FALSE(check_attestation(theirs, file, keys).covers);
  EXPECT_FALSE(check_attestation("[", file, keys).covers);
  EXPECT_FALSE(check_attestation(*made, "[", keys).covers);
  EXPECT_FALSE(make_attestation({}, key_of(1, norway), seed_of(1), "2026-03-01T00:00:00.000Z"));
}

TEST(Attestation, ManyAreVerifiedOnce) {
  const std::string file =
      R"({"type":"file","spec_version":"2.1","id":"file--0a5a1f3e-2222-5222-8222-000000000001","size":1})";
  const std::string theirs = indicator("", "2026-02-01T00:00:00.5Z", sweden);
  const std::vector<std::string_view> both = {file, theirs};
  const std::vector<std::string_view> one = {theirs};
  const KeyRing keys = ring();
  Attestations all;
  using What = SignatureCheck::Answer;
  EXPECT_EQ(all.add(*make_attestation(both, key_of(1, norway), seed_of(1), "2026-03-01T00:00:00.000Z"), keys).answer,
            What::valid);
  EXPECT_EQ(all.add(*make_attestation(one, key_of(3, sweden), seed_of(3), "2026-03-01T00:00:00.000Z"), keys).answer,
            What::valid);
  EXPECT_EQ(all.add(*make_attestation(one, key_of(4, sweden), seed_of(4), "2026-03-01T00:00:00.000Z"), keys).answer,
            What::unknown_key);
  EXPECT_EQ(all.find(file).size(), 1U);
  ASSERT_EQ(all.find(theirs).size(), 2U);
  EXPECT_EQ(all.find(theirs)[1].key->identity, sweden);
  EXPECT_TRUE(all.find(indicator("")).empty());
  EXPECT_TRUE(all.find("[").empty());
}

TEST(Attestation, IsAValidObjectOfStix) {
  const std::string file =
      R"({"type":"file","spec_version":"2.1","id":"file--0a5a1f3e-2222-5222-8222-000000000001","size":1})";
  const std::vector<std::string_view> objects = {file};
  const auto made = make_attestation(objects, key_of(1, norway), seed_of(1), "2026-03-01T00:00:00.000Z");
  ASSERT_TRUE(made);
  Validator validator;
  Findings findings;
  ASSERT_TRUE(validator.check(*made, findings));
  EXPECT_TRUE(findings.valid()) << findings.errors[0].message;
  EXPECT_TRUE(findings.warnings.empty()) << findings.warnings[0].message;
}

}  // namespace
}  // namespace tocsin::stix
