#include <gtest/gtest.h>

#include <memory>

#include "detect/program.h"
#include "detect/test_rules.h"

namespace tocsin::detect {
namespace {

using test::add_event;
using test::leaf;
using test::rule;

constexpr const char* sysmon = "Microsoft-Windows-Sysmon/Operational";

// Runs the rules over the events with both evaluators and gives "event:rule" for every hit.
class Scan {
 public:
  void add(rules::Rule made) { set_->rules.push_back(std::move(made)); }
  void add(const test::EventText& text) { add_event(batch_, table_, text); }

  std::string hits(Engine engine) {
    const auto program = Program::compile(set_, table_, engine);
    Scanner scanner(program, table_);
    std::vector<Hit> hits;
    scanner.scan(batch_, hits);
    std::string text;
    for (const Hit& hit : hits) {
      text += (text.empty() ? "" : " ") + std::to_string(hit.event) + ":" + std::to_string(hit.rule);
    }
    return text;
  }
  void expect(const std::string& expected) {
    EXPECT_EQ(hits(Engine::plain), expected) << "plain";
    EXPECT_EQ(hits(Engine::indexed), expected) << "indexed";
  }

  std::shared_ptr<rules::RuleSet> set_ = std::make_shared<rules::RuleSet>();
  event::FieldTable table_;
  event::EventBatch batch_;
};

TEST(Scanner, RoutesCategoriesToSysmonAndSecurity) {
  Scan scan;
  scan.add(rule({"windows", "process_creation", "", ""}, {leaf("Image", "*\\cmd.exe")}));
  scan.add({sysmon, "", 1, nullptr, {{"Image", "C:\\CMD.exe"}}});
  scan.add({"security", "", 4688, nullptr, {{"NewProcessName", "C:\\cmd.exe"}}});
  scan.add({sysmon, "", 11, nullptr, {{"Image", "C:\\cmd.exe"}}});
  scan.add({"Security", "", 4689, nullptr, {{"NewProcessName", "C:\\cmd.exe"}}});
  scan.add({"System", "", 1, nullptr, {{"Image", "C:\\cmd.exe"}}});
  scan.expect("0:0 1:0");
}

TEST(Scanner, RegistryDeleteNeedsItsEventType) {
  Scan scan;
  scan.add(rule({"windows", "registry_delete", "", ""}, {leaf("TargetObject", "*RunMRU*")}));
  scan.add({sysmon, "", 12, nullptr, {{"TargetObject", "HKCU\\RunMRU"}, {"EventType", "CreateKey"}}});
  scan.add({sysmon, "", 12, nullptr, {{"TargetObject", "HKCU\\RunMRU"}, {"EventType", "DeleteKey"}}});
  scan.add({sysmon, "", 12, nullptr, {{"TargetObject", "HKCU\\RunMRU"}, {"EventType", "DeleteValue"}}});
  scan.add({sysmon, "", 12, nullptr, {{"TargetObject", "HKCU\\RunMRU"}}});
  scan.expect("1:0 2:0");
}

TEST(Scanner, RegistryInTheSecurityLog) {
  Scan scan;
  scan.add(rule({"windows", "registry_set", "", ""}, {leaf("TargetObject", "*Run*"), leaf("EventType", "SetValue")}));
  scan.add({"Security", "", 4657, nullptr, {{"ObjectName", "\\R\\Run"}, {"OperationType", "%%1905"}}});
  scan.add({"Security", "", 4657, nullptr, {{"ObjectName", "\\R\\Run"}, {"OperationType", "%%1906"}}});
  scan.expect("0:0");
}

TEST(Scanner, EventsWithoutChannelAreKnownByProvider) {
  Scan scan;
  scan.add(rule({"windows", "process_creation", "", ""}, {leaf("Image", "x")}));
  scan.add(rule({"windows", "", "security", ""}, {leaf("Image", "x")}));
  scan.add({"", "Microsoft-Windows-Sysmon", 1, nullptr, {{"Image", "x"}}});
  scan.add({"ForwardedEvents", "Microsoft-Windows-Security-Auditing", 1, nullptr, {{"Image", "x"}}});
  scan.add({"", "", 1, nullptr, {{"Image", "x"}}});
  scan.expect("0:0 1:1");
}

TEST(Scanner, WindowsAloneMeansEveryWindowsEvent) {
  Scan scan;
  scan.add(rule({"windows", "", "", ""}, {leaf("", "evil")}));
  scan.add({"System", "", 7, nullptr, {{"a", "so EVIL it is"}}});
  scan.add({"Unheard-Of/Channel", "", 1, nullptr, {{"b", "evil"}}});
  scan.add({"", "", event::no_event_id, event::log_source("linux_syslog"), {{"b", "evil"}}});
  scan.expect("0:0 1:0");
}

TEST(Scanner, OtherLogSourcesByEveryGivenPart) {
  Scan scan;
  scan.add(rule({"", "webserver", "", ""}, {leaf("cs-user-agent", "nmap*")}));
  scan.add(rule({"linux", "", "sshd", ""}, {leaf("", "failed")}));
  scan.add(rule({"linux", "", "cron", ""}, {leaf("", "failed")}));
  scan.add({"", "", event::no_event_id, event::log_source("iis"), {{"cs(User-Agent)", "Nmap Scripting"}}});
  scan.add({"", "", event::no_event_id, event::log_source("linux_sshd"), {{"message", "Failed password"}}});
  scan.expect("0:0 1:1");
}

TEST(Scanner, WebQueryMeansTheRequest) {
  Scan scan;
  scan.add(rule({"", "webserver", "", ""}, {leaf("cs-uri-query", "/owa/*cmd=*")}));
  scan.add(rule({"", "webserver", "", ""}, {leaf("cs-uri-query", "cmd=*")}));
  scan.add({"",
            "",
            event::no_event_id,
            event::log_source("iis"),
            {{"cs-uri", "/owa/x.aspx?cmd=1"}, {"cs-uri-query", "cmd=1"}}});
  scan.expect("0:0 0:1");
}

TEST(Scanner, FieldNamesExactFirstThenAnyCase) {
  Scan scan;
  scan.add(rule({"windows", "", "system", ""}, {leaf("FileName", "a")}));
  scan.add({"System", "", 1, nullptr, {{"Filename", "a"}}});
  scan.add({"System", "", 1, nullptr, {{"Filename", "a"}, {"FileName", "b"}}});
  scan.expect("0:0");
}

TEST(Scanner, MultiValuedFieldsAnyElement) {
  Scan scan;
  scan.add(rule({"windows", "", "system", ""}, {leaf("Data", "b")}));
  scan.add(rule({"windows", "", "system", ""}, {}, {leaf("Data", "b")}));
  scan.add({"System", "", 1, nullptr, {{"Data", "a"}, {"Data", "b"}}});
  scan.add({"System", "", 1, nullptr, {{"Data", "a"}, {"Data", "c"}}});
  scan.add({"System", "", 1, nullptr, {}});
  scan.expect("0:0 1:1 2:1");
}

TEST(Scanner, EventIdIsTheEventsOwn) {
  Scan scan;
  scan.add(rule({"windows", "", "security", ""}, {leaf("EventID", "4616")}));
  scan.add({"Security", "", 1108, nullptr, {{"EventID", "1108"}, {"EventID", "4616"}}});
  scan.add({"Security", "", 4616, nullptr, {{"EventID", "4616"}}});
  scan.expect("1:0");
}

TEST(Scanner, MatchesNameLeafFieldAndValue) {
  Scan scan;
  scan.add(rule({"windows", "", "system", ""}, {leaf("Image", "*cmd*"), leaf("User", "x")}, {leaf("Image", "z")}));
  scan.add({"System", "", 1, nullptr, {{"user", "X"}, {"Image", "a cmd"}}});
  const auto program = Program::compile(scan.set_, scan.table_);
  Scanner scanner(program, scan.table_);
  std::vector<Match> matches;
  scanner.matches(scan.batch_, {0, 0}, matches);
  ASSERT_EQ(matches.size(), 2U);
  EXPECT_EQ(matches[0].value, "a cmd");
  EXPECT_EQ(scan.table_.name(matches[1].field), "user");
  EXPECT_EQ(scanner.explain(scan.batch_, 0, 0), (std::vector<bool>{true, true, false, true, true}));
}

TEST(Scanner, RulesWithInputAndStates) {
  Scan scan;
  scan.add(rule({"windows", "", "system", ""}, {leaf("Image", "never")}));
  scan.add(rule({"windows", "process_creation", "", ""}, {leaf("Image", "never")}));
  scan.add(rule({"windows", "no_such_category", "", ""}, {leaf("Image", "never")}));
  scan.set_->rules.push_back(rule({"windows", "", "system", ""}, {leaf("Image", "x")}));
  scan.set_->rules.back().waiting_for = {"admins"};
  scan.add({"System", "", 1, nullptr, {{"Image", "x"}}});
  const auto program = Program::compile(scan.set_, scan.table_);
  Scanner scanner(program, scan.table_);
  std::vector<Hit> hits;
  scanner.scan(scan.batch_, hits);
  EXPECT_TRUE(hits.empty());
  EXPECT_EQ(scanner.rules_with_input(), (std::vector<bool>{true, false, false, true}));
  EXPECT_TRUE(program->states()[0].active);
  EXPECT_FALSE(program->states()[2].active);
  EXPECT_FALSE(program->states()[2].has_reader);
  EXPECT_EQ(program->states()[2].reason, "no reader yet for log source product windows, category no_such_category");
  EXPECT_FALSE(program->states()[3].active);
  EXPECT_EQ(program->states()[3].reason, "waiting for list admins");
}

TEST(Scanner, EndsEarlyWhenToldToStop) {
  for (const Engine engine : {Engine::plain, Engine::indexed}) {
    Scan scan;
    scan.add(rule({"windows", "", "system", ""}, {leaf("Image", "x")}));
    scan.add({"System", "", 1, nullptr, {{"Image", "x"}}});
    std::atomic<bool> stop = false;
    Scanner scanner(Program::compile(scan.set_, scan.table_, engine), scan.table_, {.stop = &stop});
    std::vector<Hit> hits;
    scanner.scan(scan.batch_, hits);
    EXPECT_EQ(hits.size(), 1U);
    stop = true;
    scanner.scan(scan.batch_, hits);
    EXPECT_EQ(hits.size(), 1U);
  }
}

TEST(Scanner, AConditionThatExplodesIsRejected) {
  Scan scan;
  rules::Rule doubling = rule({"windows", "", "system", ""}, {leaf("Image", "x")});
  for (int level = 0; level < 40; ++level) {
    const auto last = static_cast<std::uint32_t>(doubling.nodes.size() - 1);
    doubling.nodes.push_back({rules::Node::Kind::all_of, 0, {last, last}, {}});
  }
  scan.add(std::move(doubling));
  scan.add({"System", "", 1, nullptr, {{"Image", "x"}}});
  const auto program = Program::compile(scan.set_, scan.table_);
  EXPECT_FALSE(program->states()[0].active);
  ASSERT_EQ(program->diagnostics().size(), 1U);
  EXPECT_EQ(program->diagnostics()[0].error.code, ErrorCode::limit);
  scan.expect("");
}

TEST(Scanner, MoreKindsOfEventsThanAreRemembered) {
  Scan scan;
  scan.add(rule({"windows", "", "", ""}, {leaf("Image", "x")}));
  scan.add(rule({"windows", "", "system", ""}, {leaf("Image", "x")}));
  for (std::uint32_t at = 0; at < 5000; ++at) {
    scan.add({std::string(600, 'c') + std::to_string(at), "", at, nullptr, {{"Image", "y"}}});
  }
  scan.add({"System", "", 1, nullptr, {{"Image", "x"}}});
  scan.expect("5000:0 5000:1");
}

TEST(Scanner, ARegexThatNoEngineTakesIsADiagnostic) {
  Scan scan;
  rules::Leaf wrong;
  wrong.field = "Image";
  wrong.op = rules::Operator::regex;
  wrong.regex = "(";
  wrong.line = 12;
  wrong.column = 3;
  scan.add(rule({"windows", "", "system", ""}, {wrong}));
  const auto program = Program::compile(scan.set_, scan.table_);
  EXPECT_FALSE(program->states()[0].active);
  ASSERT_EQ(program->diagnostics().size(), 1U);
  EXPECT_EQ(program->diagnostics()[0].error.where.line, 12U);
}

}  // namespace
}  // namespace tocsin::detect
