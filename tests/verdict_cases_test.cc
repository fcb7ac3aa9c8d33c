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

// Values of a CSV row without line breaks.
std::vector<std::string> csv_values(std::string_view line) {
  std::vector<std::string> values(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      values.emplace_back();
    } else if (c != '\r') {
      values.back() += c;
    }
  }
  return values;
}

Verdict one_row(const std::string& anchor, const std::string& status) {
  const auto& engine = test::built_in_playbooks();
  EXPECT_TRUE(engine.has_value());
  test::Hunt hunt(*engine);
  const std::string text =
      "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2106.002\r\n#Log-type: HttpProxy Logs\r\n"
      "#Date: 2021-03-03T06:00:00.000Z\r\n#Fields: DateTime,RequestId,Protocol,UrlHost,UrlStem,AnchorMailbox,"
      "ClientIpAddress,ServerHostName,HttpStatus,Method\r\n"
      "2021-03-03T06:49:42.162Z,29d1a846-0000-4000-8000-000000000001,Ecp,mail.example,/ecp/y.js,\"" +
      anchor + "\",192.0.2.7,EXCH," + status + ",POST\r\n";
  MemorySource bytes(text);
  EXPECT_TRUE(hunt.member({.name = "HttpProxy/Ecp/HttpProxy_2021030306-1.LOG"}, bytes).has_value());
  const std::vector<Verdict> verdicts = hunt.conclude();
  EXPECT_EQ(verdicts.size(), 1U);
  return verdicts.empty() ? Verdict{} : verdicts.front();
}

TEST(AnchorMailbox, EachRealValueGivesItsStage) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "needs logs/anchormailbox_samples.csv of the corpus";
  }
  const std::string csv = test::read_file(test::corpus() / "logs" / "anchormailbox_samples.csv");
  std::size_t begin = csv.find('\n') + 1;
  std::size_t rows = 0;
  while (begin < csv.size()) {
    const std::size_t end = std::min(csv.find('\n', begin), csv.size());
    const std::vector<std::string> values = csv_values(std::string_view(csv).substr(begin, end - begin));
    begin = end + 1;
    ASSERT_EQ(values.size(), 8U);
    ++rows;
    const std::string& stage = values[7];
    const bool login = values[2].find("proxyLogon") != std::string::npos;
    for (const std::string& status : {values[3], std::string(login ? "241" : "200")}) {
      const Verdict verdict = one_row(values[2], status);
      if (stage == "none") {
        EXPECT_TRUE(verdict.stages.empty()) << values[2];
      } else {
        ASSERT_EQ(verdict.stages.size(), 1U) << values[2];
        EXPECT_EQ(verdict.stages.front().stage, stage[0] - '0') << values[2] << " " << status;
        EXPECT_EQ(verdict.stages.front().count, 1U);
        EXPECT_EQ(verdict.state == verdict::State::compromised, stage[0] >= '2' && !status.empty()) << values[2];
      }
    }
  }
  EXPECT_EQ(rows, 28U);
}

TEST(AnchorMailbox, EvasionsAndOrdinaryValues) {
  const auto stage_of = [](const std::string& anchor, const std::string& status) {
    const Verdict verdict = one_row(anchor, status);
    return verdict.stages.empty() ? -1 : verdict.stages.front().stage;
  };
  // A word further on does not make it a probe.
  EXPECT_EQ(stage_of("ServerInfo~a]@h:444/ecp/proxyLogon.ecp?x=/autodiscover#", "241"), 3);
  EXPECT_EQ(stage_of("serverinfo~A]@H:444/MAPI/emsmdb/?#", "200"), 2);
  EXPECT_EQ(stage_of("ServerInfo~a]@h:444//autodiscover/../%6dapi/emsmdb?#", "200"), 2);
  EXPECT_EQ(stage_of("ServerInfo~a]@h:444/ews/exchange.asmx?#", "200"), 2);
  // Refused: an attempt, whatever was asked for.
  EXPECT_EQ(stage_of("ServerInfo~a]@h:444/mapi/emsmdb/?#", "500"), 1);
  EXPECT_EQ(stage_of("ServerInfo~a]@h:444/ecp/DDI/DDIService.svc/SetObject?schema=ResetOABVirtualDirectory#", "401"),
            1);
  // Resets of other directories are resets.
  EXPECT_EQ(stage_of("ServerInfo~a]@h:444/ecp/DDI/DDIService.svc/SetObject?schema=ResetEcpVirtualDirectory#", "200"),
            5);
  EXPECT_EQ(stage_of("ServerInfo~localhost/owa/auth/logon.aspx?", "200"), 0);
  // Health checks have no path.
  EXPECT_EQ(stage_of("ServerInfo~localhost", "200"), -1);
  EXPECT_EQ(stage_of("ServerInfo~ex1.corp.example", "200"), -1);
}

void compare_ransomware(const Json& expected, const std::vector<Verdict>& verdicts) {
  ASSERT_FALSE(verdicts.empty());
  const Verdict& whole = verdicts.front();
  EXPECT_EQ(whole.scope, "*");
  EXPECT_EQ(whole.grade, expected.string_or("grade", ""));
  EXPECT_EQ(whole.call_now, expected.find("call_now")->boolean);
  EXPECT_EQ(whole.noted.empty(), expected.find("noted")->items.empty());
  std::size_t graded = 0;
  for (const Verdict& verdict : verdicts) {
    if (verdict.scope == "*") {
      continue;
    }
    const std::string name = verdict.scope.substr(0, verdict.scope.find('.'));
    const Json* host = expected.find("hosts")->find(name);
    if (host == nullptr) {
      EXPECT_EQ(verdict.grade, "none") << name;
      EXPECT_TRUE(verdict.stages.empty()) << name;
      EXPECT_TRUE(verdict.state == verdict::State::no_sign_in_covered_period ||
                  verdict.state == verdict::State::not_checkable)
          << name;
      continue;
    }
    ++graded;
    EXPECT_EQ(verdict.grade, host->string_or("grade", "")) << name;
    std::size_t behaviours = 0;
    for (const auto& [step, list] : host->find("steps")->members) {
      for (const auto& [behaviour, wanted] : list.members) {
        ++behaviours;
        const auto stage = std::find_if(verdict.stages.begin(), verdict.stages.end(),
                                        [&](const Stage& each) { return each.name == behaviour && each.step == step; });
        ASSERT_NE(stage, verdict.stages.end()) << name << " " << behaviour;
        EXPECT_EQ(stage->count, number(wanted.find("count"))) << name << " " << behaviour;
        if (wanted.find("first") != nullptr) {
          EXPECT_EQ(rfc3339(stage->first), rfc3339(time_of(wanted.string_or("first", "")))) << name << " " << behaviour;
          EXPECT_EQ(rfc3339(stage->last), rfc3339(time_of(wanted.string_or("last", "")))) << name << " " << behaviour;
        }
        const Json* lines = wanted.find("lines");
        if (lines->kind == Json::Kind::array) {
          std::vector<std::uint64_t> own, theirs;
          for (const EventRef& ref : stage->events) {
            own.push_back(ref.record);
          }
          for (const Json& line : lines->items) {
            theirs.push_back(number(&line));
          }
          EXPECT_EQ(own, theirs) << name << " " << behaviour;
        } else {
          EXPECT_EQ(stage->events.front().record, number(lines->find("from_line")));
        }
      }
    }
    EXPECT_EQ(verdict.stages.size(), behaviours) << name;
  }
  EXPECT_EQ(graded, expected.find("hosts")->members.size());
}

class RansomwareCase : public testing::TestWithParam<const char*> {};

TEST_P(RansomwareCase, GivesTheExpectedGrades) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "needs logs/ransomware-cases of the corpus";
  }
  const fs::path folder = test::corpus() / "logs" / "ransomware-cases" / GetParam();
  compare_ransomware(expected_of(folder / "expected.json"), hunt(folder / "events.ndjson.gz", "ransomware"));
}

INSTANTIATE_TEST_SUITE_P(All, RansomwareCase,
                         testing::Values("RG1-impact", "RG2-preparation-only", "RG3-benign-admin-day"),
                         [](const auto& each) { return std::string(each.param).substr(0, 3); });

// tests/golden/verdict/<case>/evidence with its expected.json, in the form of the corpus.
TEST(Golden, EachCaseGivesItsVerdict) {
  std::size_t cases = 0;
  for (const auto& folder : fs::directory_iterator(test::golden() / "verdict")) {
    ++cases;
    SCOPED_TRACE(folder.path().filename().string());
    const Json expected = expected_of(folder.path() / "expected.json");
    if (expected.find("grade") != nullptr) {
      compare_ransomware(expected, hunt(folder.path() / "evidence", "ransomware"));
      continue;
    }
    const std::vector<Verdict> verdicts = hunt(folder.path() / "evidence", "exchange-2021");
    EXPECT_EQ(verdicts.size(), 1U);
    if (verdicts.size() == 1) {
      compare_exchange(expected, verdicts.front(), "");
    }
  }
  EXPECT_GE(cases, 32U);
}

TEST(Ransomware, GivesNoGradeOnOtherLogs) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "needs logs and evtx/samples of the corpus";
  }
  for (const char* folder : {"logs/exchange-cases", "logs/zeek", "logs/iis", "evtx/samples"}) {
    for (const Verdict& verdict : hunt(test::corpus() / folder, "ransomware")) {
      EXPECT_EQ(verdict.grade, "none") << folder << " " << verdict.scope;
      EXPECT_FALSE(verdict.call_now) << folder << " " << verdict.scope;
    }
  }
}

TEST(Exchange, KeepsServersOfOneHuntApart) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "needs logs/exchange-cases of the corpus";
  }
  std::map<std::string, std::string> states;
  for (const Verdict& verdict : hunt(test::corpus() / "logs" / "exchange-cases", "exchange-2021")) {
    states[verdict.scope] = verdict::state_text(verdict.state);
  }
  const std::map<std::string, std::string> wanted = {{"EX19", "no-sign-in-covered-period"},
                                                     {"EXSERVER", "attacked-no-sign-of-success"},
                                                     {"HUB2", "compromised"},
                                                     {"MAIL", "not-checkable"},
                                                     {"SRV-EX1", "compromised"}};
  EXPECT_EQ(states, wanted);
}

TEST(Exchange, SaysNothingWhereThereIsNoExchange) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "needs logs/zeek and logs/iis of the corpus";
  }
  EXPECT_TRUE(hunt(test::corpus() / "logs" / "zeek", "exchange-2021").empty());
  EXPECT_TRUE(hunt(test::corpus() / "logs" / "iis", "exchange-2021").empty());
}

}  // namespace
}  // namespace tocsin
