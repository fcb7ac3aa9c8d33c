// Hunts whole evidence folders and compares states, stages, rows, times and clients with their expected.json.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/time.h"
#include "support/corpus.h"
#include "support/hunt.h"
#include "wire/json.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using verdict::EventRef;
using verdict::Stage;
using verdict::Verdict;
using wire::Json;

Json expected_of(const fs::path& path) {
  auto json = wire::parse_json(test::read_file(path));
  EXPECT_TRUE(json.has_value()) << path;
  return json ? *json : Json{};
}

std::uint64_t number(const Json* json) { return json == nullptr ? 0 : std::stoull(json->text); }

Time time_of(std::string_view text) {
  const auto parsed = parse_iso8601(text);
  return parsed ? parsed->time : Time{};
}

std::vector<Verdict> hunt(const fs::path& path, std::string_view playbook) {
  auto verdicts = test::hunt({path.string()});
  EXPECT_TRUE(verdicts.has_value()) << (verdicts ? "" : verdicts.error().text());
  std::vector<Verdict> own;
  if (verdicts) {
    std::copy_if(verdicts->begin(), verdicts->end(), std::back_inserter(own),
                 [&](const Verdict& verdict) { return verdict.playbook == playbook; });
  }
  return own;
}

// Rows of one stage, over the entries of all weaknesses.
struct Rows {
  std::uint64_t count = 0;
  Time first, last;
  std::set<std::pair<std::string, std::uint64_t>> events;
  std::map<std::pair<std::string, std::uint64_t>, EventRef> refs;
};

std::map<int, Rows> rows_by_stage(const Verdict& verdict, std::string_view prefix) {
  std::map<int, Rows> stages;
  for (const Stage& stage : verdict.stages) {
    Rows& rows = stages[stage.stage];
    rows.count += stage.count;
    if (stage.first.known()) {
      rows.first = rows.first.known() ? std::min(rows.first, stage.first) : stage.first;
      rows.last = std::max(rows.last, stage.last);
    }
    for (const EventRef& ref : stage.events) {
      std::string file = ref.source;
      if (file.starts_with(prefix)) {
        file.erase(0, prefix.size());
      }
      rows.events.emplace(file, ref.record);
      rows.refs[{file, ref.record}] = ref;
    }
  }
  return stages;
}

void compare_exchange(const Json& expected, const Verdict& verdict, std::string_view prefix) {
  EXPECT_EQ(verdict::state_text(verdict.state), expected.string_or("verdict", ""));
  std::map<int, Rows> found = rows_by_stage(verdict, prefix);
  std::set<std::pair<std::string, std::uint64_t>> allowed;
  const Json* stages = expected.find("stages");
  ASSERT_NE(stages, nullptr);
  for (const Json& stage : stages->items) {
    const int wanted = std::stoi(stage.find("stage")->text);
    const Rows rows = found[wanted];
    EXPECT_EQ(rows.count, number(stage.find("count"))) << "stage " << wanted;
    Time first, last;
    for (const Json& row : stage.find("rows")->items) {
      const std::pair<std::string, std::uint64_t> key{row.string_or("file", ""), number(row.find("line"))};
      allowed.insert(key);
      EXPECT_TRUE(rows.events.contains(key)) << "stage " << wanted << " lacks " << key.first << "#" << key.second;
      if (rows.refs.contains(key)) {
        const EventRef& ref = rows.refs.at(key);
        EXPECT_EQ(rfc3339(ref.time), rfc3339(time_of(row.string_or("time", "")))) << key.first << "#" << key.second;
        EXPECT_EQ(ref.client, row.string_or("client", "")) << key.first << "#" << key.second;
        first = first.known() ? std::min(first, ref.time) : ref.time;
        last = std::max(last, ref.time);
      }
    }
    EXPECT_EQ(rfc3339(rows.first), rfc3339(first));
    EXPECT_EQ(rfc3339(rows.last), rfc3339(last));
    if (const Json* supporting = stage.find("supporting"); supporting != nullptr) {
      for (const Json& row : supporting->items) {
        allowed.emplace(row.string_or("file", ""), number(row.find("line")));
      }
    }
  }
  for (const auto& [stage, rows] : found) {
    for (const auto& key : rows.events) {
      EXPECT_TRUE(allowed.contains(key)) << "stage " << stage << " claims " << key.first << "#" << key.second;
    }
  }
  for (const auto& [name, own] : {std::pair{"clients", &verdict.clients}, std::pair{"shells", &verdict.shells}}) {
    if (const Json* list = expected.find(name); list != nullptr) {
      std::vector<std::string> wanted;
      for (const Json& each : list->items) {
        wanted.push_back(each.text);
      }
      EXPECT_EQ(*own, wanted) << name;
    }
  }
  if (verdict.state == verdict::State::not_checkable) {
    EXPECT_FALSE(verdict.needs.empty());
  }
  EXPECT_FALSE(verdict.because.empty());
  const Json* coverage = expected.find("coverage");
  if (coverage == nullptr) {
    return;
  }
  const auto period = std::find_if(verdict.covered.begin(), verdict.covered.end(),
                                   [](const verdict::Covered& each) { return each.input == "covered-period"; });
  const Json* covered = coverage->find("covered");
  EXPECT_EQ(period == verdict.covered.end(), covered->kind == Json::Kind::null);
  if (period != verdict.covered.end() && covered->kind != Json::Kind::null) {
    EXPECT_EQ(rfc3339(period->from), rfc3339(time_of(covered->string_or("from", ""))));
  }
  EXPECT_EQ(rfc3339(verdict.window.from), rfc3339(time_of(coverage->find("window")->string_or("from", ""))));
}

class ExchangeCase : public testing::TestWithParam<const char*> {};

TEST_P(ExchangeCase, GivesTheExpectedVerdict) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "needs logs/exchange-cases of the corpus";
  }
  const fs::path folder = test::corpus() / "logs" / "exchange-cases" / GetParam();
  const std::vector<Verdict> verdicts = hunt(folder / "evidence", "exchange-2021");
  ASSERT_EQ(verdicts.size(), 1U);
  compare_exchange(expected_of(folder / "expected.json"), verdicts.front(), "");
}

INSTANTIATE_TEST_SUITE_P(All, ExchangeCase,
                         testing::Values("G01-full-compromise", "G02-probes-failed", "G03-benign-admin-day",
                                         "G04-rotated-away", "G05-ugly-files"),
                         [](const auto& each) { return std::string(each.param).substr(0, 3); });

TEST(ExchangeCapture, GivesTheExpectedVerdict) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "needs logs/otrf_proxylogon_ssrf_rce_poc_2021-03-14.zip of the corpus";
  }
  const fs::path logs = test::corpus() / "logs";
  const std::vector<Verdict> verdicts = hunt(logs / "otrf_proxylogon_ssrf_rce_poc_2021-03-14.zip", "exchange-2021");
  ASSERT_EQ(verdicts.size(), 1U);
  compare_exchange(expected_of(logs / "otrf_proxylogon_ssrf_rce_poc_2021-03-14.expected.json"), verdicts.front(),
                   "otrf_proxylogon_ssrf_rce_poc_2021-03-14.zip!/");
}

}  // namespace
}  // namespace tocsin
