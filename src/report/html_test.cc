// The HTML report: nothing of the evidence breaks out of it, and it keeps its size. tests/web opens it in a browser.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/limits.h"
#include "report/html/markup.h"
#include "report/html/rows.h"
#include "report/sample_test.h"
#include "trust/digest.h"

namespace tocsin::report {
namespace {

using test::at;

std::size_t count_of(std::string_view text, std::string_view needle) {
  std::size_t count = 0;
  for (std::size_t from = text.find(needle); from != std::string_view::npos; from = text.find(needle, from + 1)) {
    ++count;
  }
  return count;
}

std::string page_of(const Report& report) { return test::written(*output_for("x.html"), report); }

// Many detections of many rules, as a noisy hunt gives them.
struct Noisy final : DetectionReader {
  std::uint64_t count, index = 0;
  std::uint32_t rules;
  Noisy(std::uint64_t count_, std::uint32_t rules_) : count(count_), rules(rules_) {}
  Result<void> rewind() override {
    index = 0;
    return {};
  }
  Result<bool> next(Detection& detection) override {
    if (index == count) {
      return false;
    }
    detection = {};
    // Rule 0 is rare and critical, rule 1 makes most of the noise.
    detection.rule = index % 10'000 == 0 ? 0 : index % 3 != 0 ? 1 : static_cast<std::uint32_t>(2 + index % (rules - 2));
    detection.event.source = "logs/host" + std::to_string(index % 40) + "/Security.evtx";
    detection.event.record = index + 1;
    detection.event.unit = "record";
    detection.event.host = "HOST" + std::to_string(index % 40) + ".corp.example";
    detection.event.channel = "Security";
    detection.event.time = Time{at("2026-03-01T00:00:00Z").ticks +
                                static_cast<std::int64_t>(index * 37 % 2'592'000) * Time::ticks_per_second};
    detection.matched = {{"CommandLine", "powershell -enc " + std::to_string(index * 2'654'435'761U), "*-enc*"}};
    detection.fields = {{"User", {"CORP\\user" + std::to_string(index % 300)}},
                        {"CommandLine", {"powershell -enc " + std::to_string(index * 2'654'435'761U)}}};
    ++index;
    return true;
  }
};

void fill_noisy(Report& report, Noisy& reader) {
  constexpr const char* levels[] = {"informational", "low", "medium", "high"};
  for (std::uint32_t i = 0; i < reader.rules; ++i) {
    RuleRef rule;
    rule.id = "rule-" + std::to_string(i);
    rule.title = "Noisy rule number " + std::to_string(i);
    rule.level = i == 0 ? "critical" : i == 1 ? "low" : levels[i % 4];
    report.rules.push_back(rule);
    report.totals.push_back({i, 0, {}, {}, "User: CORP\\user"});
  }
  Detection detection;
  while (*reader.next(detection)) {
    ++report.totals[detection.rule].count;
  }
  report.summary.events = reader.count * 10;
  report.summary.detections = reader.count;
  report.detections = &reader;
}

TEST(Html, LetsNothingOfTheEvidenceBreakOut) {
  test::Sample sample;
  test::fill_sample(sample);
  const std::string page = page_of(sample.report);
  // Our own style, data and script, and no other element of these kinds.
  EXPECT_EQ(count_of(page, "<script"), 2U);
  EXPECT_EQ(count_of(page, "</script"), 2U);
  EXPECT_EQ(count_of(page, "<style"), 1U);
  EXPECT_EQ(page.find("alert('x')</script>"), std::string::npos);
  EXPECT_EQ(page.find("<b>web worker"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find("\xE2\x80\xAE"), page.find("\xE2\x80\xAE", page.find("id=\"data\"")))
      << "direction marks stay in data";
  EXPECT_EQ(page.find("href=\"javascript"), std::string::npos);
  EXPECT_EQ(count_of(page, " style=\""), 0U) << "the policy forbids style attributes";
  EXPECT_EQ(count_of(page, " onclick="), 0U);
}

TEST(Html, NamesTheDigestsOfItsStyleAndScript) {
  test::Sample sample;
  test::fill_empty(sample);
  const std::string page = page_of(sample.report);
  const auto inner = [&](std::string_view begin, std::string_view end) {
    const std::size_t from = page.rfind(begin) + begin.size();
    return page.substr(from, page.find(end, from) - from);
  };
  EXPECT_NE(page.find("style-src 'sha256-" + trust::sha256_base64(inner("<style>", "</style>"))), std::string::npos);
  EXPECT_NE(page.find("script-src 'sha256-" + trust::sha256_base64(inner("<script>", "</script>"))), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(Html, ShowsTheVerdictBeforeEverythingElse) {
  test::Sample sample;
  test::fill_sample(sample);
  const std::string page = page_of(sample.report);
  EXPECT_NE(page.find("<title>Compromised"), std::string::npos);
  EXPECT_LT(page.find(">Compromised</p>"), page.find("What was not checked"));
  EXPECT_LT(page.find("What was not checked"), page.find("id=\"rules\""));
  for (const std::string_view part : {"tocsin hunt", "0f343b0931126a20f133d67c2b018a3b5f2d3c2e1a0b9c8d7e6f5a4b3c2d1e0f",
                                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(Html, ListsTheSevereFirstAndSomeOfEveryRule) {
  Noisy reader(120'000, 200);
  Report report;
  fill_noisy(report, reader);
  const auto quotas = html::row_quotas(report);
  std::uint64_t sum = 0;
  std::size_t fired = 0;
  for (std::size_t i = 0; i < quotas.size(); ++i) {
    EXPECT_LE(quotas[i], report.totals[i].count);
    EXPECT_GE(quotas[i], std::min<std::uint64_t>(report.totals[i].count, 100)) << i;
    sum += quotas[i];
    fired += quotas[i] != 0 ? 1 : 0;
  }
  EXPECT_EQ(quotas[0], report.totals[0].count) << "all of the critical rule";
  EXPECT_EQ(sum, limits::report_detections_max);
  const std::string page = page_of(report);
  const std::string_view data = std::string_view(page).substr(page.find("id=\"data\""));
  EXPECT_EQ(count_of(data.substr(0, data.find("</script>")), "\n[") - (fired - 1), limits::report_detections_max)
      << "rows, beside the rules";
  EXPECT_NE(page.find("50,000 of 120,000 are listed here"), std::string::npos);
  EXPECT_LT(page.size(), std::size_t{40} << 20);
  if (const char* folder = std::getenv("TOCSIN_WEB_PAGES")) {
    std::filesystem::create_directories(folder);
    std::ofstream(std::filesystem::path(folder) / "noisy.html", std::ios::binary) << page;
    test::Sample sample, empty;
    test::fill_sample(sample);
    test::fill_empty(empty);
    std::ofstream(std::filesystem::path(folder) / "sample.html", std::ios::binary) << page_of(sample.report);
    std::ofstream(std::filesystem::path(folder) / "empty.html", std::ios::binary) << page_of(empty.report);
  }
}

TEST(Html, EscapesText) {
  std::string out;
  html::append_text(out, "<a href=\"x\">'&\x1b\n");
  EXPECT_EQ(out, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\\x1b\\n");
  out.clear();
  html::append_script_json_string(out, "</script>&\xE2\x80\xA8\"");
  EXPECT_EQ(out, "\"\\u003c/script\\u003e\\u0026\\u2028\\\"\"");
}

}  // namespace
}  // namespace tocsin::report
