#include "verdict/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "base/text.h"
#include "verdict/book_case.h"
#include "verdict/condition.h"
#include "verdict/paths.h"
#include "verdict/periods.h"
#include "verdict/places.h"
#include "wire/yaml.h"

namespace tocsin::verdict {
namespace {

using event::EventBatch;
using event::FieldTable;
using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

// A batch of hand-made events; texts must be literals.
struct Batch {
  FieldTable fields;
  EventBatch batch;
  event::Event& add(std::int64_t seconds, const Pairs& pairs) {
    event::Event& event = batch.begin_event();
    event.record = batch.events.size();
    event.time = Time::from_seconds(seconds);
    for (const auto& [name, value] : pairs) {
      batch.add_field(fields.intern(name), value);
    }
    batch.end_event();
    return batch.events.back();
  }
  event::Event& windows(std::int64_t seconds, std::string_view channel, std::uint32_t id, std::string_view host,
                        const Pairs& pairs) {
    event::Event& event = add(seconds, pairs);
    event.channel = channel;
    event.event_id = id;
    event.host = host;
    return event;
  }
};

std::shared_ptr<const Engine> engine_of(std::string_view yaml) {
  const std::vector<Engine::Text> texts = {{"book.yaml", std::string(yaml)}};
  auto engine = Engine::load(texts);
  EXPECT_TRUE(engine.has_value()) << (engine ? "" : engine.error().text());
  return engine ? *engine : nullptr;
}

std::vector<Verdict> conclude(const Engine& engine, Batch& events, std::string_view path = "inetpub/a.log") {
  const auto observer = engine.observer(events.fields);
  Facts facts;
  observer->observe({7, path, "iis-w3c"}, events.batch, {}, facts);
  const auto opened = engine.open();
  opened->add(facts);
  Coverage coverage;
  coverage.source = 7;
  coverage.path = path;
  coverage.format = "iis-w3c";
  opened->add(coverage);
  return opened->conclude();
}

bool holds(std::string_view condition, const Pairs& pairs) {
  auto yaml = wire::parse_yaml(condition);
  EXPECT_TRUE(yaml.has_value());
  SlotNames names;
  const auto compiled = Condition::compile(yaml->front(), names, {{"list", {"one", "Two"}}});
  EXPECT_TRUE(compiled.has_value()) << (compiled ? "" : compiled.error().text());
  Batch events;
  events.add(0, pairs);
  Slots slots(names, events.fields);
  slots.fill(events.batch, events.batch.events.front(), "a/b.log");
  return compiled && compiled->holds(slots);
}

TEST(Condition, JoinsMapsByAndListsByOr) {
  EXPECT_TRUE(holds("{a: x, b: [y, z]}", {{"A", "X"}, {"b", "z"}}));
  EXPECT_FALSE(holds("{a: x, b: [y, z]}", {{"a", "x"}, {"b", "w"}}));
  EXPECT_TRUE(holds("[{a: x}, {b: y}]", {{"b", "y"}}));
  EXPECT_TRUE(holds("{any: [{a: x}, {b: y}]}", {{"b", "y"}}));
  EXPECT_FALSE(holds("{not: {a: x, b: y}}", {{"a", "x"}, {"b", "y"}}));
  EXPECT_TRUE(holds("{not: {a: x, b: y}}", {{"a", "x"}}));
  EXPECT_FALSE(holds("{not: [{a: x}, {b: y}]}", {{"b", "y"}}));
  EXPECT_TRUE(holds("{}", {}));
}

TEST(Condition, TestsTextsWithoutCase) {
  EXPECT_TRUE(holds("{a: {contains: [q, LL]}}", {{"a", "hello"}}));
  EXPECT_TRUE(holds("{a: {contains-all: [HE, lo]}}", {{"a", "hello"}}));
  EXPECT_FALSE(holds("{a: {contains-all: [he, x]}}", {{"a", "hello"}}));
  EXPECT_TRUE(holds("{a: {starts: HE, ends: lo}}", {{"a", "hello"}}));
  EXPECT_TRUE(holds("{a: {glob: \"h*l?\"}}", {{"a", "HELLO"}}));
  EXPECT_TRUE(holds("{a: {min: 3, max: 5}}", {{"a", "4"}}));
  EXPECT_FALSE(holds("{a: {min: 3}}", {{"a", "no number"}}));
  EXPECT_TRUE(holds("{a: \"@list\"}", {{"a", "two"}}));
  EXPECT_TRUE(holds("{a: {present: false}}", {{"b", ""}}));
  EXPECT_FALSE(holds("{a: {present: false}}", {{"a", ""}}));
  EXPECT_TRUE(holds("{\"@path\": {ends: b.log}}", {}));
  // Any value of a field that comes more than once.
  EXPECT_TRUE(holds("{a: y}", {{"a", "x"}, {"a", "y"}}));
}

TEST(Condition, GlobsDoNotExplode) {
  EXPECT_TRUE(glob_matches("*a*b*c*", "xxaxxbxxc"));
  EXPECT_FALSE(glob_matches("*a*b*c", "xxaxxbxxcd"));
  EXPECT_FALSE(glob_matches(std::string(60, '*') + "b", std::string(20'000, 'a')));
}

TEST(Condition, GlobsMatchAsATableSays) {
  std::mt19937 random(5);
  const auto draw = [&](std::string_view letters, std::size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (char& c : out) {
      c = letters[random() % letters.size()];
    }
    return out;
  };
  std::size_t matches = 0;
  for (int round = 0; round < 50'000; ++round) {
    const std::string pattern = draw("ab*?", 6);
    const std::string text = draw("abAB", 8);
    // reach[t]: the pattern so far matches the first t characters.
    std::vector<bool> reach(text.size() + 1, false);
    reach[0] = true;
    for (const char wanted : pattern) {
      std::vector<bool> next(text.size() + 1, false);
      for (std::size_t t = 0; t <= text.size(); ++t) {
        if (wanted == '*') {
          next[t] = reach[t] || (t != 0 && next[t - 1]);
        } else if (t != 0 && reach[t - 1]) {
          next[t] = wanted == '?' || wanted == ascii_lower(text[t - 1]);
        }
      }
      reach = next;
    }
    ASSERT_EQ(glob_matches(pattern, text), reach[text.size()]) << pattern << " " << text;
    matches += reach[text.size()] ? 1 : 0;
  }
  EXPECT_GT(matches, 5'000U);
}

TEST(Condition, NamesThePlaceOfAnError) {
  for (const auto& [text, line, column] : {std::tuple{"{a: {near: x}}", 1, 6}, std::tuple{"{a: \"@none\"}", 1, 5},
                                           std::tuple{"{a:\n  {min: x}}", 2, 9}, std::tuple{"{a: []}", 1, 5}}) {
    SlotNames names;
    const auto compiled = Condition::compile(wire::parse_yaml(text)->front(), names, {});
    ASSERT_FALSE(compiled.has_value()) << text;
    EXPECT_EQ(compiled.error().code, ErrorCode::playbook_invalid);
    EXPECT_EQ(compiled.error().where.line, static_cast<std::uint64_t>(line)) << text;
    EXPECT_EQ(compiled.error().where.column, static_cast<std::uint64_t>(column)) << text;
  }
}

TEST(Playbook, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"", "[]", "playbook: x", "playbook: x\nform: tree", "playbook: x\nform: stages\nwhat-else: 1",
        "playbook: x\nform: stages\nrows: [{row: a}]", "playbook: x\nform: stages\nrows: [{row: a, logs: [b]}]",
        "playbook: x\nform: stages\nlogs: {b: {}}\nrows: [{row: a, logs: [b], cases: [{stage: 3}]}]",
        "playbook: x\nform: stages\nlogs: {b: {}}\nrows: [{row: a, logs: [b]}, {row: a, logs: [b]}]",
        "playbook: x\nform: stages\nlogs: {b: {}}\nrows: [{row: a, logs: [b], derive: [magic]}]",
        "playbook: x\nform: stages\nlogs: {b: {}}\nrows: [{row: a, logs: [b], beside: {rows: [c]}}]",
        "playbook: x\nform: stages\nlogs: {b: {}}\nrows: [{row: a, logs: [b], beside: {rows: [a], within: 3}}]",
        "playbook: x\nform: stages\nlogs: {b: {ids: [x]}}",
        "playbook: x\nform: ladder\nlogs: {b: {}}\nrows: [{row: a, logs: [b]}]"}) {
    const std::vector<Engine::Text> texts = {{"bad.yaml", text}};
    const auto engine = Engine::load(texts);
    ASSERT_FALSE(engine.has_value()) << text;
    EXPECT_EQ(engine.error().where.source, "bad.yaml") << text;
  }
  const std::vector<Engine::Text> twice = {{"a", "playbook: x\nform: stages"}, {"b", "playbook: x\nform: stages"}};
  EXPECT_FALSE(Engine::load(twice).has_value());
}

TEST(Paths, UrlsAndServices) {
  EXPECT_EQ(normal_url_path("/ECP//./a/../%64%64i\\x"), "/ecp/ddi/x");
  EXPECT_EQ(normal_url_path("/../../etc/"), "/etc/");
  EXPECT_EQ(normal_url_path("%"), "/%");
  EXPECT_EQ(
      back_end_service("/ecp/ddi/ddiservice.svc/setobject", "msExchEcpCanary=x.&schema=ResetOABVirtualDirectory#"),
      "reset");
  EXPECT_EQ(back_end_service("/ecp/ddi/ddiservice.svc/setobject", "schema=OABVirtualDirectory"), "directory");
  EXPECT_EQ(back_end_service("/ecp/ddi/ddiservice.svc/getobject", "schema=OABVirtualDirectory"), "console");
  EXPECT_EQ(back_end_service("/mapixyz", ""), "other");
  EXPECT_EQ(query_value("a=1&cafeReqId=7-8;&b", "cafereqid"), "7-8");
  EXPECT_EQ(query_value("xcafeReqId=1", "cafeReqId"), "");
}

TEST(Paths, MicrosoftJsonDates) {
  EXPECT_EQ(rfc3339(*listing_time("/Date(1614729077500)/", 3'600)), "2021-03-02T23:51:17.500Z");
  EXPECT_FALSE(listing_time("/Date(99999999999999999)/", 0).has_value());
  EXPECT_FALSE(listing_time("/Date(x)/", 0).has_value());
  EXPECT_FALSE(listing_time("Date(", 0).has_value());
}

TEST(Paths, WindowsPaths) {
  EXPECT_EQ(normal_windows_path("'\\\\?\\C:/A/..\\b.ASPX'"), "c:\\b.aspx");
  EXPECT_EQ(normal_windows_path("\\\\srv\\share\\x"), "\\\\srv\\share\\x");
  EXPECT_EQ(extension_of("a\\b.c\\d"), "");
  EXPECT_EQ(extension_of("a\\.htaccess"), "");
  EXPECT_EQ(extension_of("a/b.tar.GZ"), "GZ");
  EXPECT_EQ(short_host("EX1.corp.example"), "ex1");
  EXPECT_EQ(short_host("10.1.2.3"), "10.1.2.3");
}

TEST(Paths, ListingTimes) {
  const auto time = [](std::string_view text, std::int32_t offset) {
    const auto parsed = listing_time(text, offset);
    return parsed ? rfc3339(*parsed) : std::string("none");
  };
  EXPECT_EQ(time("07.03.2021 14:12:42", -5 * 3600), "2021-03-07T19:12:42Z");
  EXPECT_EQ(time("3/12/2021 9:00:10 PM", 0), "2021-03-12T21:00:10Z");
  EXPECT_EQ(time("25/12/2021 12:00:10 AM", 0), "2021-12-25T00:00:10Z");
  EXPECT_EQ(time("2021-03-02T20:31:17Z", 3600), "2021-03-02T20:31:17Z");
  EXPECT_EQ(time("2021-03-02 20:31:17", 3600), "2021-03-02T19:31:17Z");
  EXPECT_EQ(time("40.03.2021", 0), "none");
  EXPECT_EQ(time("07.03.21", 0), "none");
  EXPECT_EQ(time("", 0), "none");
  EXPECT_EQ(time("07.03.2021 99:00", 0), "none");
}

TEST(Periods, JoinCutAndMiss) {
  const auto at = [](std::int64_t seconds) { return Time::from_seconds(seconds); };
  Periods a;
  a.add(at(10), at(20), 0);
  a.add(at(40), at(50), 0);
  a.add(at(21), at(22), Time::ticks_per_second);
  ASSERT_EQ(a.list().size(), 2U);
  EXPECT_EQ(a.first(), at(10));
  EXPECT_EQ(a.gaps().front().from, at(22));
  Periods b;
  b.add(at(15), at(45), 0);
  const Periods both = a.common(b);
  ASSERT_EQ(both.list().size(), 2U);
  EXPECT_EQ(both.list()[1].to, at(45));
  const std::vector<Period> missing = both.missing_of({at(0), at(60)});
  ASSERT_EQ(missing.size(), 3U);
  EXPECT_EQ(missing[0].to, at(15));
  EXPECT_EQ(missing[2].from, at(45));
  a.add(at(90), at(80), 0);  // backwards: nothing
  a.add(Time{}, at(80), 0);
  EXPECT_EQ(a.list().size(), 2U);
}

TEST(Places, HostsAndRoots) {
  HostNames names;
  const std::uint32_t first = names.id("EX1");
  EXPECT_EQ(names.id("ex1.corp.example"), first);
  EXPECT_NE(names.id("ex1.other.example"), first);
  EXPECT_EQ(names.find("EX1"), first);
  EXPECT_FALSE(names.find("ex2").has_value());
  EXPECT_EQ(names.find("EX1.Other.example"), names.id("ex1.other.example"));
  EXPECT_NE(names.find("ex1.other.example"), first);
  EXPECT_FALSE(names.find("ex1.third.example").has_value());
  EXPECT_EQ(root_of("case7/SRV2/C/inetpub/logs/u.log"), "case7/SRV2");
  EXPECT_EQ(root_of("inetpub\\logs\\u.log"), "");
  EXPECT_EQ(root_of("a.zip!/Program Files/x"), "a.zip!");
  EXPECT_EQ(root_of("a/b.csv"), "a");
}

TEST(Builds, FixedFromTheFirstFixedBuildOfALine) {
  const std::vector<std::string> fixed = {"15.0.1497.12", "15.1.2106.13", "15.1.2176.9", "15.2.721.13", "15.2.792.10"};
  for (const char* build : {"15.0.1497.12", "15.1.2106.13", "15.1.2176.14", "15.1.2242.4", "15.2.858.5", "15.2.792.10",
                            "15.3.1.0", "16.0.1.1"}) {
    EXPECT_TRUE(fixed_build(fixed, build)) << build;
  }
  for (const char* build : {"15.0.1497.2", "15.1.2106.2", "15.1.2176.2", "15.1.2044.4", "15.2.721.2", "15.2.792.3",
                            "15.0.847.32", "14.3.123.4", ""}) {
    EXPECT_FALSE(fixed_build(fixed, build)) << build;
  }
}

TEST(Builds, ThePlaybookKnowsTheFixOfEachCumulativeUpdate) {
  const std::vector<std::string> fixed = {"15.0.847.64", "15.1.2044.13", "15.1.2176.9", "15.2.659.12", "15.2.792.10"};
  EXPECT_TRUE(fixed_build(fixed, "15.1.2044.13"));
  EXPECT_FALSE(fixed_build(fixed, "15.1.2044.12"));
  EXPECT_TRUE(fixed_build(fixed, "15.2.659.12"));
  EXPECT_FALSE(fixed_build(fixed, "15.2.659.4"));
  EXPECT_FALSE(fixed_build(fixed, "15.1.1034.26"));  // an update that got no fix
}

constexpr std::string_view joined = R"(
playbook: t
form: stages
stages: [zero, one]
window: {from: "1970-01-01T00:00:00Z", to-when-fixed-before: "1970-02-01T00:00:00Z"}
fields: {server: srv}
logs: {a: {has: [kind]}}
inputs: [{input: all, label: all, how: get it, logs: [a], server: server, marks: true, covers: true}]
rows:
  - row: front
    logs: [a]
    where: {kind: front}
    carry: {server: server, request: id, client: ip}
    what: "front {id}"
    cases: [{when: {ok: "1"}, stage: 1, succeeded: true}, {stage: 0}]
  - row: copy
    logs: [a]
    where: {kind: copy}
    carry: {server: server, request: id, client: ip}
    supports: {rows: [front], same: [request]}
    cases: [{stage: 1, succeeded: true}]
  - row: late
    logs: [a]
    where: {kind: late}
    carry: {server: server, client: ip}
    left-out: late rows without a front
    cases: [{stage: 0, beside: {rows: [front], same: [client], within: 10s, order: before}}]
)";

TEST(Stages, JoinsByRequestClientAndTime) {
  const auto engine = engine_of(joined);
  Batch events;
  events.add(100, {{"kind", "front"}, {"id", "r1"}, {"ip", "c1"}, {"srv", "EX1"}, {"ok", "1"}});
  events.add(101, {{"kind", "copy"}, {"id", "R1"}, {"ip", "c1"}, {"srv", "EX1"}});
  events.add(102, {{"kind", "copy"}, {"id", "r2"}, {"ip", "c2"}, {"srv", "EX1"}});
  events.add(103, {{"kind", "late"}, {"ip", "c1"}, {"srv", "EX1"}});
  events.add(99, {{"kind", "late"}, {"ip", "c1"}, {"srv", "EX1"}});
  events.add(130, {{"kind", "late"}, {"ip", "c1"}, {"srv", "EX1"}});
  const std::vector<Verdict> verdicts = conclude(*engine, events);
  ASSERT_EQ(verdicts.size(), 1U);
  const Verdict& verdict = verdicts.front();
  EXPECT_EQ(verdict.scope, "EX1");
  EXPECT_EQ(verdict.state, State::compromised);
  ASSERT_EQ(verdict.stages.size(), 2U);
  EXPECT_EQ(verdict.stages[0].count, 1U);
  EXPECT_EQ(verdict.stages[0].events.front().record, 4U);
  EXPECT_EQ(verdict.stages[1].count, 2U);
  ASSERT_EQ(verdict.stages[1].supporting.size(), 1U);
  EXPECT_EQ(verdict.stages[1].supporting.front().record, 2U);
  EXPECT_EQ(verdict.clients, (std::vector<std::string>{"c1", "c2"}));
  EXPECT_EQ(verdict.left_out, (std::vector<std::string>{"2 late rows without a front"}));
}

TEST(Stages, SaysNoSignOnlyForWhatWasCovered) {
  const auto engine = engine_of(joined);
  Batch events;
  events.add(500, {{"kind", "other"}, {"srv", "EX1"}});
  events.add(900, {{"kind", "other"}, {"srv", "EX1"}});
  const std::vector<Verdict> verdicts = conclude(*engine, events);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].state, State::no_sign_in_covered_period);
  ASSERT_FALSE(verdicts[0].covered.empty());
  EXPECT_EQ(verdicts[0].covered[0].from, Time::from_seconds(500));
  ASSERT_EQ(verdicts[0].uncovered.size(), 1U);
  EXPECT_EQ(verdicts[0].uncovered[0].to, Time::from_seconds(500));
  Batch nothing_there;
  nothing_there.add(500, {{"x", "y"}});
  EXPECT_TRUE(conclude(*engine, nothing_there).empty());
}

TEST(Stages, CountsBeyondTheListAndKeepsBounds) {
  const auto engine = engine_of(joined);
  Batch events;
  for (int i = 0; i < 1'500; ++i) {
    events.add(100 + i, {{"kind", "front"}, {"id", "r"}, {"ip", "c"}, {"srv", "EX1"}});
  }
  const std::vector<Verdict> verdicts = conclude(*engine, events);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].state, State::attacked_no_sign_of_success);
  EXPECT_EQ(verdicts[0].stages[0].count, 1'500U);
  EXPECT_EQ(verdicts[0].stages[0].events.size(), 1'000U);
  EXPECT_TRUE(verdicts[0].stages[0].truncated);
}

constexpr std::string_view ladder = R"(
playbook: l
form: ladder
steps: [low, high]
fields: {target: to}
logs: {e: {channels: [C], ids: [1, 2, 3]}}
inputs: [{input: p, label: p, how: h, logs: [e], process: true, file: true}]
rows:
  - {row: stop, behaviour: stops, step: low, company: true, logs: [e], where: {do: stop}, carry: {name: name},
     burst: {rows: [self], count: 3, within: 1m, distinct: name}}
  - {row: bad, behaviour: bad, step: low, logs: [e], where: {do: bad}, explain: [{reason: fine, alone: true, when: {why: good}}]}
  - {row: source, behaviour: push, step: high, logs: [e], where: {do: push}, carry: {target: target}}
  - {row: arrival, behaviour: push, step: high, logs: [e], where: {do: arrive}, beside: {rows: [source], other-host: true, within: 10s}}
)";

std::string grades(const std::vector<Verdict>& verdicts) {
  std::string out;
  for (const Verdict& verdict : verdicts) {
    out += verdict.scope + "=" + verdict.grade + (verdict.call_now ? "! " : " ");
  }
  return out;
}

TEST(Ladder, NeedsCompanyOrABurst) {
  const auto engine = engine_of(ladder);
  Batch lone;
  lone.windows(10, "C", 1, "H", {{"do", "stop"}, {"name", "a"}});
  lone.windows(11, "C", 1, "H", {{"do", "stop"}, {"name", "a"}});
  lone.windows(12, "C", 1, "H", {{"do", "stop"}, {"name", "b"}});
  EXPECT_EQ(grades(conclude(*engine, lone)), "*=none H=none ");
  Batch burst;
  for (const std::string_view name : {"a", "b", "c"}) {
    burst.windows(10, "C", 1, "H", {{"do", "stop"}, {"name", name}});
  }
  EXPECT_EQ(grades(conclude(*engine, burst)), "*=low H=low ");
  Batch company;
  company.windows(10, "C", 1, "H", {{"do", "stop"}, {"name", "a"}});
  company.windows(20, "C", 2, "H", {{"do", "bad"}});
  const std::vector<Verdict> verdicts = conclude(*engine, company);
  EXPECT_EQ(grades(verdicts), "*=low H=low ");
  EXPECT_EQ(verdicts[1].stages.size(), 2U);
}

TEST(Ladder, NotesWhatHasAnOrdinaryExplanation) {
  const auto engine = engine_of(ladder);
  Batch alone;
  alone.windows(10, "C", 1, "H", {{"do", "bad"}, {"why", "good"}});
  const std::vector<Verdict> noted = conclude(*engine, alone);
  EXPECT_EQ(grades(noted), "*=none H=none ");
  ASSERT_EQ(noted[1].noted.size(), 1U);
  EXPECT_EQ(noted[1].noted[0].reason, "fine");
  // Not alone: another behaviour within the hour, of another step, so call now.
  Batch beside;
  beside.windows(10, "C", 1, "H", {{"do", "bad"}, {"why", "good"}});
  beside.windows(60, "C", 1, "H", {{"do", "push"}, {"to", "z"}});
  EXPECT_EQ(grades(conclude(*engine, beside)), "*=high! H=high! ");
}

TEST(Ladder, GradesBothEndsOfAPush) {
  const auto engine = engine_of(ladder);
  Batch events;
  events.windows(10, "C", 1, "A.corp.example", {{"do", "push"}, {"to", "b"}});
  events.windows(11, "C", 2, "B.corp.example", {{"do", "arrive"}});
  events.windows(11, "C", 2, "D.corp.example", {{"do", "arrive"}});
  events.windows(40, "C", 2, "B.corp.example", {{"do", "arrive"}});
  const std::vector<Verdict> verdicts = conclude(*engine, events);
  EXPECT_EQ(grades(verdicts), "*=high A.corp.example=high B.corp.example=high D.corp.example=none ");
  EXPECT_EQ(verdicts[2].stages[0].count, 1U);
}

TEST(Ladder, TakesSigmaRulesAsInputs) {
  std::string yaml(ladder);
  yaml.replace(yaml.find("{row: bad,"), 10, "{row: bad, rules: [11111111-aaaa],");
  const auto engine = engine_of(yaml);
  EXPECT_EQ(engine->rule_inputs(), std::vector<std::string>{"11111111-aaaa"});
  Batch events;
  events.windows(10, "C", 1, "H", {{"do", "something new"}});
  const auto observer = engine->observer(events.fields);
  Facts facts;
  const std::vector<std::vector<std::string_view>> fired = {{"11111111-aaaa"}};
  observer->observe({7, "x", "evtx"}, events.batch, fired, facts);
  const auto opened = engine->open();
  opened->add(facts);
  EXPECT_EQ(grades(opened->conclude()), "*=low H=low ");
}

TEST(Stages, PublishedListsRaiseConfidenceAndDecideNothing) {
  const auto engine = engine_of(R"(
playbook: test
title: Test
form: stages
stages: [zero, one]
window: {from: "2021-01-03T00:00:00Z", to-when-fixed-before: "2021-03-31T00:00:00Z"}
fields: {client: c-ip}
lists: {addresses: [192.0.2.66]}
logs: {log: {has: [a]}}
rows:
  - {row: hit, logs: [log], where: {a: bad}, carry: {client: client}, what: x, marks: true, cases: [{stage: 1, succeeded: true}]}
  - {row: seen, logs: [log], where: {a: plain}, what: x, marks: true, witness: true}
published-lists:
  - {label: the list, shows: client, when: {client: "@addresses"}}
)");
  ASSERT_NE(engine, nullptr);
  const auto verdict_of = [&](const Pairs& pairs) {
    Batch events;
    events.add(1'614'729'600, pairs);
    const std::vector<Verdict> verdicts = conclude(*engine, events);
    EXPECT_EQ(verdicts.size(), 1U);
    return verdicts.empty() ? Verdict{} : verdicts.front();
  };
  const Verdict plain = verdict_of({{"a", "bad"}, {"c-ip", "198.51.100.1"}});
  EXPECT_EQ(plain.state, State::compromised);
  EXPECT_EQ(plain.confidence, "moderate");
  EXPECT_TRUE(plain.known.empty());
  const Verdict listed = verdict_of({{"a", "bad"}, {"c-ip", "192.0.2.66"}});
  EXPECT_EQ(listed.state, State::compromised);
  EXPECT_EQ(listed.confidence, "high");
  ASSERT_EQ(listed.known.size(), 1U);
  EXPECT_EQ(listed.known.front().list, "the list");
  EXPECT_EQ(listed.known.front().count, 1U);
  EXPECT_EQ(listed.known.front().examples, std::vector<std::string>{"192.0.2.66"});
  EXPECT_NE(listed.because.find("the list (192.0.2.66)"), std::string::npos) << listed.because;
  // Only the list: no evidence, and no word of it.
  const Verdict only = verdict_of({{"a", "plain"}, {"c-ip", "192.0.2.66"}});
  EXPECT_EQ(only.state, State::not_checkable);
  EXPECT_TRUE(only.confidence.empty());
  EXPECT_TRUE(only.known.empty());
  EXPECT_EQ(only.because.find("192.0.2.66"), std::string::npos);
}

TEST(Words, AreFoundWithoutCase) {
  const WordSet words({"Docx", "7z", "ÄÖ"});
  EXPECT_TRUE(words.contains("dOCX"));
  EXPECT_TRUE(words.contains("7Z"));
  EXPECT_TRUE(words.contains("ÄÖ"));
  EXPECT_FALSE(words.contains("doc"));
  EXPECT_FALSE(words.contains(""));
  EXPECT_FALSE(WordSet{}.contains(""));
}

TEST(Times, OnlyBelievableOnesCount) {
  EXPECT_TRUE(believable(Time::from_seconds(1'600'000'000)).known());
  EXPECT_FALSE(believable(Time{std::numeric_limits<std::int64_t>::max()}).known());
  EXPECT_FALSE(believable(Time{std::numeric_limits<std::int64_t>::min() + 1}).known());
  EXPECT_TRUE(believable(from_civil({.year = 9999, .month = 12, .day = 31})).known());
}

// Random rows of web logs that repeat, over the built-in playbooks.
TEST(Observer, RemembersOnlyWhatDecides) {
  std::vector<Engine::Text> texts;
  for (const char* name : {"exchange-2021", "ransomware"}) {
    std::ifstream file(std::filesystem::path(TOCSIN_SOURCE_DIR) / "packs" / name / "playbook.yaml");
    texts.push_back({name, {std::istreambuf_iterator<char>(file), {}}});
  }
  const auto engine = Engine::load(texts);
  ASSERT_TRUE(engine) << engine.error().text();
  std::mt19937 random(11);
  const auto pick = [&](const std::vector<std::string>& from) -> const std::string& {
    return from[random() % from.size()];
  };
  const std::vector<std::pair<std::string, std::vector<std::string>>> iis = {
      {"cs-uri-stem",
       {"/owa/auth/logon.aspx", "/aspnet_client/shell.aspx", "/ecp/proxyLogon.ecp", "/ecp/y.js", "/a.html",
        "/autodiscover/autodiscover.json", "/ecp/DDI/DDIService.svc/SetObject", "/erp/conn.aspx", "/ecp/default.flt"}},
      {"cs-uri-query",
       {"", "a=b", "@evil.corp/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@evil.corp",
        "cmd=whoami&" + std::string(2'000, 'q')}},
      {"sc-status", {"200", "241", "404", "500"}},
      {"cs-method", {"GET", "POST"}},
      {"s-port", {"443", "444"}},
      {"cs-username", {"", "-", "HOST$", "user"}},
      {"c-ip", {"10.0.0.1", "103.77.192.219", "10.0.0.3"}},
      {"s-computername", {"EX1", "EX2"}}};
  const std::vector<std::pair<std::string, std::vector<std::string>>> proxy = {
      {"AnchorMailbox",
       {"", "Sid~S-1-5-21", "ServerInfo~a]@ex1.corp:444/ecp/DDI/DDIService.svc/SetObject?x#", "ServerInfo~localhost"}},
      {"UrlStem", {"/ecp/y.js", "/owa/auth/x.aspx", "/autodiscover/autodiscover.json"}},
      {"Protocol", {"Ecp", "Owa"}},
      {"HttpStatus", {"200", "241", "500"}},
      {"ServerHostName", {"EX1"}},
      {"ClientIpAddress", {"10.0.0.1", "103.77.192.219"}},
      {"BuildVersion", {"2106.002", "2106.013"}},
      {"MajorVersion", {"15"}},
      {"MinorVersion", {"1"}}};
  Batch events;
  const auto remembering = (*engine)->observer(events.fields);
  const auto asking = (*engine)->observer(events.fields, false);
  std::size_t facts = 0;
  for (std::uint32_t file = 0; file < 40; ++file) {
    const bool web = file % 2 == 0;
    events.batch.clear();
    for (int row = 0; row < 500; ++row) {
      Pairs pairs;
      for (const auto& [name, values] : web ? iis : proxy) {
        if (random() % 20 != 0) {
          pairs.emplace_back(name, pick(values));
        }
      }
      events.add(row, pairs).raw = random() % 50 == 0 ? "2021-03-03 OABGenerator" : "2021-03-03 a";
    }
    const Source source{file, file % 3 == 0 ? "inetpub/W3SVC2/a.log" : "a.log", web ? "iis-w3c" : "exchange-log"};
    Facts remembered;
    Facts asked;
    std::vector<std::vector<std::string_view>> rules(500);
    rules[7] = {"indicator:"};
    remembering->observe(source, events.batch, rules, remembered);
    asking->observe(source, events.batch, rules, asked);
    ASSERT_TRUE(remembered == asked) << file;
    facts += asked.size();
  }
  EXPECT_GT(facts, 1'000U);
}

}  // namespace
}  // namespace tocsin::verdict
