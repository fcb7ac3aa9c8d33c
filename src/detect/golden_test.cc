// Goldens: tests/golden/detect/NAME/{rule.yml, events.jsonl, expected.txt}, run by both engines. Anyone can add one.
//
// rule.yml        Sigma documents, also correlations and filters
// lists.json      optional: {"placeholder": ["value", …]}
// events.jsonl    {"channel", "provider", "event_id", "log_source", "raw", "time", "fields": {name: value}}, all
// optional;
//                 a value may be null, text, number, boolean, a list (several values) or an object (dotted names)
// expected.txt    "LINE title" for each hit; "title: reason" for each rule that is not active;
//                 "title [field=value] first .. last (count)" for each correlation
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "detect/correlator.h"
#include "detect/program.h"
#include "rules/sigma.h"
#include "support/corpus.h"
#include "support/sigma_corpus.h"
#include "wire/json.h"

namespace tocsin::detect {
namespace {

using wire::Json;

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden() / "detect")) {
    if (std::filesystem::exists(entry.path() / "rule.yml")) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

void add_value(event::EventBatch& batch, event::FieldTable& table, const std::string& name, const Json& value) {
  const event::FieldId id = table.intern(name);
  switch (value.kind) {
    case Json::Kind::null:
      batch.add_field(id, {}, event::ValueKind::null);
      break;
    case Json::Kind::boolean:
      batch.add_field(id, value.boolean ? "true" : "false", event::ValueKind::boolean);
      break;
    case Json::Kind::number:
      batch.add_field(
          id, batch.arena.copy(value.text),
          value.text.find_first_of(".eE") == std::string::npos ? event::ValueKind::integer : event::ValueKind::real);
      break;
    case Json::Kind::string:
      batch.add_field(id, batch.arena.copy(value.text));
      break;
    case Json::Kind::array:
      for (const Json& item : value.items) {
        add_value(batch, table, name, item);
      }
      break;
    case Json::Kind::object:
      for (const auto& [key, member] : value.members) {
        add_value(batch, table, fmt::format("{}.{}", name, key), member);
      }
      break;
  }
}

// No line may be wrong: a golden that does not say what it means is a failure.
void read_events(const std::filesystem::path& path, event::EventBatch& batch, event::FieldTable& table) {
  std::istringstream lines(test::read_file(path));
  for (std::string line; std::getline(lines, line);) {
    const auto json = wire::parse_json(line);
    ASSERT_TRUE(json.has_value()) << path << ": " << json.error().text();
    event::Event& event = batch.begin_event();
    for (const auto& [key, value] : json->members) {
      if (key == "channel") {
        event.channel = batch.arena.copy(value.text);
      } else if (key == "provider") {
        event.provider = batch.arena.copy(value.text);
      } else if (key == "event_id") {
        event.event_id = static_cast<std::uint32_t>(std::stoul(value.text));
        batch.add_field(table.intern("EventID"), batch.arena.copy(value.text), event::ValueKind::integer);
      } else if (key == "log_source") {
        event.log_source = event::log_source(value.text);
        ASSERT_NE(event.log_source, nullptr) << path << ": no log source " << value.text;
      } else if (key == "raw") {
        event.raw = batch.arena.copy(value.text);
      } else if (key == "time") {
        const auto time = parse_iso8601(value.text);
        ASSERT_TRUE(time.has_value()) << path << ": no time: " << value.text;
        event.time = time->time;
      } else if (key == "fields") {
        for (const auto& [name, member] : value.members) {
          add_value(batch, table, name, member);
        }
      } else {
        FAIL() << path << ": unknown key " << key;
      }
    }
    batch.end_event();
  }
}

std::string run(const std::shared_ptr<const rules::RuleSet>& set, const event::EventBatch& batch,
                event::FieldTable& table, Engine engine) {
  const auto program = Program::compile(set, table, engine);
  Scanner scanner(program, table);
  Correlator correlator(set);
  std::vector<Hit> hits;
  scanner.scan(batch, hits);
  std::string text;
  for (std::size_t rule = 0; rule < set->rules.size(); ++rule) {
    if (!program->states()[rule].active || program->states()[rule].slow) {
      text += set->rules[rule].info.title + ": " + program->states()[rule].reason + "\n";
    }
  }
  for (const Hit& hit : hits) {
    if (set->rules[hit.rule].emits) {
      text += std::to_string(hit.event + 1) + " " + set->rules[hit.rule].info.title + "\n";
    }
    std::vector<Match> matches;
    scanner.matches(batch, hit, matches);
    EXPECT_TRUE(scanner.applies(batch, hit.event, hit.rule));
    EXPECT_TRUE(scanner.explain(batch, hit.event, hit.rule).back());
    CorrelationEvent event{hit.rule, batch.events[hit.event].time, 0, hit.event + std::uint64_t{1}, 0, {}};
    for (const std::string& field : correlator.wanted(hit.rule)) {
      std::vector<std::string_view> values;
      scanner.values(batch, hit.event, hit.rule, field, values);
      event.values.emplace_back(values.empty() ? std::string_view() : values[0]);
    }
    correlator.add(std::move(event));
  }
  for (const CorrelationHit& hit : correlator.finish()) {
    text += set->correlations[hit.correlation].info.title + " [";
    for (const auto& [field, value] : hit.group) {
      text += fmt::format("{}{}={}", text.back() == '[' ? "" : ", ", field, value);
    }
    text += "] " + rfc3339(hit.first) + " .. " + rfc3339(hit.last) + " (" + std::to_string(hit.count) + ")\n";
  }
  return text;
}

class Golden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Golden, BothEnginesSayWhatIsExpected) {
  const std::filesystem::path& folder = GetParam();
  rules::Placeholders lists;
  if (std::filesystem::exists(folder / "lists.json")) {
    const auto json = wire::parse_json(test::read_file(folder / "lists.json"));
    ASSERT_TRUE(json.has_value());
    for (const auto& [name, values] : json->members) {
      for (const Json& value : values.items) {
        lists[name].push_back(value.text);
      }
    }
  }
  rules::SigmaLoader loader(std::move(lists));
  loader.add("rule.yml", test::read_file(folder / "rule.yml"));
  const auto set = std::make_shared<const rules::RuleSet>(std::move(loader).finish());
  for (const auto& diagnostic : set->diagnostics) {
    EXPECT_NE(diagnostic.severity, rules::Diagnostic::Severity::error) << diagnostic.error.text();
  }
  event::FieldTable table;
  event::EventBatch batch;
  read_events(folder / "events.jsonl", batch, table);
  const std::string expected = test::read_file(folder / "expected.txt");
  EXPECT_EQ(run(set, batch, table, Engine::plain), expected) << "plain";
  EXPECT_EQ(run(set, batch, table, Engine::indexed), expected) << "indexed";
}

INSTANTIATE_TEST_SUITE_P(Detect, Golden, testing::ValuesIn(cases()), [](const auto& of) {
  std::string name = of.param.filename().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

}  // namespace
}  // namespace tocsin::detect
