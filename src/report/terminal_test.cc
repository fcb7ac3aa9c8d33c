#include "report/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "report/sample_test.h"
#include "report/visible.h"
#include "support/corpus.h"

namespace tocsin::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    out.push_back(line);
  }
  return out;
}

// Takes out our own SGR sequences; any other control character stays and fails the test.
std::string without_colour(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\x1b[")) {
      std::size_t end = at + 2;
      while (end < text.size() && (ascii_digit(text[end]) || text[end] == ';')) {
        ++end;
      }
      if (end < text.size() && text[end] == 'm') {
        at = end;
        continue;
      }
    }
    out += text[at];
  }
  return out;
}

TEST(Terminal, MatchesItsGoldens) {
  struct Case {
    const char* name;
    TerminalOptions options;
    bool empty = false;
  };
  const Case cases[] = {{"terminal-80.txt", {}},
                        {"terminal-40-ascii.txt", {40, false, false, false}},
                        {"terminal-120-colour.txt", {120, true, true, true}},
                        {"terminal-empty.txt", {}, true}};
  for (const Case& one : cases) {
    test::Sample sample;
    one.empty ? test::fill_empty(sample) : test::fill_sample(sample);
    const auto path = tocsin::test::golden() / "report" / one.name;
    const std::string text = render_terminal(sample.report, one.options);
    if (std::getenv("TOCSIN_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path, std::ios::binary) << text;
    }
    std::ifstream in(path, std::ios::binary);
    std::ostringstream expected;
    expected << in.rdbuf();
    EXPECT_EQ(text, expected.str()) << path;
  }
}

TEST(Terminal, KeepsToItsWidthAndLetsNoControlCharacterThrough) {
  test::Sample sample;
  test::fill_sample(sample);
  for (const std::size_t width : {20U, 33U, 40U, 72U, 80U, 132U, 400U}) {
    for (const bool unicode : {true, false}) {
      for (const bool colour : {true, false}) {
        const std::string text = render_terminal(sample.report, {width, colour, unicode, true});
        const std::string plain = colour ? without_colour(text) : text;
        for (const std::string& line : lines_of(plain)) {
          EXPECT_LE(display_width(line), width) << line;
          for (std::size_t at = 0; at < line.size();) {
            EXPECT_FALSE(is_unsafe(next_code_point(line, at))) << width << ": " << line;
          }
          EXPECT_TRUE(unicode || is_ascii(line)) << line;
        }
      }
    }
  }
}

TEST(Terminal, IsTheSameTextWithAndWithoutColour) {
  test::Sample sample;
  test::fill_sample(sample);
  const std::string plain = render_terminal(sample.report, {80, false, true, false});
  const std::string coloured = render_terminal(sample.report, {80, true, true, false});
  EXPECT_NE(plain, coloured);
  EXPECT_EQ(plain, without_colour(coloured));
}

TEST(Terminal, BeginsWithTheWorstVerdict) {
  test::Sample sample;
  test::fill_sample(sample);
  std::swap(sample.report.verdicts.front(), sample.report.verdicts.back());
  const auto lines = lines_of(render_terminal(sample.report, {}));
  EXPECT_TRUE(lines[0].starts_with("COMPROMISED ")) << lines[0];
  const std::string text = render_terminal(sample.report, {});
  EXPECT_LT(text.find("ATTACKED"), text.find("Coverage")) << text;
}

TEST(Terminal, JoinsQuietVerdictsOfManyHosts) {
  test::Sample sample;
  test::fill_empty(sample);
  for (int i = 0; i < 50; ++i) {
    verdict::Verdict quiet;
    quiet.playbook = "ransomware";
    quiet.scope = "HOST" + std::to_string(i);
    quiet.state = verdict::State::not_checkable;
    quiet.needs.push_back({"process events", false, "Sysmon 1"});
    sample.report.verdicts.push_back(quiet);
  }
  const std::string text = render_terminal(sample.report, {});
  EXPECT_NE(text.find("50 hosts"), std::string::npos) << text;
  EXPECT_EQ(text.find("HOST7"), std::string::npos) << text;
  EXPECT_NE(text.find("process events — Sysmon 1 (50 verdicts)"), std::string::npos) << text;
  EXPECT_LT(lines_of(text).size(), 30U);
}

TEST(Visible, EscapesWhatMustNotReachAScreen) {
  EXPECT_EQ(visible("a\x1b[31mb\nc\td\re\x7f"), "a\\x1b[31mb\\nc\\td\\re\\x7f");
  EXPECT_EQ(visible("\xC2\x9B"
                    "31m"),
            "\\x9b31m");
  EXPECT_EQ(visible("invoice_\xE2\x80\xAE"
                    "fdp.exe"),
            "invoice_\\u{202e}fdp.exe");
  EXPECT_EQ(visible("C:\\Windows"), "C:\\Windows");
  EXPECT_EQ(visible("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(visible("\xF3\xA0\x81\x81"), "\\u{e0041}");
  EXPECT_EQ(visible("\xC3\xA9 · \xE6\x97\xA5", Charset::ascii), "\\u{e9} | \\u{65e5}");
  EXPECT_EQ(visible(std::string_view("\0", 1)), "\\x00");
}

TEST(Visible, MeasuresColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("\xE6\x97\xA5\xE6\x9C\xAC"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
  const Cut cut = cut_to_width("\xE6\x97\xA5\xE6\x9C\xAC", 3);
  EXPECT_EQ(cut.columns, 2U);
  EXPECT_EQ(cut.text.size(), 3U);
}

}  // namespace
}  // namespace tocsin::report
