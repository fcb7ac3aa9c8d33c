// Every output against its golden, and what must hold for all of them.
#include "report/report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "report/sample_test.h"
#include "support/corpus.h"
#include "wire/json.h"

namespace tocsin::report {
namespace {

using test::fill_empty;
using test::fill_sample;
using test::Sample;
using test::written;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

const Output& output(std::string_view suffix) {
  for (const Output* one : outputs()) {
    if (one->suffix == suffix) {
      return *one;
    }
  }
  ADD_FAILURE() << "no output " << suffix;
  return *outputs().front();
}

std::vector<wire::Json> json_lines(std::string_view text) {
  std::vector<wire::Json> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    EXPECT_NE(end, std::string_view::npos) << "the last line has no end";
    auto parsed = wire::parse_json(text.substr(0, end));
    EXPECT_TRUE(parsed.has_value()) << text.substr(0, end);
    out.push_back(parsed.has_value() ? *std::move(parsed) : wire::Json{});
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

TEST(Outputs, HaveUniqueSuffixesAndTexts) {
  std::set<std::string_view> seen;
  for (const Output* one : outputs()) {
    EXPECT_TRUE(seen.insert(one->suffix).second) << one->suffix;
    EXPECT_TRUE(one->suffix.starts_with('.'));
    EXPECT_FALSE(one->doc.empty()) << one->suffix;
    EXPECT_TRUE(one->spec.starts_with("https://")) << one->suffix;
  }
}

TEST(Outputs, AreChosenByTheLongestSuffix) {
  EXPECT_EQ(output_for("a/b.JSONL"), &output(".jsonl"));
  EXPECT_EQ(output_for("x.json"), &output(".json"));
  EXPECT_EQ(output_for("x.txt"), nullptr);
  EXPECT_EQ(output_for("json"), nullptr);
}

// The style sheet, the script and their digests are left out of the HTML golden: tests/web looks at what they do.
std::string golden_form(const Output& one, std::string text) {
  if (one.suffix != ".html") {
    return text;
  }
  const auto cut = [&](std::string_view begin, std::string_view end, std::size_t from) {
    const std::size_t first = text.find(begin, from);
    if (first != std::string::npos) {
      const std::size_t inner = first + begin.size();
      text.erase(inner, text.find(end, inner) - inner);
    }
  };
  cut("style-src 'sha256-", "'", 0);
  cut("script-src 'sha256-", "'", 0);
  cut("<style>", "</style>", 0);
  cut("<script>", "</script>", text.rfind("<script>"));
  return text;
}

// Rewrite the goldens with TOCSIN_UPDATE_GOLDEN=1 and read the difference before committing it.
TEST(Outputs, MatchTheirGoldens) {
  for (const Output* one : outputs()) {
    for (const bool empty : {false, true}) {
      Sample sample;
      empty ? fill_empty(sample) : fill_sample(sample);
      const auto path = tocsin::test::golden() / "report" / ((empty ? "empty" : "sample") + std::string(one->suffix));
      const std::string text = golden_form(*one, written(*one, sample.report));
      if (std::getenv("TOCSIN_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
      }
      ASSERT_TRUE(std::filesystem::exists(path)) << path;
      EXPECT_EQ(text, read_file(path)) << path;
    }
  }
}

TEST(Outputs, AreTheSameBytesEveryTimeAndValidUtf8) {
  for (const Output* one : outputs()) {
    Sample first, second;
    fill_sample(first);
    fill_sample(second);
    const std::string text = written(*one, first.report);
    EXPECT_EQ(text, written(*one, first.report)) << one->suffix;
    EXPECT_EQ(text, written(*one, second.report)) << one->suffix;
    EXPECT_TRUE(valid_utf8(text)) << one->suffix;
  }
}

TEST(Outputs, StopWhenWritingFails) {
  for (const Output* one : outputs()) {
    Sample sample;
    fill_sample(sample);
    std::size_t calls = 0;
    const auto result = one->write(sample.report, [&](std::string_view) -> Result<void> {
      ++calls;
      return failure(ErrorCode::io, "no space left");
    });
    ASSERT_FALSE(result.has_value()) << one->suffix;
    EXPECT_EQ(result.error().message, "no space left");
    EXPECT_EQ(calls, 1U) << one->suffix;
  }
}

TEST(Outputs, SayWhenDetectionsCannotBeRead) {
  struct Broken final : DetectionReader {
    Result<void> rewind() override { return {}; }
    Result<bool> next(Detection&) override { return failure(ErrorCode::damaged, "broken spool"); }
  } broken;
  for (const Output* one : outputs()) {
    Sample sample;
    fill_sample(sample);
    sample.report.detections = &broken;
    const auto result = one->write(sample.report, [](std::string_view) -> Result<void> { return {}; });
    if (!result.has_value()) {
      EXPECT_EQ(result.error().message, "broken spool") << one->suffix;
    } else {
      // The Navigator layer is made of the totals and reads no detections.
      EXPECT_EQ(one->suffix, ".navigator.json");
    }
  }
}

TEST(JsonLines, FollowTheContract) {
  Sample sample;
  fill_sample(sample);
  const auto lines = json_lines(written(output(".jsonl"), sample.report));
  ASSERT_EQ(lines.size(), 3U + 1 + 5 + 3 + 1);
  std::string order;
  for (const wire::Json& line : lines) {
    order += line.string_or("type", "?").front();
  }
  EXPECT_EQ(order, "dddcvvvvvcccs");

  const wire::Json& detection = lines[0];
  EXPECT_EQ(detection.find("rule")->string_or("level", ""), "high");
  EXPECT_EQ(detection.find("rule")->string_or("source", ""), "sigma");
  EXPECT_EQ(detection.find("rule")->find("tags")->items.size(), 4U);
  const wire::Json& event = *detection.find("event");
  EXPECT_EQ(event.find("record")->kind, wire::Json::Kind::number);
  EXPECT_EQ(event.find("record")->text, "1017");
  EXPECT_EQ(event.string_or("unit", ""), "record");
  EXPECT_EQ(event.string_or("time", ""), "2021-03-04T06:12:56.1234567Z");
  EXPECT_EQ(detection.find("matched")->items[0].string_or("pattern", ""), "*\\cmd.exe");
  EXPECT_EQ(detection.find("fields")->string_or("CommandLine", ""),
            "cmd /c \"whoami\" & echo [S]&cd&echo [E]\r\nsecond line");
  EXPECT_EQ(lines[2].find("event")->find("time")->kind, wire::Json::Kind::null);
  // A multi-valued field is a list; every byte that is UTF-8 survives, the rest is U+FFFD.
  EXPECT_EQ(lines[1].find("fields")->find("Data")->items.size(), 4U);
  EXPECT_EQ(lines[1].find("fields")->string_or("Bad", ""),
            std::string_view("ill-formed \xEF\xBF\xBD( \xEF\xBF\xBD end\0nul", 27));

  const wire::Json& verdict = lines[4];
  EXPECT_EQ(verdict.string_or("state", ""), "compromised");
  EXPECT_EQ(verdict.find("grade"), nullptr);
  const wire::Json& stage = verdict.find("stages")->items[1];
  EXPECT_EQ(stage.find("stage")->text, "3");
  EXPECT_EQ(stage.string_or("name", ""), "admin-session");
  EXPECT_EQ(stage.string_or("weakness", ""), "CVE-2021-26855");
  EXPECT_EQ(stage.find("supporting")->items.size(), 1U);
  EXPECT_TRUE(verdict.find("stages")->items[3].find("truncated")->boolean);
  EXPECT_FALSE(verdict.find("needs")->items[0].find("present")->boolean);
  EXPECT_EQ(verdict.find("covered")->items[0].find("gaps")->items.size(), 1U);
  const wire::Json& ladder = lines[5];
  EXPECT_EQ(ladder.string_or("scope", ""), "*");
  EXPECT_EQ(ladder.string_or("grade", ""), "impact");
  EXPECT_TRUE(ladder.find("call_now")->boolean);
  EXPECT_EQ(ladder.find("stages")->items[0].string_or("step", ""), "impact");
  EXPECT_EQ(ladder.find("stages")->items[0].string_or("behaviour", ""), "rename-burst");

  const wire::Json& summary = lines.back();
  EXPECT_EQ(summary.find("rules")->find("without_matching_input")->text, "2112");
  EXPECT_EQ(summary.find("rules")->find("given")->text, "3777");
  EXPECT_EQ(summary.find("hidden")->find("rules left out by --level")->text, "1203");
  EXPECT_EQ(summary.find("not_evaluated")->items.size(), 2U);
}

}  // namespace
}  // namespace tocsin::report
