#include "stix/search_values.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "stix/limits.h"

namespace tocsin::stix {
namespace {

using Texts = std::vector<std::string>;

TEST(SearchValues, AreWhatAnObservableIs) {
  EXPECT_EQ(search_values(R"({"type":"domain-name","value":" Mail.Example.ORG "})"), Texts{"mail.example.org"});
  EXPECT_EQ(search_values(R"({"type":"file","name":"a\u00C4.exe","hashes":{"MD5":"AB","SHA-256":"cd"},"size":3})"),
            (Texts{"ab", "a\u00e4.exe", "cd"}));
  EXPECT_EQ(search_values(R"({"type":"windows-registry-key","key":"HKLM\\Software\\X","values":[{"name":"n"}]})"),
            Texts{"hklm\\software\\x"});
}

TEST(SearchValues, AreNamesAliasesAndCatalogueNumbers) {
  EXPECT_EQ(search_values(R"({"type":"intrusion-set","name":"HAFNIUM","aliases":["Silk Typhoon","HAFNIUM"],
      "description":"not this","external_references":[{"source_name":"mitre-attack","external_id":"G0125"}]})"),
            (Texts{"g0125", "hafnium", "silk typhoon"}));
}

TEST(SearchValues, AreWhatAPatternComparesWith) {
  EXPECT_EQ(search_values(R"({"type":"indicator","pattern_type":"stix","pattern":
      "[ipv4-addr:value = '198.51.100.7' OR domain-name:value IN ('A.example','b.example')] FOLLOWEDBY [url:value LIKE 'x%'] AND [file:name != 'n' AND file:size = 4]"})"),
            (Texts{"198.51.100.7", "a.example", "b.example"}));
  // Whatever the order of properties.
  EXPECT_EQ(search_values(R"({"pattern":"[file:hashes.'SHA-256' = 'AA']","type":"indicator"})"), Texts{"aa"});
  EXPECT_TRUE(search_values(R"({"pattern":"[file:name = 'x']","pattern_type":"sigma"})").empty());
  EXPECT_TRUE(search_values(R"({"pattern":"[file:name = ","pattern_type":"stix"})").empty());
}

TEST(SearchValues, TakeNothingFromElsewhereAndNothingBroken) {
  EXPECT_TRUE(search_values(R"({"x":{"value":"no","y":{"external_id":"no"}},"hashes":{"MD5":{"b":"no"}}})").empty());
  EXPECT_TRUE(search_values(R"({"x":{"value":"no"},"labels":["value"],"values":"no","number":4})").empty());
  EXPECT_TRUE(search_values(R"({"value":"cut)").empty());
  EXPECT_TRUE(search_values(R"({"value":7,"name":null})").empty());
  EXPECT_TRUE(search_values("").empty());
}

TEST(SearchValues, AreBounded) {
  EXPECT_TRUE(
      search_values(fmt::format(R"({{"value":"{}"}})", std::string(limits::search_value_bytes_max + 1, 'a'))).empty());
  std::string many = R"({"aliases":[)";
  for (std::size_t at = 0; at < limits::search_values_max + 5; ++at) {
    many += fmt::format("{}\"{}\"", at == 0 ? "" : ",", at);
  }
  EXPECT_EQ(search_values(many + "]}").size(), limits::search_values_max);
}

}  // namespace
}  // namespace tocsin::stix
