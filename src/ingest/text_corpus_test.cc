// Reads every text log of the real data: the right format is recognised and the right number of rows comes out.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "support/corpus.h"
#include "support/decode.h"
#include "wire/json.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string_view recognised(std::string_view bytes, std::string_view name) {
  const std::string_view head = bytes.substr(0, ingest::head_bytes);
  const ingest::Format* format = ingest::recognise({.bytes = head, .name = name, .whole = head.size() == bytes.size()});
  return format == nullptr ? "none" : format->name;
}

std::string_view expected_format(const std::string& path) {
  const auto has = [&](std::string_view part) { return path.find(part) != std::string::npos; };
  if (has("OABGeneratorLog")) {
    return "plain";
  }
  if (path.ends_with(".gz")) {
    return "";  // unpacked by another room
  }
  if (has("inetpub") || has("HTTPERR") || has("Tunna")) {
    return "iis-w3c";
  }
  if (has("access_log")) {
    return "apache-combined";
  }
  if (path.ends_with(".LOG")) {
    return "exchange-log";
  }
  return path.ends_with(".csv") ? "csv" : "";
}

TEST(TextCorpus, EveryFileHasItsFormat) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "the real data (TOCSIN_CORPUS) is missing";
  }
  std::map<std::string_view, int> seen;
  for (const auto& entry : fs::recursive_directory_iterator(test::corpus() / "logs")) {
    const std::string path = entry.path();
    const std::string_view expected = entry.is_regular_file() ? expected_format(path) : std::string_view{};
    if (expected.empty() || ingest::find_format(expected) == nullptr) {
      continue;
    }
    const std::string bytes = read_file(path);
    EXPECT_EQ(recognised(bytes, path), expected) << path;
    const test::Decoded decoded = test::decode_all(*ingest::find_format(expected), bytes);
    EXPECT_EQ(decoded.unreadable, 0U) << path;
    EXPECT_EQ(decoded.error, "") << path;
    EXPECT_GT(decoded.events, 0U) << path;
    if (path.find("localhost_access_log") != std::string::npos) {
      EXPECT_EQ(decoded.events, 2661U);
      EXPECT_EQ(decoded.notes.size(), 0U);
    }
    ++seen[expected];
  }
  EXPECT_GT(seen["iis-w3c"], 20);
  EXPECT_GT(seen["exchange-log"], 200);
  EXPECT_GT(seen["plain"], 10);
  EXPECT_GE(seen["csv"], 6);
}

// The folders of a source in expected.json: "httpproxy/Ecp" → …/HttpProxy/Ecp.
std::string folder_of(std::string_view source) {
  static const std::map<std::string_view, std::string> roots = {
      {"ecp-server", "ECP/Server/"}, {"oab-generator", "OABGeneratorLog/"}, {"httperr", "HTTPERR/"}};
  if (const auto found = roots.find(source); found != roots.end()) {
    return found->second;
  }
  if (source.starts_with("httpproxy/")) {
    return "HttpProxy/" + std::string(source.substr(10)) + "/";
  }
  if (source.starts_with("iis/")) {
    return "LogFiles/" + std::string(source.substr(4)) + "/";
  }
  return {};
}

std::uint64_t number(const wire::Json& json, std::string_view name) {
  const wire::Json* found = json.find(name);
  return found == nullptr ? 0 : std::stoull(found->text);
}

TEST(TextCorpus, ExchangeCasesHaveTheirRows) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "the real data (TOCSIN_CORPUS) is missing";
  }
  int sources = 0;
  for (const auto& folder : fs::directory_iterator(test::corpus() / "logs" / "exchange-cases")) {
    if (!folder.is_directory()) {
      continue;
    }
    const auto expected = wire::parse_json(read_file(folder.path() / "expected.json"));
    ASSERT_TRUE(expected.has_value());
    for (const auto& [source, numbers] : expected->find("coverage")->find("sources")->members) {
      const std::string place = folder_of(source);
      if (place.empty()) {
        continue;
      }
      std::uint64_t rows = 0;
      std::uint64_t files = 0;
      std::uint64_t cut = 0;
      std::uint64_t packed = 0;
      for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "evidence")) {
        const std::string path = entry.path();
        if (!entry.is_regular_file() || path.find(place) == std::string::npos) {
          continue;
        }
        ++files;
        if (path.ends_with(".gz")) {
          ++packed;  // unpacked by another room
          continue;
        }
        const std::string bytes = read_file(path);
        const std::string_view name = recognised(bytes, path);
        ASSERT_NE(name, "none") << path;
        const test::Decoded decoded = test::decode_all(*ingest::find_format(name), bytes);
        rows += decoded.events;
        for (const event::Note& note : decoded.notes) {
          cut += note.text == "the last line is cut short" ? note.count : 0;
        }
      }
      const std::uint64_t all = number(numbers, "rows") + number(numbers, "truncated_rows");
      EXPECT_EQ(files, number(numbers, "files")) << folder.path() << " " << source;
      EXPECT_EQ(cut, number(numbers, "truncated_rows")) << folder.path() << " " << source;
      if (packed == 0) {
        EXPECT_EQ(rows, all) << folder.path() << " " << source;
      } else {
        EXPECT_LT(rows, all) << folder.path() << " " << source;
      }
      ++sources;
    }
  }
  EXPECT_GT(sources, 20);
}

}  // namespace
}  // namespace tocsin
