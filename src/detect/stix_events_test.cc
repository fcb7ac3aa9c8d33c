#include "detect/stix_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <set>
#include <string>

#include "base/limits.h"
#include "detect/stix_event_objects.h"
#include "support/corpus.h"

namespace tocsin::detect {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Log {
  event::FieldTable table;
  event::EventBatch batch;

  void add(std::string_view channel, std::uint32_t id, const Fields& fields, std::int64_t second = 0) {
    event::Event& event = batch.begin_event();
    event.channel = batch.arena.copy(channel);
    event.event_id = id;
    event.time = Time::from_seconds(1'600'000'000 + second);
    event.record = batch.events.size();
    for (const auto& [name, value] : fields) {
      batch.add_field(table.intern(name), batch.arena.copy(value));
    }
    batch.end_event();
  }
};

constexpr const char* sysmon = "Microsoft-Windows-Sysmon/Operational";

std::shared_ptr<const StixRules> rules_of(const std::vector<std::string>& texts) {
  std::vector<std::shared_ptr<const StixPattern>> patterns;
  for (const std::string& text : texts) {
    auto pattern = StixPattern::compile(text);
    EXPECT_TRUE(pattern) << text;
    patterns.push_back(*pattern);
  }
  return std::make_shared<const StixRules>(std::move(patterns));
}

// Which events one pattern hits.
std::vector<std::uint32_t> hits_of(Log& log, const std::string& text) {
  StixScanner scanner(rules_of({text}), log.table);
  std::vector<StixHit> hits;
  scanner.scan(log.batch, hits);
  std::vector<std::uint32_t> out;
  out.reserve(hits.size());
  for (const StixHit& hit : hits) {
    out.push_back(hit.event);
  }
  return out;
}

bool hits(Log& log, const std::string& text) { return !hits_of(log, text).empty(); }

void add_process(Log& log) {
  log.add(sysmon, 1,
          {{"Image", "C:\\Windows\\System32\\cmd.exe"},
           {"ProcessId", "4711"},
           {"CommandLine", "cmd /c whoami"},
           {"ParentImage", "C:\\inetpub\\w3wp.exe"},
           {"ParentProcessId", "0x1a4"},
           {"User", "NT AUTHORITY\\SYSTEM"},
           {"Hashes", "MD5=79054025255FB1A26E4BC422AEF54EB4,SHA256=AB,IMPHASH=CD"},
           {"CurrentDirectory", "-"}});
}

TEST(StixEvents, AProcessIsAProcessWithItsFilesAndParent) {
  Log log;
  add_process(log);
  for (const char* text :
       {"[process:pid = 4711]", "[process:command_line LIKE '%whoami']", "[process:image_ref.name = 'cmd.exe']",
        "[process:image_ref.parent_directory_ref.path = 'C:\\\\Windows\\\\System32']", "[process:parent_ref.pid = 420]",
        "[process:parent_ref.image_ref.name = 'w3wp.exe' AND process:pid > 4000]",
        "[process:creator_user_ref.account_login = 'SYSTEM']", "[user-account:account_login = 'SYSTEM']",
        "[file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4' AND file:name = 'cmd.exe']",
        "[file:hashes.'SHA-256' = 'ab']", "[file:extensions.'windows-pebinary-ext'.imphash = 'cd']",
        "[directory:path LIKE 'C:\\\\inet%']", "[EXISTS process:parent_ref]", "[process:type = 'process']"}) {
    EXPECT_TRUE(hits(log, text)) << text;
  }
  for (const char* text :
       {"[process:pid = '4711']", "[process:pid = 420 AND process:command_line LIKE '%']", "[EXISTS process:cwd]",
        "[file:hashes.MD5 = '79054025255FB1A26E4BC422AEF54EB4']", "[file:name = 'CMD.EXE']",
        "[file:name = 'w3wp.exe' AND file:hashes.MD5 LIKE '%']", "[process:parent_ref.command_line != 'x']",
        "[network-traffic:dst_port = 1]", "[event:pid = 4711]"}) {
    EXPECT_FALSE(hits(log, text)) << text;
  }
}

TEST(StixEvents, NetworkRegistryWebAndSecurityEvents) {
  Log log;
  log.add(sysmon, 3,
          {{"SourceIp", "10.0.0.5"},
           {"DestinationIp", "::ffff:203.0.113.7"},
           {"DestinationPort", "8443"},
           {"Protocol", "TCP"},
           {"Image", "C:\\a.exe"}});
  log.add(sysmon, 13,
          {{"TargetObject", "HKLM\\Software\\Run\\Updater"}, {"Details", "evil.exe"}, {"Image", "C:\\reg.exe"}});
  log.add("", event::no_event_id,
          {{"c-ip", "2001:db8::1"},
           {"cs-method", "POST"},
           {"cs-uri-stem", "/owa/auth.aspx"},
           {"cs(User-Agent)", "python"},
           {"s-port", "443"},
           {"cs-username", "-"}});
  log.add("Security", 4688,
          {{"NewProcessName", "C:\\Windows\\x.exe"},
           {"NewProcessId", "0x10"},
           {"ProcessId", "0x20"},
           {"SubjectUserName", "bob"}});
  log.add("", event::no_event_id,
          {{"id.orig_h", "10.1.1.1"}, {"ID.RESP_H", "not an address"}, {"proto", "udp"}, {"query", "evil.example"}});
  const auto only = [&](const char* text, std::uint32_t event) {
    EXPECT_EQ(hits_of(log, text), std::vector<std::uint32_t>{event}) << text;
  };
  only("[network-traffic:dst_ref.value = '203.0.113.7' AND network-traffic:dst_port = 8443]", 0);
  only("[network-traffic:dst_ref.value ISSUBSET '203.0.113.0/24']", 0);
  only("[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:protocols[*] = 'tcp']", 0);
  only("[ipv4-addr:value = '203.0.113.7']", 0);
  only(
      "[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\Run' AND windows-registry-key:values[*].name = "
      "'Updater' AND windows-registry-key:values[0].data = 'evil.exe']",
      1);
  only("[ipv6-addr:value = '2001:db8::1']", 2);
  only(
      "[network-traffic:extensions.'http-request-ext'.request_method = 'POST' AND "
      "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'[0] = 'python']",
      2);
  only("[network-traffic:src_ref.value ISSUBSET '2001:db8::/32' AND network-traffic:dst_port = 443]", 2);
  only("[process:pid = 16 AND process:image_ref.name = 'x.exe' AND process:parent_ref.pid = 32]", 3);
  only("[domain-name:value = 'evil.example']", 4);
  only("[network-traffic:src_ref.value = '10.1.1.1' AND network-traffic:protocols[0] = 'udp']", 4);
  EXPECT_FALSE(hits(log, "[network-traffic:dst_ref.value LIKE 'not%']"));
}

TEST(StixEvents, HitsSayWhatMatched) {
  Log log;
  add_process(log);
  const auto rules = rules_of({"[file:name = 'cmd.exe' AND (file:hashes.MD5 LIKE '79%' OR file:size > 5)]"});
  StixScanner scanner(rules, log.table);
  std::vector<StixHit> found;
  scanner.scan(log.batch, found);
  ASSERT_EQ(found.size(), 1U);
  const auto matched = scanner.matched(log.batch, found[0]);
  ASSERT_EQ(matched.size(), 2U);
  EXPECT_EQ(matched[0].comparison, "file:name = 'cmd.exe'");
  EXPECT_EQ(log.table.name(matched[0].field), "Image");
  EXPECT_EQ(matched[0].value, "cmd.exe");
  EXPECT_EQ(log.table.name(matched[1].field), "Hashes");
  EXPECT_EQ(matched[1].value, "79054025255fb1a26e4bc422aef54eb4");
}

TEST(StixEvents, SeveralExpressionsOfASinglePatternAreToldOnce) {
  Log log;
  add_process(log);
  EXPECT_EQ(hits_of(log, "[file:name = 'cmd.exe'] OR [process:pid = 4711]").size(), 1U);
}

struct Joined {
  std::vector<std::vector<std::uint64_t>> records;
  std::uint64_t dropped, undecided;
};

Joined joined_of(Log& log, const std::string& text, unsigned shuffle = 0) {
  const auto rules = rules_of({text});
  StixScanner scanner(rules, log.table);
  StixJoiner joiner(rules);
  EXPECT_FALSE(joiner.empty());
  std::vector<StixHit> found;
  scanner.scan(log.batch, found);
  std::mt19937 random(shuffle);
  std::shuffle(found.begin(), found.end(), random);
  for (const StixHit& hit : found) {
    const event::Event& event = log.batch.events[hit.event];
    joiner.add({hit.pattern, hit.bracket, event.time, 0, event.record, event.offset});
  }
  Joined out{{}, 0, 0};
  for (const StixJoined& joined : joiner.finish([] { return false; })) {
    auto& records = out.records.emplace_back();
    for (const auto& ref : joined.events) {
      records.push_back(ref.record);
    }
  }
  out.dropped = joiner.dropped();
  out.undecided = joiner.undecided();
  return out;
}

TEST(StixEvents, PatternsOverSeveralEventsAreJoined) {
  Log log;
  const auto dns = [&](const char* name, std::int64_t second) { log.add(sysmon, 22, {{"QueryName", name}}, second); };
  const auto run = [&](const char* image, std::int64_t second) { log.add(sysmon, 1, {{"Image", image}}, second); };
  dns("evil.example", 0);    // 1
  run("C:\\cmd.exe", 5);     // 2
  run("C:\\cmd.exe", 200);   // 3
  dns("evil.example", 190);  // 4
  dns("evil.example", 900);  // 5
  const std::string text =
      "([domain-name:value = 'evil.example'] FOLLOWEDBY [file:name = 'cmd.exe']) WITHIN 60 SECONDS";
  for (unsigned shuffle = 0; shuffle < 10; ++shuffle) {
    const Joined joined = joined_of(log, text, shuffle);
    EXPECT_EQ(joined.records, (std::vector<std::vector<std::uint64_t>>{{1, 2}, {4, 3}}));
    EXPECT_EQ(joined.dropped + joined.undecided, 0U);
  }
  EXPECT_EQ(joined_of(log, "[domain-name:value = 'evil.example'] REPEATS 3 TIMES").records.size(), 1U);
  EXPECT_TRUE(joined_of(log, "[domain-name:value = 'evil.example'] REPEATS 4 TIMES").records.empty());
  EXPECT_EQ(
      joined_of(log, "[domain-name:value = 'evil.example'] START t'2020-09-13T12:26:40Z' STOP t'2020-09-13T12:27:00Z'")
          .records,
      (std::vector<std::vector<std::uint64_t>>{{1}}));
}

TEST(StixEvents, TheWindowIsBounded) {
  const auto rules = rules_of({"[file:name = 'a'] FOLLOWEDBY [file:name = 'b']"});
  StixJoiner joiner(rules);
  const std::uint64_t many = limits::pattern_events_max + limits::pattern_events_max / 2;
  for (std::uint64_t i = 0; i < many; ++i) {
    joiner.add({0, 0, Time::from_seconds(static_cast<std::int64_t>(i)), 0, i, i});
  }
  EXPECT_TRUE(joiner.finish([] { return false; }).empty());
  EXPECT_GE(joiner.dropped(), limits::pattern_events_max / 2);
  EXPECT_LE(joiner.dropped(), limits::pattern_events_max);
}

TEST(StixEvents, ManyMatchesAreLimited) {
  const auto rules = rules_of({"[file:name = 'a'] REPEATS 2 TIMES"});
  StixJoiner joiner(rules);
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    joiner.add({0, 0, Time::from_seconds(static_cast<std::int64_t>(i)), 0, i, i});
  }
  EXPECT_EQ(joiner.finish([] { return false; }).size(), limits::pattern_matches_max);
  EXPECT_EQ(joiner.cut(), 1U);
}

TEST(StixEvents, ExactlyAsManyMatchesAsAreToldAreNotCut) {
  const auto rules = rules_of({"[file:name = 'a'] REPEATS 2 TIMES"});
  StixJoiner joiner(rules);
  for (std::uint64_t i = 0; i < 2 * limits::pattern_matches_max; ++i) {
    joiner.add({0, 0, Time::from_seconds(static_cast<std::int64_t>(i)), 0, i, i});
  }
  EXPECT_EQ(joiner.finish([] { return false; }).size(), limits::pattern_matches_max);
  EXPECT_EQ(joiner.cut(), 0U);
}

TEST(StixEvents, JoiningCanBeStopped) {
  const auto rules = rules_of({"[file:name = 'a'] REPEATS 2 TIMES"});
  StixJoiner joiner(rules);
  for (std::uint64_t i = 0; i < 100; ++i) {
    joiner.add({0, 0, Time::from_seconds(static_cast<std::int64_t>(i)), 0, i, i});
  }
  int asked = 0;
  EXPECT_EQ(joiner.finish([&asked] { return ++asked > 3; }).size(), 3U);
}

TEST(StixEvents, APatternIsImpossibleOnlyWhereAnUnknownTypeIsNeeded) {
  const auto unknown = [](const std::string& text) { return StixRules::unknown_types(**StixPattern::compile(text)); };
  EXPECT_TRUE(unknown("[file:name = 'a']").types.empty());
  EXPECT_FALSE(unknown("[file:name = 'a']").all);
  EXPECT_TRUE(unknown("[zebra:b = 1]").all);
  EXPECT_EQ(unknown("[zebra:b = 1]").types, std::vector<std::string>{"zebra"});
  EXPECT_FALSE(unknown("[zebra:b = 1 OR file:name = 'a']").all);
  EXPECT_FALSE(unknown("[zebra:b = 1] OR [file:name = 'a']").all);
  EXPECT_EQ(unknown("[zebra:b = 1] OR [file:name = 'a']").types, std::vector<std::string>{"zebra"});
  EXPECT_TRUE(unknown("[zebra:b = 1] AND [file:name = 'a']").all);
  EXPECT_TRUE(unknown("[file:name = 'a'] FOLLOWEDBY ([zebra:b = 1] OR [lion:b = 1])").all);
}

// One pattern must not take the work of the others.
TEST(StixEvents, AnExhaustedPatternIsCountedAndTheOthersGoOn) {
  Log log;
  // LIKE with a long literal is charged by the length of both.
  log.add(sysmon, 1, {{"CommandLine", std::string(3'000'000, 'a')}, {"Image", "C:\\cmd.exe"}});
  const auto rules =
      rules_of({"[process:command_line LIKE '%" + std::string(4'000, 'a') + "b%']",
                "[process:command_line NOT LIKE '%" + std::string(4'000, 'a') + "c%']", "[file:name LIKE 'cmd%']"});
  StixScanner scanner(rules, log.table);
  std::vector<StixHit> found;
  scanner.scan(log.batch, found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pattern, 2U);
  EXPECT_EQ(scanner.work().unfinished, 2U);
}

// The index of exact strings and types must not change what is found.
TEST(StixEvents, TheIndexAgreesWithAskingEveryPattern) {
  std::mt19937 random(7);
  const auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  const std::vector<std::string> names = {"a.exe",    "b.exe",        "C:\\x",   "tcp",
                                          "10.0.0.1", "evil.example", "process", "ab"};
  const std::vector<std::string> paths = {"file:name",
                                          "file:hashes.MD5",
                                          "process:command_line",
                                          "process:image_ref.name",
                                          "ipv4-addr:value",
                                          "network-traffic:src_ref.value",
                                          "domain-name:value",
                                          "network-traffic:protocols[*]",
                                          "process:type",
                                          "process:parent_ref.image_ref.name",
                                          "directory:path"};
  const auto comparison = [&] {
    const std::string path = pick(paths);
    std::string value = pick(names);
    std::string escaped;
    for (const char c : value) {
      escaped += c == '\\' ? "\\\\" : std::string(1, c);
    }
    switch (random() % 6) {
      case 0:
        return path + " != '" + escaped + "'";
      case 1:
        return path + " IN ('" + escaped + "', 'zz')";
      case 2:
        return path + " LIKE '" + escaped.substr(0, 1) + "%'";
      case 3:
        return path + " NOT = '" + escaped + "'";
      default:
        return path + " = '" + escaped + "'";
    }
  };
  std::vector<std::string> texts;
  while (texts.size() < 300) {
    std::string text = comparison();
    for (unsigned i = random() % 3; i > 0; --i) {
      text.append(random() % 2 == 0 ? " AND " : " OR ").append(comparison());
    }
    text = "[" + text + "]";
    if (StixPattern::compile(text)) {
      texts.push_back(text);
    }
  }
  Log log;
  const std::vector<std::string> fields = {"Image",         "CommandLine",     "ParentImage",  "SourceIp",
                                           "DestinationIp", "QueryName",       "Protocol",     "md5",
                                           "Unknown",       "DestinationPort", "TargetObject", "User"};
  for (int i = 0; i < 400; ++i) {
    Fields values;
    for (unsigned n = random() % 6; n > 0; --n) {
      values.emplace_back(pick(fields), pick(names));
    }
    log.add(random() % 2 == 0 ? sysmon : "", static_cast<std::uint32_t>(random() % 14), values);
  }
  const auto rules = rules_of(texts);
  StixScanner scanner(rules, log.table);
  std::vector<StixHit> found;
  scanner.scan(log.batch, found);
  std::set<std::pair<std::uint32_t, std::uint32_t>> indexed;
  for (const StixHit& hit : found) {
    EXPECT_TRUE(indexed.emplace(hit.event, hit.pattern).second);
    EXPECT_FALSE(scanner.matched(log.batch, hit).empty());
  }
  std::set<std::pair<std::uint32_t, std::uint32_t>> plain;
  StixEventObjects objects(log.table);
  StixWork work;
  for (std::uint32_t at = 0; at < log.batch.events.size(); ++at) {
    if (!objects.make(log.batch, log.batch.events[at])) {
      continue;
    }
    for (std::uint32_t pattern = 0; pattern < texts.size(); ++pattern) {
      if (rules->patterns()[pattern]->bracket_holds(0, objects.graph(), objects.observation(), work)) {
        plain.emplace(at, pattern);
      }
    }
  }
  EXPECT_EQ(indexed, plain);
  EXPECT_GT(plain.size(), 1'000U);
}

// docs/stix-patterns.md shows the map; its table must not fall behind.
TEST(StixEvents, TheDocumentShowsEveryFieldOfTheMap) {
  std::ifstream file(std::filesystem::path(TOCSIN_SOURCE_DIR) / "docs" / "stix-patterns.md");
  ASSERT_TRUE(file.is_open());
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto expect = [&](const std::string& row) { EXPECT_NE(text.find(row), std::string::npos) << row; };
#define STIX_LINK(slot, property, target, makes) expect("`" #slot "." property "` → `" #target "`");
#define STIX_FIELD(set, field, slot, path, conversion)     \
  expect("| " #set " | `" field "` | " #slot " | `" + [] { \
    std::string shown = path;                              \
    std::replace(shown.begin(), shown.end(), '|', '/');    \
    return shown;                                          \
  }() + "` | " #conversion " |");
#include "detect/stix_fields.def"
}

}  // namespace
}  // namespace tocsin::detect
