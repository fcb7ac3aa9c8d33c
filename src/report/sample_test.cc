#include "report/sample_test.h"

#include <gtest/gtest.h>

namespace tocsin::report::test {
namespace {

constexpr std::string_view proxy_log =
    "Program Files/Microsoft/Exchange Server/V15/Logging/HttpProxy/Ecp/HttpProxy_2021030220-1.LOG";
constexpr std::string_view iis_log = "inetpub/logs/LogFiles/W3SVC1/u_ex210302.log";

verdict::EventRef evidence(std::string_view source, std::uint64_t line, std::string_view time, std::string_view what) {
  verdict::EventRef event;
  event.source = source;
  event.record = line;
  event.offset = line * 100;
  event.unit = "line";
  event.time = at(time);
  event.client = "203.0.113.44";
  event.what = what;
  return event;
}

verdict::Stage stage(int number, std::string_view name, std::vector<verdict::EventRef> events) {
  verdict::Stage out;
  out.stage = number;
  out.name = name;
  out.first = events.front().time;
  out.last = events.back().time;
  out.count = events.size();
  out.events = std::move(events);
  return out;
}

verdict::Verdict exchange() {
  verdict::Verdict out;
  out.playbook = "exchange-2021";
  out.title = "Exchange 2021 (ProxyLogon)";
  out.scope = "SRV-EX1";
  out.state = verdict::State::compromised;
  out.because =
      "Forged requests were answered with success, a script was written into the address book's configuration and the "
      "web shell ohyeah.aspx was used on 4 March 2021.";
  out.stages.push_back(stage(1, "probe",
                             {evidence(proxy_log, 6, "2021-03-02T20:31:05.117Z",
                                       "ServerInfo~a]@srv-ex1.contoso.example:444/autodiscover/autodiscover.xml?#")}));
  out.stages.push_back(
      stage(3, "admin-session",
            {evidence(proxy_log, 8, "2021-03-02T20:31:08.217Z",
                      "ServerInfo~a]@srv-ex1.contoso.example:444/ecp/proxyLogon.ecp?#"),
             evidence(proxy_log, 9, "2021-03-02T20:31:11.117Z", "GetObject?schema=OABVirtualDirectory"),
             evidence(proxy_log, 10, "2021-03-02T20:31:12Z", "GetObject again")}));
  out.stages.back().weakness = "CVE-2021-26855";
  out.stages.back().supporting.push_back(evidence(iis_log, 43, "2021-03-02T20:31:08Z", "POST /ecp/k.js -> 241"));
  out.stages.push_back(stage(4, "config-write",
                             {evidence(proxy_log, 11, "2021-03-02T20:31:13Z",
                                       "http://f/<script language=\"JScript\" runat=\"server\">alert(1)</script>")}));
  out.stages.back().weakness = "CVE-2021-27065";
  out.stages.push_back(stage(6, "use",
                             {evidence(iis_log, 97, "2021-03-04T06:12:55Z",
                                       "POST /aspnet_client/ohyeah.aspx -> 200 \x1b[2J\x1b]0;owned\x07")}));
  out.stages.back().truncated = true;
  out.stages.back().count = 2500;
  out.needs.push_back({"ECP server log", false, "copy V15\\Logging\\ECP\\Server"});
  out.needs.push_back({"HttpProxy log", true, "copy V15\\Logging\\HttpProxy"});
  out.covered.push_back({"HttpProxy Ecp",
                         at("2021-03-01T00:00:00Z"),
                         at("2021-03-05T23:59:59Z"),
                         3,
                         345,
                         {{at("2021-03-03T01:00:00Z"), at("2021-03-03T04:30:00Z")}}});
  out.uncovered.push_back({at("2021-01-03T00:00:00Z"), at("2021-03-01T00:00:00Z")});
  out.window = {at("2021-01-03T00:00:00Z"), at("2021-03-05T23:59:59Z")};
  out.noted.push_back({"Set-OabVirtualDirectory with an ordinary address",
                       "an administrator set https://mail.example/oab",
                       1,
                       at("2021-02-01T09:00:00Z"),
                       at("2021-02-01T09:00:00Z"),
                       {}});
  out.clients = {"203.0.113.44"};
  out.shells = {"C:\\inetpub\\wwwroot\\aspnet_client\\ohyeah.aspx"};
  out.next_steps = {"Take the server off the network but leave it running; keep its memory.",
                    "Keep the logs named here before they rotate away."};
  out.left_out = {"12 autodiscover requests of scanners that got errors"};
  return out;
}

verdict::Verdict ladder(std::string scope, verdict::State state, std::string grade) {
  verdict::Verdict out;
  out.playbook = "ransomware";
  out.title = "Ransomware";
  out.scope = std::move(scope);
  out.state = state;
  out.grade = std::move(grade);
  if (out.grade == "impact") {
    out.because = "400 files in 20 folders took the extension .enc3 two minutes after backups were removed.";
    out.call_now = true;
    verdict::Stage burst;
    burst.step = "impact";
    burst.name = "rename-burst";
    burst.first = at("2023-11-02T20:53:00Z");
    burst.last = at("2023-11-02T20:59:10Z");
    burst.count = 400;
    burst.events = {evidence("events.ndjson.gz", 1200, "2023-11-02T20:53:00Z", "C:\\Shares\\q3 figures.xlsx.enc3")};
    out.stages.push_back(std::move(burst));
  } else {
    out.because = "No file or process events of this host were read.";
    out.needs.push_back({"process events", false, "Sysmon 1 or Security 4688"});
  }
  return out;
}

Detection detection(std::uint32_t rule, std::uint64_t record, std::string_view time, std::string host) {
  Detection out;
  out.rule = rule;
  out.event.source = "C/Windows/System32/winevt/logs/Microsoft-Windows-Sysmon%4Operational.evtx";
  out.event.record = record;
  out.event.offset = 4096 + record;
  out.event.unit = "record";
  out.event.format = "evtx";
  out.event.channel = "Microsoft-Windows-Sysmon/Operational";
  out.event.host = std::move(host);
  out.event.time = time.empty() ? Time{} : at(time);
  return out;
}

void rules(Report& report) {
  report.rules.push_back({"11111111-2222-4333-8444-555555555555",
                          "Suspicious child of the \"w3wp\" <b>web worker</b>",
                          "high",
                          "sigma",
                          "test",
                          "A web worker starts a command interpreter.",
                          "Somebody, somewhere",
                          "rules/windows/process_creation/proc_creation_win_webshell.yml",
                          {"attack.persistence", "attack.t1505.003", "attack.t1190", "cve.2021-27065"},
                          {"https://example.org/a?b=c&d=\"e\""},
                          {"Administrators at work"},
                          "title: Suspicious child\nid: 11111111-2222-4333-8444-555555555555\nlogsource:\n  product: "
                          "windows\ndetection:\n  a:\n    Image|endswith: '\\cmd.exe'\n  condition: a\n"});
  report.rules.push_back({"99999999-2222-4333-8444-555555555555",
                          "Failed logons, then one that worked",
                          "medium",
                          "sigma",
                          "stable",
                          "",
                          "",
                          "rules/correlation.yml",
                          {"attack.t1110"},
                          {},
                          {},
                          ""});
  report.rules.push_back({"",
                          "=HYPERLINK(\"http://evil.example\",\"click\")",
                          "critical",
                          "indicator",
                          "",
                          "",
                          "",
                          "indicators.csv",
                          {},
                          {"javascript:alert(1)"},
                          {},
                          ""});
}

}  // namespace

void fill_sample(Sample& sample) {
  Report& report = sample.report;
  rules(report);
  auto& all = sample.detections;

  all.push_back(detection(0, 1017, "2021-03-04T06:12:56.1234567Z", "SRV-EX1"));
  all.back().matched = {{"Image", "C:\\Windows\\System32\\cmd.exe", "*\\cmd.exe"},
                        {"ParentImage", "c:\\windows\\system32\\inetsrv\\w3wp.exe", "*\\w3wp.exe"}};
  all.back().fields = {{"CommandLine", {"cmd /c \"whoami\" & echo [S]&cd&echo [E]\r\nsecond line"}},
                       {"User", {"NT AUTHORITY\\SYSTEM"}},
                       {"Hashes",
                        {"MD5=D41D8CD98F00B204E9800998ECF8427E,SHA256="
                         "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"}},
                       {"Image", {"C:\\Windows\\System32\\cmd.exe"}},
                       {"ProcessId", {"4711"}}};
  all.back().duplicates = 2;

  all.push_back(detection(0, 1018, "2021-03-04T06:12:57Z", "SRV-EX1"));
  all.back().matched = {{"CommandLine", "</script><script>alert('x')</script><!-- & -->", "*script*"}};
  all.back().fields = {{"CommandLine", {"</script><script>alert('x')</script><!-- & -->"}},
                       {"Title", {"\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x07 \b\b\b"}},
                       {"File",
                        {"invoice_\xE2\x80\xAE"
                         "fdp.exe"}},
                       {"Data", {"one", "two", "", "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E \xF0\x9F\x98\x80"}},
                       {"Big", {std::string(10'240, 'A')}},
                       {"Bad", {std::string("ill-formed \xC3\x28 \xFF end\0nul", 23)}},
                       {"SourceIp", {"203.0.113.44"}},
                       {"DestinationHostname", {"mail.contoso.example"}}};

  all.push_back(detection(2, 7, "", ""));
  all.back().event.source = "exports/odd name 100%.csv";
  all.back().event.unit = "row";
  all.back().event.format = "csv";
  all.back().event.channel = "";
  all.back().event.recovered = true;
  all.back().matched = {{"", "@SUM(1+1)*cmd|' /C calc'!A0", "@SUM"}};
  all.back().fields = {{"a,b", {"-2+3", "+1", "\tx", "=1"}}, {"c-ip", {"2001:db8::1"}}};

  CorrelationResult correlation;
  correlation.rule = 1;
  correlation.group = {{"TargetUserName", "administrator"}, {"host", "=cmd"}};
  correlation.count = 12;
  correlation.value = 12;
  correlation.first = at("2021-03-02T19:00:00Z");
  correlation.last = at("2021-03-02T19:04:10Z");
  for (std::uint64_t i = 0; i < 2; ++i) {
    EventRef event = detection(1, 300 + i, "2021-03-02T19:00:00Z", "SRV-EX1").event;
    correlation.events.push_back(event);
  }
  report.correlations.push_back(correlation);

  report.verdicts.push_back(exchange());
  report.verdicts.push_back(ladder("*", verdict::State::compromised, "impact"));
  report.verdicts.push_back(ladder("FILE1", verdict::State::compromised, "impact"));
  report.verdicts.push_back(ladder("WEB2", verdict::State::not_checkable, "none"));
  verdict::Verdict attacked;
  attacked.playbook = "exchange-2021";
  attacked.title = "Exchange 2021 (ProxyLogon)";
  attacked.scope = "SRV-EX2";
  attacked.state = verdict::State::attacked_no_sign_of_success;
  attacked.because =
      "Crafted requests were seen and refused; the ECP server log, which would show success, is missing.";
  attacked.stages.push_back(
      stage(0, "scan", {evidence(iis_log, 3, "2021-03-03T10:00:00Z", "ServerInfo~localhost/owa/auth/logon.aspx?")}));
  attacked.needs.push_back({"ECP server log", false, "copy V15\\Logging\\ECP\\Server"});
  report.verdicts.push_back(attacked);

  report.coverage.push_back({all[0].event.source,
                             "evtx",
                             1'118'208,
                             1910,
                             4,
                             at("2021-02-28T00:00:00Z"),
                             at("2021-03-05T12:00:00Z"),
                             {"bad checksum in chunk 7"},
                             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                             ""});
  report.coverage.push_back({std::string(proxy_log),
                             "exchange-httpproxy",
                             812'345,
                             345,
                             0,
                             at("2021-03-01T00:00:00Z"),
                             at("2021-03-05T23:59:59Z"),
                             {},
                             "",
                             ""});
  report.coverage.push_back({"backup.7z!/inner/secret.evtx",
                             "",
                             0,
                             0,
                             0,
                             {},
                             {},
                             {},
                             "",
                             "the archive needs a password (--archive-password-file)"});

  report.totals.push_back({2, 1, {}, {}, "@SUM(1+1)*cmd|' /C calc'!A0"});
  report.totals.push_back({0, 2, all[0].event.time, all[1].event.time,
                           "Image: C:\\Windows\\System32\\cmd.exe · CommandLine: cmd /c \"whoami\" \x1b[2J"});
  report.totals.push_back({1, 1, correlation.first, correlation.last, "TargetUserName: administrator"});

  HostTotal host{"SRV-EX1", 2210, 3, {0, 0, 0, 1, 2, 0}, at("2021-02-28T00:00:00Z"), at("2021-03-05T12:00:00Z")};
  report.hosts.push_back(host);
  report.hosts.push_back({"", 45, 1, {0, 0, 0, 0, 0, 1}, {}, {}});

  report.rule_problems.push_back({"77777777-2222-4333-8444-555555555555", "Logon by a named administrator",
                                  "rules/placeholder/admin.yml", "waiting", "waiting for list Administrators"});
  report.rule_problems.push_back({"", "", "rules/broken.yml", "rejected", "rules/broken.yml:3:1: T010: not a mapping"});

  Summary& summary = report.summary;
  summary.version = "0.1.0";
  summary.command_line = "tocsin hunt '/mnt/evi dence' --out \"report.html\"";
  summary.started = "2026-11-22T18:00:00Z";
  summary.rules_given = 3777;
  summary.rules_loaded = 3776;
  summary.rules_rejected = 1;
  summary.rules_without_input = 2112;
  summary.rules_waiting = 23;
  summary.rules_hidden = 14;
  summary.events = 2255;
  summary.bytes = 1'930'553;
  summary.unreadable = 4;
  summary.detections = 3;
  summary.duplicates = 2;
  summary.correlations = 1;
  summary.sources_read = 2;
  summary.sources_skipped = 1;
  summary.seconds = 0.5;
  summary.peak_rss_bytes = 88'000'000;
  summary.timezone = "Europe/Brussels";
  summary.assumed_zone_events = 45;
  summary.hidden = {{"rules left out by --level", 1203},
                    {"rules left out by --exclude", 0},
                    {"detections left out by Sigma filters", 12}};
  summary.notes = {"the clock of SRV-EX1 runs 2 s behind"};
  summary.packs = {
      {"sigma", "r2026-08-01", "DRL-1.1", "0f343b0931126a20f133d67c2b018a3b5f2d3c2e1a0b9c8d7e6f5a4b3c2d1e0f", 3754}};

  sample.reader = MemoryReader(sample.detections);
  report.detections = &sample.reader;
}

void fill_empty(Sample& sample) {
  sample.report.summary.version = "0.1.0";
  sample.report.summary.command_line = "tocsin hunt empty";
  sample.report.summary.started = "2026-11-22T18:00:00Z";
  sample.report.detections = &sample.reader;
}

std::string written(const Output& output, const Report& report) {
  std::string out;
  const auto result = output.write(report, [&](std::string_view text) -> Result<void> {
    out.append(text);
    return {};
  });
  EXPECT_TRUE(result.has_value()) << output.suffix;
  return out;
}

}  // namespace tocsin::report::test
