#include "detect/stix_pattern.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/limits.h"
#include "support/corpus.h"
#include "wire/json.h"

namespace tocsin::detect {
namespace {

std::vector<wire::Json> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::vector<wire::Json> out;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    auto json = wire::parse_json(line);
    EXPECT_TRUE(json) << line;
    if (json) {
      out.push_back(*std::move(json));
    }
  }
  return out;
}

// "match", "no-match", "invalid", or an error's code.
std::string outcome(std::string_view text, const std::vector<wire::Json>& documents, std::vector<std::string>* ids,
                    StixWork& work) {
  const auto pattern = StixPattern::compile(text);
  if (!pattern) {
    return "invalid";
  }
  const auto data = stix::read_observed_data(documents);
  if (!data) {
    return std::string(code_text(data.error().code));
  }
  const auto found = match(**pattern, *data, work);
  if (!found) {
    return std::string(code_text(found.error().code));
  }
  for (const std::uint32_t at : found->observations) {
    if (ids != nullptr) {
      ids->emplace_back(data->observations[at].id);
    }
  }
  return found->matched ? "match" : "no-match";
}

std::string outcome(std::string_view text, const std::vector<wire::Json>& documents) {
  StixWork work;
  return outcome(text, documents, nullptr, work);
}

TEST(StixPattern, AllMatchVectors) {
  if (test::corpus().empty()) {
    GTEST_SKIP() << "missing: stix/pattern-vectors of the sample corpus";
  }
  std::size_t cases = 0;
  for (const wire::Json& vector : lines_of(test::corpus() / "stix" / "pattern-vectors" / "match.jsonl")) {
    std::vector<std::string> ids;
    StixWork work;
    const std::string found = outcome(vector.string_or("pattern", ""), vector.find("observed_data")->items, &ids, work);
    EXPECT_EQ(found, vector.string_or("expect", "")) << vector.string_or("id", "") << "\n"
                                                     << vector.string_or("pattern", "");
    EXPECT_EQ(work.gave_up, 0U);
    if (const wire::Json* expected = vector.find("observed_data_ids")) {
      std::vector<std::string> wanted;
      wanted.reserve(expected->items.size());
      for (const wire::Json& id : expected->items) {
        wanted.push_back(id.text);
      }
      EXPECT_EQ(ids, wanted) << vector.string_or("id", "");
    }
    ++cases;
  }
  EXPECT_EQ(cases, 492U);
}

// Goldens: tests/golden/stix/match/*.jsonl. A line {"objects": […]} or {"observed_data": […]} says what the cases after
// it see: the objects of one observed-data at 2020-01-01T00:00:00Z, or observed-data in full. Then
// {"pattern", "expect": match|no-match|invalid} on a line each.
std::vector<wire::Json> seen_by(const wire::Json& line) {
  if (const wire::Json* given = line.find("observed_data")) {
    return given->items;
  }
  const auto& objects = line.find("objects")->items;
  std::string refs;
  for (const wire::Json& object : objects) {
    refs += (refs.empty() ? "\"" : ",\"") + std::string(object.string_or("id", "")) + "\"";
  }
  auto bundle = wire::parse_json(
      R"({"type":"bundle","objects":[{"type":"observed-data","id":"observed-data--1","number_observed":1,)"
      R"("first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z","object_refs":[)" +
      refs + "]}]}");
  EXPECT_TRUE(bundle);
  auto& list = bundle->members.back().second.items;
  list.insert(list.end(), objects.begin(), objects.end());
  return {*std::move(bundle)};
}

TEST(StixPattern, Goldens) {
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden() / "stix" / "match")) {
    std::vector<wire::Json> documents;
    for (const wire::Json& line : lines_of(entry.path())) {
      if (line.find("pattern") == nullptr) {
        documents = seen_by(line);
        continue;
      }
      EXPECT_EQ(outcome(line.string_or("pattern", ""), documents), line.string_or("expect", ""))
          << entry.path().filename() << ": " << line.string_or("pattern", "");
      ++cases;
    }
  }
  EXPECT_GT(cases, 450U);
}

std::vector<wire::Json> observed(const std::string& objects, const std::string& more = "") {
  auto json = wire::parse_json(R"({"type":"observed-data","id":"observed-data--1","number_observed":1,)"
                               R"("first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z",)" +
                               more + R"("objects":)" + objects + "}");
  EXPECT_TRUE(json) << objects;
  return {*std::move(json)};
}

TEST(StixPattern, ObjectsOfStix20AreFollowedByTheirKeys) {
  const auto data =
      observed(R"({"0":{"type":"network-traffic","src_ref":"1"},"1":{"type":"ipv4-addr","value":"203.0.113.10"}})");
  EXPECT_EQ(outcome("[network-traffic:src_ref.value = '203.0.113.10']", data), "match");
  EXPECT_EQ(outcome("[network-traffic:src_ref.value = '203.0.113.11']", data), "no-match");
  EXPECT_EQ(outcome("[network-traffic:src_ref = '1']", data), "match");
}

TEST(StixPattern, HostileRegularExpressionsGiveUp) {
  StixWork work;
  const auto data = observed(R"({"0":{"type":"a","b":")" + std::string(2'000, 'a') + R"(b"}})");
  // A backreference is beyond RE2.
  EXPECT_EQ(outcome(R"([a:b MATCHES '^(a+)+\\1$'])", data, nullptr, work), "no-match");
  EXPECT_GT(work.gave_up, 0U);
}

TEST(StixPattern, WhatIsUndecidedIsNoMatchAlsoWithNot) {
  StixWork work;
  const auto data = observed(R"({"0":{"type":"a","b":")" + std::string(2'000, 'a') + R"(b","c":"x"}})");
  EXPECT_EQ(outcome(R"([a:b NOT MATCHES '^(a+)+\\1$'])", data, nullptr, work), "no-match");
  EXPECT_GT(work.gave_up, 0U);
  // Another comparison may still decide.
  EXPECT_EQ(outcome(R"([a:b NOT MATCHES '^(a+)+\\1$' OR a:c = 'x'])", data, nullptr, work), "match");
}

TEST(StixPattern, PathsThatMultiplyAreCut) {
  std::string list = "1";
  for (int i = 0; i < 200; ++i) {
    list += ",1";
  }
  std::string rows = "[" + list + "]";
  for (int i = 0; i < 600; ++i) {
    rows += ",[" + list + "]";
  }
  StixWork work;
  const auto data = observed(R"({"0":{"type":"a","b":[)" + rows + "]}}");
  EXPECT_EQ(outcome("[a:b[*][*] = 2]", data, nullptr, work), "no-match");
  EXPECT_GT(work.cut_paths, 0U);
  EXPECT_EQ(outcome("[a:b[600][*] = 1]", data, nullptr, work), "match");
}

TEST(StixPattern, WorkIsLimited) {
  std::string list = "1";
  for (int i = 1; i < 1'000; ++i) {
    list += ",1";
  }
  std::string text = "[a:b[*] = 2";
  for (int i = 0; i < 1'000; ++i) {
    text += " OR a:b[*] = 2";
  }
  text += "]";
  const auto lists = observed(R"({"0":{"type":"a","b":[)" + list + "]}}");
  StixWork little;
  little.left_max = 900'000;
  EXPECT_EQ(outcome(text, lists, nullptr, little), code_text(ErrorCode::limit));
  little.left_max = 1'100'000;
  EXPECT_EQ(outcome(text, lists, nullptr, little), "no-match") << "the limit is for one call";
  // A wildcard whose literal almost fits everywhere.
  const auto data = observed(R"({"0":{"type":"a","b":")" + std::string(8'000'000, 'a') + R"("}})");
  EXPECT_EQ(outcome("[a:b LIKE '%" + std::string(100'000, 'a') + "b%']", data), code_text(ErrorCode::limit));
  EXPECT_EQ(outcome("[a:b LIKE '%ab%']", data), "no-match");
}

TEST(StixPattern, ReferencesInCirclesEnd) {
  const auto data = observed(R"({"0":{"type":"a","x_ref":"0","y_refs":["0","0"]}})");
  EXPECT_EQ(outcome("[a:x_ref.x_ref.x_ref.x_ref.type = 'a']", data), "match");
  StixWork work;
  std::string path = "a:y_refs[*]";
  for (int i = 0; i < 60; ++i) {
    path += ".y_refs[*]";
  }
  EXPECT_EQ(outcome("[" + path + ".type = 'b']", data, nullptr, work), "no-match");
  EXPECT_GT(work.cut_paths, 0U);
}

TEST(StixPattern, BadObservedDataIsSkippedAndSaid) {
  std::vector<wire::Json> documents;
  for (
      const char* text :
      {R"({"type":"observed-data","id":"observed-data--1","objects":{}})",
       R"({"type":"observed-data","id":"observed-data--2","first_observed":"2020-01-02T00:00:00Z","last_observed":"2020-01-01T00:00:00Z","number_observed":1})",
       R"({"type":"observed-data","id":"observed-data--3","first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z","number_observed":0})",
       R"({"type":"observed-data","id":"observed-data--4","first_observed":5,"last_observed":[],"number_observed":1})",
       R"([null,1,"x",[],{"type":5},{"type":"bundle","objects":[null,{"type":"observed-data","id":"observed-data--5","first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z","object_refs":["nowhere",5,null],"objects":{"0":5,"1":{"type":"a","b":1}}}]}])"}) {
    documents.push_back(*wire::parse_json(text));
  }
  const auto data = stix::read_observed_data(documents);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->skipped, 4U);
  EXPECT_EQ(data->problems.size(), 4U);
  ASSERT_EQ(data->observations.size(), 1U);
  EXPECT_EQ(outcome("[a:b = 1]", documents), "match");
}

TEST(StixPattern, OfSeveralVersionsTheLatestCounts) {
  const auto version = [](const char* modified, const char* name) {
    return R"({"type":"observed-data","id":"observed-data--1","modified":")" + std::string(modified) +
           R"(","first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z","objects":{"0":{"type":"file","name":")" +
           name + "\"}}}";
  };
  const auto documents = *wire::parse_json("[" + version("2020-01-01T00:00:00.000Z", "old") + "," +
                                           version("2020-01-01T00:00:00.500Z", "new") + "," +
                                           version("2019-01-01T00:00:00Z", "older") + "]");
  EXPECT_EQ(outcome("[file:name = 'new']", {documents}), "match");
  EXPECT_EQ(outcome("[file:name = 'old']", {documents}), "no-match");
  EXPECT_EQ(outcome("[file:type = 'file'] REPEATS 2 TIMES", {documents}), "no-match");
}

TEST(StixPattern, WrongRegularExpressionsAreRefusedWithAPlace) {
  const auto pattern = StixPattern::compile("[a:b = 1 OR\n a:b MATCHES '(']");
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().where.line, 2U);
  EXPECT_EQ(pattern.error().where.column, 2U);
  EXPECT_FALSE(StixPattern::compile("[a:b MATCHES '" + std::string(limits::regex_bytes_max + 1, 'a') + "']"));
  EXPECT_TRUE(StixPattern::compile("[a:b MATCHES '" + std::string(limits::regex_bytes_max, 'a') + "']"));
}

}  // namespace
}  // namespace tocsin::detect
