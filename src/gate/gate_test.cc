// The gate: every cell of its table, the hand-written cases of tests/golden/gate, and what its readers take apart.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "gate/base64.h"
#include "gate/gate.h"
#include "gate/recognise.h"
#include "support/corpus.h"

namespace tocsin::gate {
namespace {

using wire::Json;

Verdict verdict_of(const std::string& line, Time now = {}) {
  const auto json = wire::parse_json(line);
  EXPECT_TRUE(json.has_value()) << line;
  const auto verdict = decide(*json, now);
  EXPECT_TRUE(verdict.has_value()) << line;
  return *verdict;
}

TEST(GateTable, HasEveryCellOnce) {
  std::set<std::tuple<Kind, Scope, Consent>> cells;
  for (const Cell& one : table()) {
    EXPECT_TRUE(cells.insert({one.kind, one.scope, one.consent}).second);
  }
  EXPECT_EQ(cells.size(), 8U * 3 * 2);
}

// Section by section what the table must say: a second statement of it, in words.
TEST(GateTable, SaysWhatTheMandateSays) {
  for (const Cell& one : table()) {
    const bool own = one.scope == Scope::own;
    const bool consented = one.consent == Consent::valid;
    Class expected = Class::R;
    switch (one.kind) {
      case Kind::passive:
        expected = own ? Class::A : consented ? Class::C : Class::R;
        break;
      case Kind::probing:
        expected = own ? Class::A : consented && one.scope == Scope::other ? Class::C : Class::R;
        break;
      case Kind::active:
        expected = own ? Class::B : consented ? Class::C : Class::R;
        break;
      case Kind::destroying:
        expected = own ? Class::B : Class::R;
        break;
      case Kind::lawful:
        expected = Class::D;
        break;
      case Kind::sovereign:
        expected = Class::L;
        break;
      case Kind::offensive:
      case Kind::unknown:
      case Kind::container:
        break;
    }
    EXPECT_EQ(one.verdict, expected) << static_cast<int>(one.kind) << static_cast<int>(one.scope) << consented;
  }
}

// Every cell, asked from outside with an action of its kind, in every context.
TEST(GateTable, EveryCellIsWhatALineGets) {
  const std::map<Kind, std::string> actions = {{Kind::passive, "hunt"},        {Kind::probing, "scan"},
                                               {Kind::active, "contain"},      {Kind::destroying, "wipe"},
                                               {Kind::lawful, "referral"},     {Kind::sovereign, "necessity"},
                                               {Kind::offensive, "hack-back"}, {Kind::unknown, "zork"}};
  const std::map<Scope, std::string> scopes = {
      {Scope::own, "own"}, {Scope::other, "other"}, {Scope::third_party, "third-party"}};
  for (const Cell& one : table()) {
    for (const std::string context : {"import", "table", "export"}) {
      const std::string consent =
          one.consent == Consent::valid ? R"({"scope":["all"],"until":"2030-01-01T00:00:00Z"})" : "null";
      const Verdict verdict =
          verdict_of(R"({"action":")" + actions.at(one.kind) + R"(","scope":")" + scopes.at(one.scope) +
                     R"(","consent":)" + consent + R"(,"owner":"identity--1","context":")" + context +
                     R"(","source":{"format":"text","object":{}},"at":"2026-01-01T00:00:00Z"})");
      EXPECT_EQ(verdict.verdict, one.verdict) << actions.at(one.kind) << scopes.at(one.scope) << consent;
      EXPECT_EQ(verdict.rule, one.rule) << actions.at(one.kind) << scopes.at(one.scope) << consent;
    }
  }
}

TEST(GateCases, HandWritten) {
  std::ifstream file(test::golden() / "gate" / "cases.jsonl");
  std::string line;
  std::size_t count = 0;
  std::map<std::string, int> classes;
  while (std::getline(file, line)) {
    const auto json = wire::parse_json(line);
    ASSERT_TRUE(json.has_value()) << line;
    const auto verdict = decide(*json->find("line"), {});
    ASSERT_TRUE(verdict.has_value()) << line;
    const Json& expect = *json->find("expect");
    EXPECT_EQ(name_of(verdict->verdict), expect.string_or("class", "")) << json->string_or("name", "") << "\n" << line;
    EXPECT_EQ(decision_of(verdict->verdict), expect.string_or("decision", "")) << json->string_or("name", "");
    EXPECT_EQ(code_text(verdict->rule), expect.string_or("rule", "")) << json->string_or("name", "");
    ++classes[std::string(name_of(verdict->verdict))];
    ++count;
  }
  EXPECT_GE(count, 200U);
  EXPECT_EQ(classes.size(), 6U);
}

TEST(Gate, WordsAreToldAndDecideNothing) {
  const Verdict verdict = verdict_of(
      R"({"action":"hunt","scope":"own","consent":null,"owner":"x","context":"import","source":{"format":"text",)"
      R"("object":{"text":"hunt for Mimikatz, then Hack Back"}}})");
  EXPECT_EQ(verdict.verdict, Class::A);
  EXPECT_EQ(verdict.review, (std::vector<std::string>{"hack back", "mimikatz"}));
}

TEST(Gate, WithoutAMomentEveryConsentIsOver) {
  const std::string line =
      R"({"action":"hunt","scope":"other","consent":{"scope":"all","until":"2999-01-01T00:00:00Z"},"owner":"x",)"
      R"("context":"import","source":null})";
  EXPECT_EQ(verdict_of(line).rule, Rule::consent_expired);
  EXPECT_EQ(verdict_of(line, Time::from_seconds(1'700'000'000)).rule, Rule::consented);
}

TEST(Gate, WrongFormsAreErrors) {
  for (const std::string text :
       {"7", "[]", R"({"action":7})", R"({"action":"hunt","scope":[]})",
        R"({"action":"hunt","scope":"own","source":"x"})", R"({"action":"hunt","at":"soon"})"}) {
    const auto json = wire::parse_json(text);
    ASSERT_TRUE(json.has_value());
    const auto verdict = decide(*json, {});
    ASSERT_FALSE(verdict.has_value()) << text;
    EXPECT_EQ(verdict.error().code, ErrorCode::usage);
  }
}

TEST(Gate, DeepAndLargeSourcesAreRefused) {
  // One wrapping more than is taken apart hides what is inside: refused, not allowed.
  std::string wrapped = R"({\"action\":\"query\",\"target\":{\"file\":{}}})";
  const std::string head = R"({"action":"hunt","scope":"own","consent":null,"owner":"x","context":"import","source":)"
                           R"({"format":"text","object":{"list":[)";
  std::string items;
  for (int i = 0; i < 210'000; ++i) {
    items += i == 0 ? "1" : ",1";
  }
  EXPECT_EQ(verdict_of(head + items + "]}}}").rule, Rule::unreadable);
  EXPECT_EQ(verdict_of(head + "\"" + wrapped + "\"]}}}").verdict, Class::A);
}

TEST(Recognise, DocumentsThatNobodyNamed) {
  const auto told = [](const std::string& text) {
    const auto document = wire::parse_json(text);
    EXPECT_TRUE(document.has_value()) << text;
    std::string out;
    for (const Recognised& one : recognise(*document)) {
      out += std::string(one.format) + " " + one.what + ";";
    }
    return out;
  };
  EXPECT_EQ(told(R"({"type":"playbook","name":"Evict"})"), "cacao CACAO playbook \"Evict\";");
  EXPECT_EQ(told(R"({"workflow":{}})"), "cacao CACAO playbook;");
  EXPECT_EQ(told(R"({"action":"deny","target":{"file":{}}})"), "openc2 OpenC2 command \"deny\";");
  EXPECT_EQ(told(R"({"body":{"openc2":{"request":{"action":"deny","target":{"file":{}}}}}})"),
            "openc2 OpenC2 command;");
  EXPECT_EQ(told(R"({"body":"a letter"})"), "");
  EXPECT_EQ(told(R"({"Event":{"info":"x"}})"), "misp MISP event \"x\";");
  EXPECT_EQ(told(R"({"type":"bundle","objects":[{"type":"identity"},{"type":"course-of-action","name":"y"}]})"),
            "text STIX course of action \"y\";");
  EXPECT_EQ(told(R"([{"type":"playbook"},7,{"predicate":"deny"}])"), "cacao CACAO playbook;misp MISP object;");
  for (const std::string nothing : {"7", "null", "[]", "{}", R"({"type":"bundle"})", R"({"type":"indicator"})"}) {
    EXPECT_EQ(told(nothing), "") << nothing;
  }
}

TEST(Base64, BothAlphabetsAndNoPadding) {
  EXPECT_EQ(decode_base64("aGVsbG8="), "hello");
  EXPECT_EQ(decode_base64("aGVs\nbG8"), "hello");
  EXPECT_EQ(decode_base64("-_-_"), decode_base64("+/+/"));
  EXPECT_EQ(decode_base64("a"), std::nullopt);
  EXPECT_EQ(decode_base64("a=b"), std::nullopt);
  EXPECT_EQ(decode_base64("?"), std::nullopt);
}

}  // namespace
}  // namespace tocsin::gate
