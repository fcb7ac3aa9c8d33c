// Speech acts from JSON: what is read, what is refused, and that no act on others' words ever carries a blame.
#include "attribution/read.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "attribution/confidence.h"
#include "attribution/limits.h"
#include "support/corpus.h"

namespace tocsin::attribution {
namespace {

std::string file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(ReadAct, Golden) {
  std::istringstream lines(file(test::golden() / "claims" / "acts.jsonl"));
  std::size_t cases = 0;
  for (std::string line; std::getline(lines, line); ++cases) {
    const auto one = wire::parse_json(line);
    ASSERT_TRUE(one) << line;
    const std::string name(one->string_or("name", ""));
    const wire::Json* kind = one->find("kind");
    const auto object = wire::parse_json(one->find("text")->text);
    // A text that is no JSON is refused before it is an object.
    auto act = object ? read_act(*object) : Result<SpeechAct>(std::unexpected(object.error()));
    if (kind->kind == wire::Json::Kind::string) {
      ASSERT_TRUE(act) << name << ": " << act.error().text();
      EXPECT_EQ(kind_of(*act), kind->text) << name;
      EXPECT_FALSE(speaker_of(*act).empty()) << name;
    } else {
      ASSERT_FALSE(act) << name;
      EXPECT_NE(act.error().text().find(one->find("error")->text), std::string::npos)
          << name << ": " << act.error().text();
      EXPECT_FALSE(act.error().message.empty()) << name;
    }
  }
  EXPECT_GT(cases, 100U);
}

std::string attribution(std::string_view id, std::string_view more = "") {
  return R"({"type":"tocsin-attribution","id":")" + std::string(id) +
         R"(","claimant_ref":"n","activity_refs":["x"],"object":{"ref":"o","granularity":"organ"},"level":"political",)"
         R"("verb":"v","words":"w")" +
         std::string(more) + "}";
}

Record read(std::initializer_list<std::string> texts) {
  Reader reader;
  for (const std::string& text : texts) {
    EXPECT_TRUE(reader.read(text, "f")) << text;
  }
  return reader.finish();
}

TEST(Reader, TakesBundlesArraysObjectsAndLines) {
  const std::string a = attribution("a"), b = attribution("b");
  EXPECT_EQ(read({R"({"type":"bundle","id":"bundle--1","objects":[)" + a + "," + b + "]}"}).acts.size(), 2U);
  EXPECT_EQ(read({R"({"objects":[)" + a + "]}"}).acts.size(), 1U);
  EXPECT_EQ(read({"[" + a + "," + b + "]"}).acts.size(), 2U);
  EXPECT_EQ(read({"\xEF\xBB\xBF" + a}).acts.size(), 1U);
  EXPECT_EQ(read({a + "\r\n\r\n" + b + "\n"}).acts.size(), 2U);
  EXPECT_EQ(read({a + "\n" + R"({"type":"bundle","objects":[)" + b + "]}\n"}).acts.size(), 2U);
  EXPECT_EQ(read({R"({"type":"bundle","id":"bundle--1"})"}).acts.size(), 0U);
}

TEST(Reader, ABadLineEndsNothingAndIsNamed) {
  const Record record = read(
      {"{broken\n" + attribution("a") + "\n7\n" + attribution("b", ",\"level\":\"moral\"") + "\n" + attribution("c")});
  ASSERT_EQ(record.acts.size(), 2U);
  ASSERT_EQ(record.errors.size(), 3U);
  EXPECT_EQ(record.errors[0].where.line, 1U);
  EXPECT_EQ(record.errors[1].where.line, 3U);
  EXPECT_EQ(record.errors[2].where.line, 4U);
  EXPECT_EQ(record.errors[2].message.substr(0, 3), "b: ");
}

TEST(Reader, WhatIsNoJsonAtAllIsAnError) {
  for (const std::string_view text : {"", "hello", "{\"type\":", "\xff\xfe", "a\nb\nc"}) {
    Reader reader;
    const auto result = reader.read(text, "f");
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().where.source, "f");
  }
}

TEST(Reader, TheSameContentIsOneActAndTheSameIdIsNot) {
  const std::string respelt =
      R"({ "words":"w", "verb":"v", "level":"political","object":{"granularity":"organ","ref":"o"},)"
      R"("activity_refs":["x"],"claimant_ref":"n","id":"a","type":"tocsin-attribution"})";
  const Record record = read({attribution("a"), respelt, attribution("a", ",\"released\":\"2021-07-19\"")});
  EXPECT_EQ(record.acts.size(), 2U);
  EXPECT_EQ(record.duplicates, 1U);
  ASSERT_FALSE(record.notes.empty());
  EXPECT_NE(record.notes.back().text.find("different contents"), std::string::npos);
}

TEST(Reader, APlainRelationshipIsNoClaim) {
  const Record record = read({R"({"type":"relationship","id":"relationship--1","relationship_type":"attributed-to",)"
                              R"("source_ref":"campaign--1","target_ref":"threat-actor--1","created_by_ref":"n"})"});
  EXPECT_TRUE(record.acts.empty());
  EXPECT_EQ(record.relationships, 1U);
}

TEST(Confidence, IsDerivedFromAScaleAndAbsentWithoutOne) {
  const auto value = [](std::string_view more) -> int {
    const auto object = wire::parse_json(attribution("a", more));
    const auto act = read_act(*object);
    EXPECT_TRUE(act) << more;
    const auto confidence = stix_confidence(std::get<Attribution>(*act));
    return confidence ? confidence->value : -1;
  };
  EXPECT_EQ(value(R"(,"analytic_confidence":"high")"), -1);
  EXPECT_EQ(value(R"(,"analytic_confidence":"high","scale_id":"none-low-med-high")"), 85);
  EXPECT_EQ(value(R"(,"analytic_confidence":"Med","scale_id":"none-low-med-high")"), 50);
  EXPECT_EQ(value(R"(,"likelihood":"highly likely","scale_id":"phia")"), 85);
  EXPECT_EQ(value(R"(,"likelihood":"highly likely","scale_id":"wep")"), 90);
  EXPECT_EQ(value(R"(,"likelihood":"very likely","scale_id":"dni")"), 85);
  EXPECT_EQ(value(R"(,"likelihood":"very likely","scale_id":"icd-203")"), 85);
  EXPECT_EQ(value(R"(,"likelihood":"very likely","scale_id":"phia")"), -1);
  EXPECT_EQ(value(R"(,"likelihood":"likely","scale_id":"scale of my own")"), -1);
  EXPECT_EQ(value(R"(,"analytic_confidence":"1","scale_id":"admiralty-credibility")"), 90);
  EXPECT_EQ(value(R"(,"analytic_confidence":2,"scale_id":"admiralty-credibility")"), 70);
  // Cannot be judged is absent, never 50.
  EXPECT_EQ(value(R"(,"analytic_confidence":"6","scale_id":"admiralty-credibility")"), -1);
  EXPECT_EQ(value(R"(,"analytic_confidence":6,"scale_id":"admiralty-credibility")"), -1);
  EXPECT_EQ(value(R"(,"analytic_confidence":"Cannot be judged","scale_id":"none-low-med-high")"), -1);
  EXPECT_EQ(value(R"(,"analytic_confidence":"6","scale_id":"0-10")"), 60);
  // The one is never read for the other.
  EXPECT_EQ(value(R"(,"likelihood":"high","scale_id":"none-low-med-high")"), -1);
  EXPECT_EQ(value(R"(,"analytic_confidence":"likely","scale_id":"phia")"), -1);
}

}  // namespace
}  // namespace tocsin::attribution
