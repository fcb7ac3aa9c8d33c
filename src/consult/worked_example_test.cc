// The worked example of the contract (section 8), and what its text decides that random worlds seldom meet.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "consult/limits.h"
#include "consult/request.h"
#include "consult/state.h"
#include "consult/worlds.h"
#include "support/corpus.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"

namespace tocsin::consult {
namespace {

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

// Writes entries as their authors would, signed with the digest that FakeVerifier takes.
class Scribe {
 public:
  explicit Scribe(std::string_view roles = "EST NOR POL CHAIR", int quorum = 2) {
    std::string list;
    for (std::size_t at = 0; at < roles.size();) {
      const std::size_t end = std::min(roles.find(' ', at), roles.size());
      const std::string name(roles.substr(at, end - at));
      at = end + 1;
      const char* role = name == "CHAIR" ? "chair" : name == "JPN" ? "partner" : "member";
      list += (list.empty() ? "" : ",") + ("{\"id\":" + in_quotes(name)) +
              ",\"key\":" + in_quotes(trust::sha256_hex(name)) + ",\"role\":" + in_quotes(role) + ",\"witness\":true}";
    }
    roster_ = "{\"challenge_seconds\":86400,\"members\":[" + list +
              "],\"min_period_seconds\":{\"crisis\":7200},\"version\":1,\"witness_quorum\":" + std::to_string(quorum) +
              "}";
    item_ = add("CHAIR", "2026-03-01T08:00:00Z", "open",
                "{\"roster\":" + in_quotes(trust::sha256_hex(roster_)) + ",\"title\":\"A text\"}");
  }

  // Adds to the author's chain, or on `after`; gives the id.
  std::string add(const std::string& author, std::string_view time, const std::string& kind, const std::string& body,
                  const std::string& after = {}) {
    const std::string before = after.empty() ? tips_[author] : after;
    const int sequence = before.empty() ? 0 : sequences_[before] + 1;
    const std::string bytes = "{\"author\":" + in_quotes(author) + ",\"body\":" + body +
                              ",\"item\":" + (kind == "open" ? "null" : in_quotes(item_)) +
                              ",\"kind\":" + in_quotes(kind) +
                              ",\"prev\":" + (before.empty() ? "null" : in_quotes(before)) +
                              ",\"seq\":" + std::to_string(sequence) + ",\"time\":" + in_quotes(time) + ",\"v\":1}";
    std::string canonical = *wire::canonical_json(bytes);
    const std::string id = trust::sha256_hex(canonical);
    canonical.pop_back();
    entries_.push_back(canonical + ",\"signature\":" +
                       in_quotes(worlds::fake_signature(canonical + "}", trust::sha256_hex(author))) + "}");
    sequences_[id] = sequence;
    tips_[author] = id;
    return id;
  }
  std::string receipt(const std::string& author, std::string_view time, const std::vector<std::string>& of,
                      const std::string& after = {}) {
    std::string heads;
    for (const std::string& name : of) {
      heads += (heads.empty() ? "" : ",") + in_quotes(name) + ":" + in_quotes(tips_[name]);
    }
    return add(author, time, "receipt", "{\"heads\":{" + heads + "}}", after);
  }
  void raw(std::string json) { entries_.push_back(std::move(json)); }
  std::string tip(const std::string& author) { return tips_[author]; }

  State at(std::string_view as_of, std::size_t without_last = 0) const {
    std::vector<Roster> rosters{*read_roster(roster_).roster};
    std::vector<EntryPtr> entries;
    EntryReader reader;
    for (std::size_t i = 0; i + without_last < entries_.size(); ++i) {
      if (EntryPtr entry = reader.read(entries_[i]).entry; entry != nullptr) {
        entries.push_back(std::move(entry));
      }
    }
    worlds::FakeVerifier verifier;
    return state(rosters, *parse_hash(item_), entries, *parse_seconds(as_of), verifier);
  }

 private:
  std::string roster_;
  std::string item_;
  std::vector<std::string> entries_;
  std::map<std::string, std::string> tips_;
  std::map<std::string, int> sequences_;
};

using Names = std::vector<std::string>;

// Until the deadline, Tuesday 2026-03-03 12:00: the text is under silence and everybody has seen that.
std::string under_silence(Scribe& scribe) {
  const std::string draft =
      scribe.add("NOR", "2026-03-01T09:00:00Z", "draft",
                 "{\"parent\":null,\"rev\":1,\"text_sha256\":" + in_quotes(std::string(64, 'a')) + "}");
  const std::string silence =
      scribe.add("CHAIR", "2026-03-01T10:00:00Z", "silence",
                 "{\"class\":\"crisis\",\"deadline\":\"2026-03-03T12:00:00Z\",\"draft\":" + in_quotes(draft) + "}");
  for (const char* name : {"EST", "NOR", "POL"}) {
    scribe.receipt(name, "2026-03-01T10:05:00Z", {"CHAIR"});
  }
  return "{\"silence\":" + in_quotes(silence) + "}";
}

std::string with(std::string body, const std::string& more) { return body.insert(body.size() - 1, "," + more); }

TEST(WorkedExample, FirstAndSecondStep) {
  Scribe scribe;
  const std::string silence = under_silence(scribe);
  EXPECT_EQ(scribe.at("2026-03-02T10:00:00Z").status, Status::silence);
  for (const char* name : {"NOR", "EST"}) {
    scribe.add(name, "2026-03-03T15:00:00Z", "pass", silence);
  }
  const State expired = scribe.at("2026-03-03T16:00:00Z");
  EXPECT_EQ(expired.status, Status::expired);
  EXPECT_EQ(expired.presumed, Names{"POL"});
  EXPECT_EQ(scribe.at("2026-03-04T12:05:00Z").status, Status::presumed);
  scribe.add("CHAIR", "2026-03-04T12:05:00Z", "close", with(silence, "\"presumed\":[\"POL\"]"));
  for (const char* name : {"NOR", "EST"}) {
    EXPECT_EQ(scribe.at("2026-03-04T13:00:00Z").status, Status::presumed);
    scribe.receipt(name, "2026-03-04T12:10:00Z", {"CHAIR"});
  }
  const State adopted = scribe.at("2026-03-04T13:00:00Z");
  EXPECT_EQ(adopted.status, Status::adopted);
  ASSERT_TRUE(adopted.closing);
  EXPECT_EQ(adopted.closing->acknowledged, 3U);
  EXPECT_EQ(adopted.closing->needed, 3U);
  EXPECT_TRUE(adopted.decision);
  // 4. A break that nobody saw by Wednesday noon is late, and the decision stands.
  scribe.add("POL", "2026-03-02T10:00:00Z", "position", with(silence, R"("stance":"break","text":"no")"));
  const State after = scribe.at("2026-03-10T00:00:00Z");
  EXPECT_EQ(after.status, Status::adopted);
  EXPECT_EQ(after.decision, adopted.decision);
  ASSERT_EQ(after.breaks.size(), 1U);
  EXPECT_EQ(after.breaks[0].standing, Standing::late);
}

// EST and the chair hold a break of Monday, and close all the same.
void hide_a_break(Scribe& scribe, const std::string& silence) {
  scribe.add("POL", "2026-03-02T10:00:00Z", "position", with(silence, R"("stance":"break","text":"no")"));
  scribe.receipt("EST", "2026-03-02T11:00:00Z", {"POL"});
  scribe.receipt("CHAIR", "2026-03-02T11:00:00Z", {"POL"});
  for (const char* name : {"NOR", "EST"}) {
    scribe.add(name, "2026-03-03T15:00:00Z", "pass", silence);
  }
  scribe.add("CHAIR", "2026-03-04T12:05:00Z", "close", with(silence, "\"presumed\":[\"POL\"]"));
  for (const char* name : {"NOR", "EST"}) {
    scribe.receipt(name, "2026-03-04T12:10:00Z", {"CHAIR"});
  }
}

TEST(WorkedExample, ThirdStepWhoHeldTheBreakIsNotCandid) {
  Scribe scribe;
  hide_a_break(scribe, under_silence(scribe));
  const State broken = scribe.at("2026-03-05T00:00:00Z");
  EXPECT_EQ(broken.status, Status::broken);
  ASSERT_TRUE(broken.closing);
  EXPECT_EQ(broken.closing->acknowledged, 1U);
}

TEST(WorkedExample, FifthStepASecondChainWithoutTheReceiptIsADispute) {
  Scribe scribe;
  const std::string silence = under_silence(scribe);
  const std::string honest = scribe.tip("EST");
  const std::string chair = scribe.tip("CHAIR");
  hide_a_break(scribe, silence);
  // EST and the chair show other chains, on which they never saw it.
  scribe.add("EST", "2026-03-03T15:00:00Z", "pass", silence, honest);
  scribe.add("CHAIR", "2026-03-04T12:05:00Z", "close", with(silence, "\"presumed\":[\"POL\"]"), chair);
  scribe.receipt("NOR", "2026-03-04T12:20:00Z", {"CHAIR"});
  scribe.receipt("EST", "2026-03-04T12:20:00Z", {"CHAIR"});
  const State disputed = scribe.at("2026-03-05T00:00:00Z");
  EXPECT_EQ(disputed.status, Status::disputed);
  EXPECT_TRUE(disputed.final());
  EXPECT_EQ(disputed.equivocators, (Names{"CHAIR", "EST"}));
  ASSERT_EQ(disputed.disputes.size(), 1U);
  EXPECT_FALSE(disputed.decision);
}

TEST(WorkedExample, EverybodyPassesAndTheItemClosesBeforeItsDeadline) {
  Scribe scribe;
  const std::string silence = under_silence(scribe);
  for (const char* name : {"EST", "NOR", "POL"}) {
    scribe.add(name, "2026-03-01T11:00:00Z", "pass", silence);
  }
  scribe.add("CHAIR", "2026-03-01T12:00:00Z", "close", with(silence, "\"presumed\":[]"));
  EXPECT_EQ(scribe.at("2026-03-01T12:00:00Z", 1).status, Status::silence);
  const State adopted = scribe.at("2026-03-01T12:00:00Z");
  EXPECT_EQ(adopted.status, Status::adopted);
  EXPECT_EQ(adopted.closing->needed, 0U);
  EXPECT_EQ(adopted.closing->acknowledged, 0U);
}

TEST(Door, WhatHasNoOneMeaningIsNoEntry) {
  const auto refusal = [](std::string_view text) { return EntryReader().read(text).refusal; };
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_EQ(refusal("{}"), Refusal::none);
  EXPECT_EQ(refusal("[]"), Refusal::not_object);
  EXPECT_EQ(refusal("7"), Refusal::not_object);
  EXPECT_EQ(refusal("{\"a\":1,}"), Refusal::not_json);
  EXPECT_EQ(refusal(""), Refusal::not_json);
  EXPECT_EQ(refusal("{\"a\":\"\xff\"}"), Refusal::not_json);
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":1})"), Refusal::repeated_name);
  EXPECT_EQ(refusal(R"({"x":{"a":1,"\u0061":1}})"), Refusal::repeated_name);
  EXPECT_EQ(refusal(R"({"a":"\ud800"})"), Refusal::lone_surrogate);
  EXPECT_EQ(refusal(R"({"\udc00":1})"), Refusal::lone_surrogate);
  EXPECT_EQ(refusal(R"({"a":"\ud83d\ude00"})"), Refusal::none);
  for (const char* number : {"1.0", "1e3", "-0.0", "9007199254740992", "-9007199254740992", "12345678901234567890"}) {
    EXPECT_EQ(refusal("{\"a\":" + std::string(number) + "}"), Refusal::no_integer) << number;
  }
  for (const char* number : {"0", "-0", "9007199254740991", "-9007199254740991"}) {
    EXPECT_EQ(refusal("{\"a\":" + std::string(number) + "}"), Refusal::none) << number;
  }
  EXPECT_EQ(refusal(nested(limits::entry_levels_max)), Refusal::none);
  EXPECT_EQ(refusal(nested(limits::entry_levels_max + 1)), Refusal::too_deep);
  EXPECT_EQ(refusal(nested(500)), Refusal::too_deep);
  const auto long_as = [](std::size_t bytes) { return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}"; };
  EXPECT_EQ(refusal(long_as(limits::entry_bytes_max)), Refusal::none);
  EXPECT_EQ(refusal(long_as(limits::entry_bytes_max + 1)), Refusal::too_long);
  // Neither the signature nor the spelling counts.
  EXPECT_EQ(refusal("{ \"signature\" : " + long_as(limits::entry_bytes_max * 2) + "}"), Refusal::none);
  EXPECT_EQ(refusal("{\"a\":\"" + std::string(limits::entry_bytes_max, ' ').replace(0, 12, "\\u0041\\u0041") + "\"}"),
            Refusal::none);
}

TEST(Door, AnIdIsOfTheCanonicalFormWithoutTheSignature) {
  const auto id = [](std::string_view text) { return EntryReader().read(text).entry->id; };
  EXPECT_EQ(hex(id("{}")), trust::sha256_hex("{}"));
  EXPECT_EQ(id(R"({"b":-0,"a":"é\/"})"), id("{ \"a\" : \"\\u00e9/\", \"b\":0, \"signature\":[1]}"));
  // By UTF-16 code units an emoji comes before U+FB33.
  EXPECT_EQ(hex(id("{\"\uFB33\":1,\"\U0001F600\":2}")), trust::sha256_hex("{\"\U0001F600\":2,\"\uFB33\":1}"));
}

TEST(Shape, TimesAreExact) {
  for (const char* good : {"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-29T12:00:00Z"}) {
    ASSERT_TRUE(parse_seconds(good)) << good;
    EXPECT_EQ(seconds_text(*parse_seconds(good)), good);
  }
  for (const char* bad :
       {"1969-12-31T23:59:59Z", "2023-02-29T12:00:00Z", "2024-02-30T12:00:00Z", "2024-04-31T12:00:00Z",
        "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00z", "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00.0Z", "2024-1-01T00:00:00Z", "+024-01-01T00:00:00Z", ""}) {
    EXPECT_FALSE(parse_seconds(bad)) << bad;
  }
}

TEST(Request, BadLinesAreErrorsAndBadEntriesAreNot) {
  const std::string id(64, 'a');
  const auto line = [&](const std::string& entries) {
    return "{\"item\":\"" + id + "\",\"rosters\":[],\"as_of\":\"2026-01-01T00:00:00Z\",\"entries\":" + entries + "}";
  };
  const auto good = read_request(
      line(R"([ {} , {"a":1.5}, [], "x,]\"", )" + ("{\"a\":" + std::string(100, '[')) + std::string(100, ']') + "} ]"));
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_EQ(good->entries.size(), 1U);
  EXPECT_EQ(good->refused.size(), 4U);
  EXPECT_EQ(good->refused[3].refusal, Refusal::too_deep);
  EXPECT_TRUE(read_request(line("[]")));
  for (const std::string& bad :
       {std::string(), std::string("{}"), std::string("[]"), line("{}"), line("[1"), line("[1,]"), line("[,1]"),
        line("[{]}]"), line("[1 2]"), line("[] []"), line("[tru]"), line("[\"\xff\"]"), line("[]") + "x",
        line("[],\"item\":\"" + id + "\""), line("[],\"more\":nothing"), std::string("{\"item\":1}")}) {
    EXPECT_FALSE(read_request(bad)) << bad;
  }
}

TEST(Roster, AnythingWrongCountsAsNotGiven) {
  const std::string key_a(64, 'a');
  const std::string key_b(64, 'b');
  const auto roster = [&](const std::string& quorum, const std::string& second_key, const std::string& role,
                          const std::string& name) {
    return "{\"version\":1,\"members\":[{\"id\":\"CHAIR\",\"role\":\"chair\",\"key\":\"" + key_a +
           "\",\"witness\":true},{\"id\":\"" + name + "\",\"role\":\"" + role + "\",\"key\":\"" + second_key +
           "\",\"witness\":true}],\"witness_quorum\":" + quorum +
           ",\"challenge_seconds\":0,\"min_period_seconds\":{\"crisis\":0}}";
  };
  EXPECT_TRUE(read_roster(roster("1", key_b, "member", "NOR")).roster);
  for (const std::string& bad :
       {roster("0", key_b, "member", "NOR"), roster("2", key_b, "member", "NOR"), roster("-1", key_b, "member", "NOR"),
        roster("1.0", key_b, "member", "NOR"), roster("\"1\"", key_b, "member", "NOR"),
        roster("1", key_a, "member", "NOR"), roster("1", key_b, "chair", "NOR"), roster("1", key_b, "partner", "NOR"),
        roster("1", key_b, "judge", "NOR"), roster("1", key_b, "member", "CHAIR"), roster("1", key_b, "member", "N R"),
        roster("1", std::string(64, 'B'), "member", "NOR"), std::string("{}"), std::string("[]")}) {
    const RosterReading reading = read_roster(bad);
    EXPECT_FALSE(reading.roster) << bad;
    EXPECT_FALSE(reading.problem.empty()) << bad;
  }
}

TEST(Tables, EveryCodeStatusAndRefusalIsExplained) {
  for (int code = 0; code <= static_cast<int>(Code::accepted); ++code) {
    EXPECT_TRUE(explain(static_cast<Code>(code)).ends_with('.'));
    EXPECT_FALSE(text_of(static_cast<Code>(code)).empty());
  }
  for (int status = 0; status <= static_cast<int>(Status::presumed); ++status) {
    EXPECT_TRUE(explain(static_cast<Status>(status)).ends_with('.'));
  }
  for (int refusal = 0; refusal <= static_cast<int>(Refusal::too_long); ++refusal) {
    EXPECT_TRUE(explain(static_cast<Refusal>(refusal)).ends_with('.'));
  }
}

TEST(Golden, RequestsGiveTheStatesBesideThem) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(test::golden() / "consult")) {
    if (!file.path().filename().string().ends_with(".request.json")) {
      continue;
    }
    std::string stem = file.path().string();
    stem.resize(stem.size() - std::string_view(".request.json").size());
    std::ifstream request_file(file.path());
    std::ifstream expected_file(stem + ".state.json");
    std::string line;
    std::string expected;
    std::getline(request_file, line);
    std::getline(expected_file, expected);
    const auto request = read_request(line);
    ASSERT_TRUE(request) << stem;
    Ed25519Verifier verifier;
    const State found = state(request->rosters, request->item, request->entries, request->as_of, verifier);
    EXPECT_EQ(to_json(found), expected) << stem;
    ++count;
  }
  EXPECT_GE(count, 14U);
}

}  // namespace
}  // namespace tocsin::consult
