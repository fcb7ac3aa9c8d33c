#include "report/observables.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "report/attack_tags.h"

namespace tocsin::report {
namespace {

Detection with(std::vector<std::pair<std::string, std::vector<std::string>>> fields) {
  Detection detection;
  detection.fields = std::move(fields);
  return detection;
}

bool has(const std::vector<Observable>& all, std::string_view id) {
  return std::any_of(all.begin(), all.end(), [&](const Observable& one) { return one.id == id; });
}

TEST(Observables, HaveTheIdsOfTheStandard) {
  // Check values of an independent implementation of STIX 2.1 §2.9.
  EXPECT_TRUE(
      has(observables_of(with({{"SourceIp", {"198.51.100.3"}}})), "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"));
  EXPECT_TRUE(
      has(observables_of(with({{"QueryName", {"Example.COM"}}})), "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"));
}

TEST(Observables, JoinAHashToTheFileItIsOf) {
  const auto all = observables_of(with({{"Image", {"C:\\Windows\\System32\\cmd.exe"}},
                                        {"ImageLoaded", {"C:\\Temp\\evil.dll"}},
                                        {"Hashes", {"MD5=D41D8CD98F00B204E9800998ECF8427E,IMPHASH=0"}}}));
  ASSERT_EQ(all.size(), 4U);
  for (const Observable& one : all) {
    const bool evil = one.json.find("evil.dll") != std::string::npos;
    EXPECT_EQ(one.json.find("d41d8cd98f00b204e9800998ecf8427e") != std::string::npos, evil) << one.json;
  }
}

TEST(Observables, TakeOnlyWhatTheFieldsNameSays) {
  EXPECT_TRUE(observables_of(with({{"ProductVersion", {"10.0.0.1"}},
                                   {"SourceIp", {"-", "LOCAL", "300.1.1.1", "1.2.3", "01.2.3.4"}},
                                   {"QueryName", {"localhost", "..", "a b.com"}},
                                   {"url", {"/relative", "javascript:alert(1)"}},
                                   {"User", {"-", ""}},
                                   {"TargetObject", {"HKXX\\Software"}},
                                   {"Hashes", {"MD5=123,SHA256=zz"}}}))
                  .empty());
}

TEST(Observables, WriteRegistryHivesInFull) {
  const auto all = observables_of(with({{"TargetObject", {"HKLM\\Software\\Run"}}}));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_NE(all[0].json.find("HKEY_LOCAL_MACHINE\\\\Software\\\\Run"), std::string::npos) << all[0].json;
}

TEST(Observables, ComeOnce) {
  const auto all = observables_of(with({{"SourceIp", {"192.0.2.1", "192.0.2.1"}}, {"c-ip", {"192.0.2.1"}}}));
  EXPECT_EQ(all.size(), 1U);
}

TEST(Addresses, AreCheckedWhole) {
  for (const char* good : {"::", "::1", "2001:db8::1", "1:2:3:4:5:6:7:8", "fe80::1:2", "::ffff:192.0.2.1", "1::"}) {
    EXPECT_TRUE(is_ipv6(good)) << good;
  }
  for (const char* bad :
       {"", ":", ":::", "1:2", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", "::g", "1:2:3:4:5:6:7:", "::1.2.3"}) {
    EXPECT_FALSE(is_ipv6(bad)) << bad;
  }
  EXPECT_TRUE(is_ipv4("0.0.0.0"));
  EXPECT_FALSE(is_ipv4("1.2.3.4.5"));
  EXPECT_FALSE(is_ipv4("1.2.3."));
  EXPECT_FALSE(is_ipv4("+1.2.3.4"));
}

TEST(AttackTags, AreReadStrictly) {
  EXPECT_EQ(technique_of("attack.t1505.003"), "T1505.003");
  EXPECT_EQ(technique_of("attack.T1190"), "T1190");
  EXPECT_FALSE(technique_of("attack.t15"));
  EXPECT_FALSE(technique_of("attack.t1505.3"));
  EXPECT_FALSE(technique_of("t1505"));
  EXPECT_EQ(tactic_of("attack.initial_access"), "initial-access");
  EXPECT_EQ(tactic_of("attack.defense-evasion"), "defense-evasion");
  EXPECT_FALSE(tactic_of("attack.g0125"));
  EXPECT_EQ(cve_of("cve.2021-27065"), "CVE-2021-27065");
  EXPECT_EQ(cve_of("CVE-2021-26855"), "CVE-2021-26855");
  EXPECT_EQ(cve_of("cve.2021.26855"), "CVE-2021-26855");
  EXPECT_FALSE(cve_of("cve.x"));
}

}  // namespace
}  // namespace tocsin::report
