// What the limits of a case promise: a flood of one kind hides nothing of another, whatever lies beyond is told, and
// neither a hostile value nor a crowd in one minute costs its square.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "base/limits.h"
#include "verdict/file_activity.h"
#include "verdict/predicates.h"
#include "verdict/verdict.h"

namespace tocsin::verdict {
namespace {

using event::EventBatch;
using event::FieldTable;
using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

std::shared_ptr<const Engine> engine_of(std::string_view yaml) {
  const std::vector<Engine::Text> texts = {{"book.yaml", std::string(yaml)}};
  auto engine = Engine::load(texts);
  EXPECT_TRUE(engine.has_value()) << (engine ? "" : engine.error().text());
  return engine ? *engine : nullptr;
}

Coverage coverage_of(std::uint32_t source) {
  Coverage coverage;
  coverage.source = source;
  coverage.path = "a/b.log";
  coverage.format = "csv";
  coverage.unit = "row";
  return coverage;
}

// Facts as an observer gives them; written by hand where there must be many.
Fact fact_of(std::uint32_t row, std::int64_t seconds, std::uint64_t record, std::string_view host,
             std::string_view chosen, const std::vector<std::string>& carried) {
  static Facts texts;
  Fact fact;
  fact.predicate = row;
  fact.source = 7;
  fact.record = record;
  fact.time = Time::from_seconds(seconds);
  fact.host = texts.keep(host);
  std::vector<std::string_view> values = {chosen, "", "what", ""};
  values.insert(values.end(), carried.begin(), carried.end());
  fact.values = texts.keep(values);
  return fact;
}

double seconds_of(const auto& work) {
  const std::clock_t start = std::clock();  // of the processor: the machine may be busy
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

bool says(const std::vector<std::string>& lines, std::string_view part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

constexpr std::string_view stages = R"(
playbook: t
form: stages
stages: [scan, session]
window: {from: "1970-01-01T00:00:00Z", to-when-fixed-before: "1970-02-01T00:00:00Z"}
logs: {a: {has: [kind]}}
inputs: [{input: all, label: all, how: get it, logs: [a], server: srv, marks: true, covers: true}]
rows:
  - row: front
    logs: [a]
    marks: true
    carry: {server: srv, request: id}
    cases: [{when: {ok: "1"}, stage: 1, succeeded: true}, {stage: 0}]
  - row: witness
    witness: true
    logs: [a]
    carry: {server: srv, request: id}
  - row: late
    logs: [a]
    carry: {server: srv, request: id}
    cases: [{stage: 1, succeeded: true, beside: {rows: [witness], same: [request], within: 10s}}]
  - row: copy
    logs: [a]
    carry: {server: srv, request: id}
    supports: {rows: [front], same: [request]}
)";

std::vector<Verdict> conclude(std::span<const Fact> facts, std::string_view yaml = stages) {
  const auto opened = engine_of(yaml)->open();
  opened->add(facts);
  opened->add(coverage_of(7));
  return opened->conclude();
}

TEST(Bounds, AFloodOfScansHidesNoSession) {
  std::vector<Fact> facts;
  for (std::uint64_t at = 0; at <= limits::verdict_row_facts_max; ++at) {
    facts.push_back(fact_of(0, static_cast<std::int64_t>(at), at + 1, "", "1", {"EX1", "r"}));
  }
  facts.push_back(fact_of(0, 90'000, 77'777, "", "0", {"EX1", "real"}));
  const std::vector<Verdict> verdicts = conclude(facts);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].state, State::compromised);
  ASSERT_EQ(verdicts[0].stages.size(), 2U);
  EXPECT_EQ(verdicts[0].stages[1].events.front().record, 77'777U);
  EXPECT_EQ(verdicts[0].stages[1].events.front().unit, "row");
}

TEST(Bounds, CountsAndTellsWhatLiesBeyond) {
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}, std::size_t{500}}) {
    std::vector<Fact> facts;
    const std::size_t all = limits::verdict_row_facts_max + more;
    for (std::uint64_t at = 0; at < all; ++at) {
      facts.push_back(fact_of(0, static_cast<std::int64_t>(at), at + 1, "", "1", {"EX1", "r"}));
    }
    const std::vector<Verdict> verdicts = conclude(facts);
    ASSERT_EQ(verdicts.size(), 1U);
    // Scans prove nothing, wherever they stand: that no success is seen stays true.
    EXPECT_EQ(verdicts[0].state, State::attacked_no_sign_of_success) << more;
    EXPECT_EQ(verdicts[0].stages[0].count, all);
    EXPECT_EQ(verdicts[0].stages[0].first, Time::from_seconds(0));
    EXPECT_EQ(verdicts[0].stages[0].last, Time::from_seconds(static_cast<std::int64_t>(all) - 1));
    EXPECT_EQ(verdicts[0].left_out.empty(), more <= 1) << more;  // of one more the latest is kept
    if (more == 500) {
      EXPECT_TRUE(says(verdicts[0].left_out, "499 further rows (front, stage scan)")) << verdicts[0].left_out.front();
    }
  }
}

TEST(Bounds, RulesNothingOutThatMayLieBeyond) {
  // The success needs a witness, and witnesses lie beyond the limit.
  std::vector<Fact> facts;
  for (std::uint64_t at = 0; at < limits::verdict_row_facts_max + 10; ++at) {
    facts.push_back(fact_of(1, 500'000 - static_cast<std::int64_t>(at % 3), at + 1, "", "", {"EX1", "r"}));
  }
  facts.push_back(fact_of(0, 5, 1, "", "1", {"EX1", "r"}));
  facts.push_back(fact_of(2, 5, 2, "", "0", {"EX1", "other"}));
  const std::vector<Verdict> verdicts = conclude(facts);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].state, State::not_checkable);
  EXPECT_NE(verdicts[0].because.find("was attacked"), std::string::npos) << verdicts[0].because;
  EXPECT_EQ(verdicts[0].because.find("nothing that was read"), std::string::npos) << verdicts[0].because;
  EXPECT_TRUE(says(verdicts[0].left_out, "(witness)"));
}

TEST(Bounds, KeepsRoomForEveryCaseWhenAllIsFull) {
  std::vector<Fact> facts;
  std::uint64_t record = 0;
  for (int host = 0; host < 11; ++host) {
    for (std::size_t at = 0; at < limits::verdict_row_facts_max; ++at) {
      facts.push_back(fact_of(0, 100, ++record, "", "1", {"EX" + std::to_string(host), "r"}));
    }
  }
  facts.push_back(fact_of(0, 200, 999'999, "", "0", {"EX0", "real"}));
  const std::vector<Verdict> verdicts = conclude(facts);
  const auto found =
      std::find_if(verdicts.begin(), verdicts.end(), [](const Verdict& each) { return each.scope == "EX0"; });
  ASSERT_NE(found, verdicts.end());
  EXPECT_EQ(found->state, State::compromised);
}

TEST(Bounds, ACrowdWithOneIdInOneMinuteConcludesInTime) {
  std::vector<Fact> facts;
  for (std::uint32_t row = 0; row < 4; ++row) {
    for (std::uint64_t at = 0; at < limits::verdict_row_facts_max; ++at) {
      // Every other witness is of a moment that is no neighbour, so that no search ends at once.
      facts.push_back(fact_of(row, row == 1 ? 500 : static_cast<std::int64_t>(at % 60), at + 1, "",
                              row == 0   ? "1"
                              : row == 2 ? "0"
                                         : "",
                              {"EX1", "the-one-id"}));
    }
  }
  std::vector<Verdict> verdicts;
  const double seconds = seconds_of([&] { verdicts = conclude(facts); });
  EXPECT_LT(seconds, 10);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].stages[0].supporting.size(), limits::verdict_events_max);
}

TEST(Bounds, EndsEarlyWhenCancelled) {
  std::vector<Fact> facts;
  for (std::uint64_t at = 0; at < 5'000; ++at) {
    facts.push_back(fact_of(0, 100, at + 1, "", "0", {"EX1", "r"}));
  }
  const auto opened = engine_of(stages)->open();
  opened->add(facts);
  opened->add(coverage_of(7));
  int asked = 0;
  EXPECT_TRUE(opened->conclude([&] { return ++asked > 10; }).empty());
  EXPECT_LE(asked, 20);
}

constexpr std::string_view ladder = R"(
playbook: l
form: ladder
steps: [preparation, impact]
logs: {e: {channels: [C], ids: [1]}}
inputs: [{input: p, label: p, how: h, logs: [e], process: true, file: true}]
rows:
  - {row: stop, behaviour: stops, step: preparation, company: true, logs: [e], carry: {name: name},
     burst: {rows: [self], count: 3, within: 1m, distinct: name}}
  - {row: bad, behaviour: bad, step: impact, logs: [e]}
sentences: {grade-preparation: An attack is being prepared, grade-impact: Files are being encrypted}
)";

TEST(Bounds, ALadderTellsWhatLiesBeyond) {
  std::vector<Fact> facts;
  for (std::uint64_t at = 0; at < limits::verdict_row_facts_max + 500; ++at) {
    facts.push_back(fact_of(1, 100, at + 1, "H", "", {}));
  }
  const std::vector<Verdict> verdicts = conclude(facts, ladder);
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_TRUE(says(verdicts[1].left_out, "500 further rows (bad)"));
  EXPECT_TRUE(says(verdicts[0].left_out, "H: 500 further rows (bad)"));
  EXPECT_TRUE(verdicts[1].stages[0].truncated);
}

TEST(Bounds, ALadderRulesNothingOutThatMayLieBeyond) {
  // One value again and again is no burst; what lies beyond might be.
  std::vector<Fact> facts;
  for (std::uint64_t at = 0; at < limits::verdict_row_facts_max + 500; ++at) {
    facts.push_back(fact_of(0, static_cast<std::int64_t>(at % 60), at + 1, "H", "", {"same"}));
  }
  std::vector<Verdict> verdicts;
  EXPECT_LT(seconds_of([&] { verdicts = conclude(facts, ladder); }), 10);
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].grade, "none");
  EXPECT_EQ(verdicts[1].state, State::not_checkable);
  EXPECT_TRUE(says(verdicts[1].left_out, "500 further rows (stops)"));
}

TEST(Bounds, TheSentenceSaysWhatHoldsForWhichHost) {
  std::vector<Fact> facts = {fact_of(1, 100, 1, "FILE1", "", {}), fact_of(0, 100, 2, "", "", {"a"}),
                             fact_of(0, 101, 3, "", "", {"b"}), fact_of(0, 102, 4, "", "", {"c"})};
  const std::vector<Verdict> verdicts = conclude(facts, ladder);
  ASSERT_EQ(verdicts.size(), 3U);
  EXPECT_EQ(verdicts[0].because,
            "Files are being encrypted: FILE1. An attack is being prepared: a host that the logs do not name.");
  EXPECT_EQ(verdicts[2].scope, "unnamed");
  EXPECT_TRUE(verdicts[2].because.starts_with("On a host that the logs do not name: ")) << verdicts[2].because;
}

// Calls a predicate with its inputs as written.
std::vector<std::string> outputs_of(std::string_view name, const std::vector<std::string>& inputs) {
  const Predicate* predicate = find_predicate(name);
  EXPECT_NE(predicate, nullptr) << name;
  SlotNames names;
  Derivation derivation;
  derivation.predicate = predicate;
  for (const std::string_view input : predicate->inputs) {
    derivation.inputs.push_back(names.slot(input));
  }
  for (const std::string_view output : predicate->outputs) {
    derivation.outputs.push_back(names.derived(output));
  }
  FieldTable fields;
  EventBatch batch;
  event::Event& event = batch.begin_event();
  event.raw = inputs.front();
  for (std::size_t at = 0; at < inputs.size() && at < predicate->inputs.size(); ++at) {
    batch.add_field(fields.intern(predicate->inputs[at]), inputs[at]);
  }
  batch.end_event();
  Slots slots(names, fields);
  slots.fill(batch, batch.events.front(), "");
  derivation.run(slots);
  std::vector<std::string> out;
  for (const SlotId slot : derivation.outputs) {
    out.emplace_back(slots.first(slot));
  }
  return out;
}

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    text += part;
  }
  return text;
}

TEST(Bounds, NoPredicateCostsTheSquareOfAValue) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  for (const Predicate& predicate : predicates()) {
    for (const std::string_view part : {"http",
                                        "VirtualDirectory",
                                        "Set-",
                                        "@/",
                                        "@",
                                        "/",
                                        "\\",
                                        "\\\\a ",
                                        ".",
                                        "..",
                                        "\"",
                                        "' ",
                                        "%2f",
                                        "a ",
                                        "-e ",
                                        "=",
                                        "temporary file '",
                                        "ServerInfo~a/",
                                        "Server~",
                                        "x.aspx/",
                                        "cafeReqId=",
                                        "New-MailboxExportRequest -FilePath ",
                                        "autodiscover.json",
                                        "stop ",
                                        "<null>",
                                        "1."}) {
      const std::string value = repeated(part, bytes);
      const std::vector<std::string> inputs(predicate.inputs.size(), value);
      EXPECT_LT(seconds_of([&] { outputs_of(predicate.name, inputs); }), 5) << predicate.name << " of " << part;
    }
  }
}

TEST(Bounds, PredicatesReadUpToTheLimit) {
  constexpr std::size_t most = limits::predicate_text_bytes_max;
  const std::string_view telling = "http://a]:";
  for (const std::size_t end : {most - 1, most, most + 1}) {
    const std::string text = std::string(end - telling.size(), ' ') + std::string(telling) + "444/";
    EXPECT_EQ(outputs_of("crafted-address", {text}).front(), end <= most ? "yes" : "") << end;
  }
}

TEST(Bounds, TellsOfValuesThatAreCut) {
  const auto engine = engine_of(stages);
  FieldTable fields;
  for (const std::size_t size : {limits::predicate_text_bytes_max, limits::predicate_text_bytes_max + 1}) {
    const std::string longer(size, 'x');
    EventBatch batch;
    batch.begin_event().time = Time::from_seconds(100);
    batch.add_field(fields.intern("kind"), longer);
    batch.add_field(fields.intern("srv"), "EX1");
    batch.end_event();
    Facts facts;
    engine->observer(fields)->observe({7, "a", "csv"}, batch, {}, facts);
    const std::vector<Verdict> verdicts = conclude(facts);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_EQ(says(verdicts[0].left_out, "of 1 values only the first 131072 bytes"),
              size > limits::predicate_text_bytes_max);
  }
}

TEST(ShadowStorage, IsSmallBelowAGigabyte) {
  const auto size = [](std::string command) { return outputs_of("shadow-storage", {std::move(command)}).front(); };
  for (const char* small : {"vssadmin resize shadowstorage /for=c: /on=c: /maxsize=401MB", "/MaxSize=320mb",
                            "/maxsize=1%", "/maxsize = 330000000", "/maxsize=1023MB", "/maxsize='0.5GB'"}) {
    EXPECT_EQ(size(small), "small") << small;
  }
  for (const char* ample : {"/maxsize=1024MB", "/maxsize=1GB", "/maxsize=20%", "/maxsize=3%", "/maxsize=2TB"}) {
    EXPECT_EQ(size(ample), "ample") << ample;
  }
  for (const char* neither : {"/maxsize=UNBOUNDED", "/maxsize=", "vssadmin list shadowstorage", "maxsize"}) {
    EXPECT_EQ(size(neither), "") << neither;
  }
}

TEST(Bounds, EmptyValuesAreNoTrouble) {
  for (const Predicate& predicate : predicates()) {
    for (const std::string_view value : {"", " ", "\"", "\"\"", "''", "\\", "%", "@", "-"}) {
      EXPECT_EQ(
          outputs_of(predicate.name, std::vector<std::string>(predicate.inputs.size(), std::string(value))).size(),
          predicate.outputs.size());
    }
  }
}

constexpr std::string_view spread = R"(
playbook: s
form: ladder
steps: [impact]
fields: {path: TargetFilename, image: Image, access: AccessMask, share: ShareName}
logs: {files: {channels: [S], ids: [11, 23]}}
inputs: [{input: files, label: files, how: h, logs: [files], process: true, file: true}]
spread: {logs: [files], path: path, image: image, access: access, share: share, files: 20, folders: 3, note-folders: 5,
  within: 10m, ordinary-extensions: [docx], note-extensions: [txt], rename-behaviour: mass-rename, note-behaviour: notes,
  step: impact}
)";

TEST(Bounds, FileActivityOfALogReadTwiceCountsOnce) {
  const auto engine = engine_of(spread);
  FieldTable fields;
  EventBatch batch;
  std::vector<std::string> paths;
  for (int at = 0; at < 40; ++at) {
    paths.push_back("D:\\share" + std::to_string(at % 4) + "\\file" + std::to_string(at) + ".docx");
    paths.push_back(paths.back() + ".locked");
  }
  std::uint64_t record = 0;
  for (const std::string& path : paths) {
    event::Event& event = batch.begin_event();
    event.channel = "S";
    event.event_id = path.ends_with(".locked") ? 11 : 23;
    event.host = "H";
    event.record = ++record;
    event.time = Time::from_seconds(1'000 + static_cast<std::int64_t>(record));
    batch.add_field(fields.intern("TargetFilename"), path);
    batch.end_event();
  }
  const auto count = [&](int times) {
    const auto opened = engine->open();
    for (int at = 0; at < times; ++at) {
      const auto observer = engine->observer(fields);
      Facts facts;
      observer->observe({static_cast<std::uint32_t>(at), "copy", "evtx"}, batch, {}, facts);
      opened->add(facts);
      opened->add(coverage_of(static_cast<std::uint32_t>(at)));
    }
    const std::vector<Verdict> verdicts = opened->conclude();
    return verdicts.empty() || verdicts[0].stages.empty() ? 0 : verdicts[0].stages[0].count;
  };
  EXPECT_EQ(count(1), 80U);
  EXPECT_EQ(count(2), 80U);
}

TEST(Bounds, RemovalsBeyondTheLimitDoNotHideABurst) {
  const auto engine = engine_of(spread);
  FieldTable fields;
  const auto opened = engine->open();
  const auto observer = engine->observer(fields);
  const auto give = [&](const std::vector<std::pair<std::uint32_t, std::string>>& events, std::int64_t second) {
    EventBatch batch;
    for (const auto& [id, path] : events) {
      event::Event& event = batch.begin_event();
      event.channel = "S";
      event.event_id = id;
      event.host = "H";
      event.record = batch.events.size();
      event.time = Time::from_seconds(second);
      batch.add_field(fields.intern("TargetFilename"), path);
      batch.end_event();
    }
    Facts facts;
    observer->observe({7, "a", "evtx"}, batch, {}, facts);
    opened->add(facts);
  };
  std::vector<std::pair<std::uint32_t, std::string>> burst, ordinary;
  for (int at = 0; at < 40; ++at) {
    const std::string path = "D:\\share" + std::to_string(at % 4) + "\\file" + std::to_string(at) + ".docx";
    burst.emplace_back(11, path + ".locked");
    burst.emplace_back(23, path);
  }
  for (std::size_t at = 0; at < limits::verdict_deletes_max + 100; ++at) {
    ordinary.emplace_back(23, "D:\\work\\" + std::to_string(at) + ".docx");
  }
  give(burst, 1'000);
  give(ordinary, 900'000);
  opened->add(coverage_of(7));
  const std::vector<Verdict> verdicts = opened->conclude();
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].grade, "impact");
  EXPECT_TRUE(says(verdicts[1].left_out, "removed files lie beyond a limit"));
}

}  // namespace
}  // namespace tocsin::verdict
