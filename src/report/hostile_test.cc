// Whatever text the evidence holds, every form stays what it is: JSON parses, HTML keeps its elements, a terminal gets
// no control character.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/text.h"
#include "report/sample_test.h"
#include "report/terminal.h"
#include "report/visible.h"
#include "wire/json.h"

namespace tocsin::report {
namespace {

// Texts made of pieces that mean something to one of the forms, and of any bytes.
rc::Gen<std::string> hostile_text() {
  const auto pieces = rc::gen::element<std::string>(
      "<", ">", "\"", "'", "&", "</script>", "<!--", "-->", "]]>", "\n", "\r\n", "\t", ",", ";", "=1+1", "@", "\\",
      "\x1b[2J", "\x1b]0;x\x07", "\xE2\x80\xAE", "\xE2\x80\xA8", "\xFF", "\xC3", std::string("\0", 1), "%", "#", "://",
      "javascript:", "\xF0\x9F\x98\x80", "日本", "e\xCC\x81", "a", " ", "192.0.2.1", "C:\\x\\y.exe",
      std::string(300, 'W'));
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(pieces), [](const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) {
      out += part;
    }
    return out;
  });
}

std::size_t count_of(std::string_view text, std::string_view needle) {
  std::size_t count = 0;
  for (std::size_t from = text.find(needle); from != std::string_view::npos; from = text.find(needle, from + 1)) {
    ++count;
  }
  return count;
}

TEST(Hostile, TextBreaksNoForm) {
  EXPECT_TRUE(rc::check("arbitrary text in every place", [] {
    const auto text = hostile_text();
    test::Sample sample;
    Report& report = sample.report;
    RuleRef rule{*text,   *text,   "high", "sigma", *text, *text, *text, *text, {*text, "attack.t1059"},
                 {*text}, {*text}, *text};
    report.rules.push_back(rule);
    Detection detection;
    detection.event.source = *text;
    detection.event.unit = "line";
    detection.event.record = 3;
    detection.event.host = *text;
    detection.event.channel = *text;
    detection.matched = {{*text, *text, *text}};
    for (const char* name :
         {"Image", "CommandLine", "Hashes", "SourceIp", "User", "TargetObject", "QueryName", "url"}) {
      detection.fields.emplace_back(name, std::vector<std::string>{*text});
    }
    detection.fields.emplace_back(*text, std::vector<std::string>{*text, *text});
    sample.detections.push_back(detection);
    sample.reader = MemoryReader(sample.detections);
    report.detections = &sample.reader;
    report.totals.push_back({0, 1, {}, {}, *text});
    report.hosts.push_back({*text, 1, 1, {0, 0, 0, 0, 1, 0}, {}, {}});
    report.coverage.push_back({*text, *text, 1, 1, 1, {}, {}, {*text}, *text, ""});
    report.coverage.push_back({*text, "", 0, 0, 0, {}, {}, {}, "", *text});
    report.rule_problems.push_back({*text, *text, *text, "rejected", *text});
    CorrelationResult correlation;
    correlation.group = {{*text, *text}};
    correlation.events.push_back(detection.event);
    report.correlations.push_back(correlation);
    verdict::Verdict verdict;
    verdict.playbook = *text;
    verdict.title = *text;
    verdict.scope = *text;
    verdict.state = verdict::State::compromised;
    verdict.because = *text;
    verdict::Stage stage;
    stage.stage = 2;
    stage.name = *text;
    stage.weakness = *text;
    stage.first = stage.last = test::at("2021-03-02T20:31:05Z");
    stage.count = 1;
    verdict::EventRef event;
    event.source = event.client = event.what = *text;
    stage.events.push_back(event);
    verdict.stages.push_back(stage);
    verdict.needs.push_back({*text, false, *text});
    verdict.covered.push_back({*text, {}, {}, 1, 1, {}});
    verdict.noted.push_back({*text, *text, 1, {}, {}, {}});
    verdict.clients = verdict.shells = verdict.next_steps = verdict.left_out = {*text};
    report.verdicts.push_back(verdict);
    report.summary.command_line = *text;
    report.summary.notes = {*text};
    report.summary.hidden = {{*text, 3}};
    report.summary.packs = {{*text, *text, *text, *text, 1}};

    for (const Output* output : outputs()) {
      const std::string written = test::written(*output, report);
      RC_ASSERT(valid_utf8(written));
      if (output->suffix == ".html") {
        RC_ASSERT(count_of(written, "<script") == 2U);
        RC_ASSERT(count_of(written, "</script") == 2U);
        RC_ASSERT(count_of(written, "<!--") == 0U);
        const std::size_t data = written.find("{\"rules\":");
        RC_ASSERT(wire::parse_json(written.substr(data, written.find("</script>", data) - data)).has_value());
      } else if (output->suffix.ends_with(".jsonl")) {
        std::size_t from = 0;
        for (std::size_t end = written.find('\n'); end != std::string::npos; end = written.find('\n', from)) {
          RC_ASSERT(wire::parse_json(std::string_view(written).substr(from, end - from)).has_value());
          from = end + 1;
        }
        RC_ASSERT(from == written.size());
      } else if (output->suffix != ".csv") {
        RC_ASSERT(wire::parse_json(written).has_value());
      }
    }
    for (const std::size_t width : {20U, 40U, 80U}) {
      const std::string screen = render_terminal(report, {width, false, true, true});
      std::size_t from = 0;
      for (std::size_t end = screen.find('\n'); end != std::string::npos; end = screen.find('\n', from)) {
        const std::string_view line = std::string_view(screen).substr(from, end - from);
        RC_ASSERT(display_width(line) <= width);
        for (std::size_t at = 0; at < line.size();) {
          RC_ASSERT(!is_unsafe(next_code_point(line, at)));
        }
        from = end + 1;
      }
    }
  }));
}

}  // namespace
}  // namespace tocsin::report
