// Key-value pairs, syslog headers, code pages and numbers: the pieces that text formats share.
#include <gtest/gtest.h>

#include "ingest/text/codepage.h"
#include "ingest/text/key_values.h"
#include "ingest/text/syslog_header.h"
#include "ingest/text/text_head.h"
#include "ingest/text/text_lines.h"

namespace tocsin::ingest {
namespace {

std::string pairs(std::string_view text, char also = ' ') {
  std::string out;
  KeyValues walk(text, also);
  KeyValue pair;
  while (walk.next(pair)) {
    out += "[" + std::string(pair.key) + "|" + std::string(pair.value) + "]";
  }
  return out;
}

TEST(KeyValues, WalksPairs) {
  EXPECT_EQ(pairs("a=1 b=\"two words\" c='x \"y\"' d="), "[a|1][b|two words][c|x \"y\"][d|]");
  EXPECT_EQ(pairs("word a=1 other b=2"), "[a|1][b|2]");
  EXPECT_EQ(pairs("a=\"x \\\" y\" b=2"), "[a|x \\\" y][b|2]");
  EXPECT_EQ(pairs("a=b=c"), "[a|b=c]");
  EXPECT_EQ(pairs("a=1;b=2", ';'), "[a|1][b|2]");
  EXPECT_EQ(pairs("=x = a= b"), "[a|]");
  EXPECT_EQ(pairs("a=\"never closed b=2"), "[a|never closed b=2]");
  EXPECT_EQ(pairs("a=\"\\"), "[a|\\]");
  EXPECT_EQ(pairs(""), "");
}

TEST(KeyValues, Unescapes) {
  Arena arena;
  EXPECT_EQ(unescape("a\\nb\\\"c\\\\d\\", arena), "a\nb\"c\\d\\");
}

TEST(SyslogHeader, TakesTheParts) {
  const auto old = parse_syslog_header("<13>Mar  7 14:12:30 web1 sshd[12]: hello: you", 1'615'126'350);
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(*old->priority, 13U);
  EXPECT_EQ(old->host, "web1");
  EXPECT_EQ(old->program, "sshd");
  EXPECT_EQ(old->process, "12");
  EXPECT_EQ(old->message, "hello: you");
  EXPECT_FALSE(old->rfc5424);
  EXPECT_FALSE(old->year_assumed);

  const auto now = parse_syslog_header("<165>1 2003-10-11T22:14:15.003Z h app 1 ID [a b=\"]\"][c] text", 0);
  ASSERT_TRUE(now.has_value());
  EXPECT_TRUE(now->rfc5424);
  EXPECT_EQ(now->structured_data, "[a b=\"]\"][c]");
  EXPECT_EQ(now->message, "text");
  EXPECT_TRUE(now->time->has_zone);
}

TEST(SyslogHeader, RefusesWhatIsNone) {
  for (const std::string_view bad : {"", "text", "<192>x", "<>x", "<1234>x", "<1x>y", "<13", "13:12:30 x", "Mar 7"}) {
    EXPECT_FALSE(parse_syslog_header(bad, 0).has_value()) << bad;
  }
}

TEST(SyslogHeader, AHostIsOnlyTakenWhereOneStands) {
  EXPECT_EQ(parse_syslog_header("Mar  7 14:12:30 last message repeated 2 times", 0)->host, "");
  EXPECT_EQ(parse_syslog_header("Mar  7 14:12:30 sshd[1]: x", 0)->program, "sshd");
  EXPECT_EQ(parse_syslog_header("Mar  7 14:12:30 web1 no tag", 0)->message, "no tag");
  EXPECT_EQ(parse_syslog_header("<13>45: *Mar  7 14:12:30.1: %SYS-5-X: y", 0)->message, "%SYS-5-X: y");
  EXPECT_TRUE(parse_syslog_header("Mar  7 14:12:30 web1 x: y", 0)->year_assumed);
}

TEST(Codepage, ConvertsWhatIsNotUtf8) {
  Arena arena;
  EXPECT_EQ(to_utf8("gr\xFC\xDF", *find_codepage(""), arena), "grüß");
  EXPECT_EQ(to_utf8("grüß", *find_codepage(""), arena), "grüß");
  EXPECT_EQ(to_utf8("\x80", *find_codepage("CP1252"), arena), "€");
  EXPECT_EQ(to_utf8("\x81", *find_codepage("windows-1252"), arena), "\xC2\x81");
  EXPECT_EQ(to_utf8("\xCF\xF0\xE8", *find_codepage("windows-1251"), arena), "При");
  EXPECT_EQ(to_utf8("\x81\x94", *find_codepage("850"), arena), "üö");
  EXPECT_EQ(find_codepage("utf-9"), nullptr);
  EXPECT_EQ(find_codepage("cp125"), nullptr);
}

TEST(TextHead, TellsTextFromBinary) {
  EXPECT_TRUE(TextHead({.bytes = "a\nb", .name = "", .whole = true}).is_text());
  EXPECT_EQ(TextHead({.bytes = "a\nb", .name = "", .whole = true}).lines().size(), 2U);
  EXPECT_EQ(TextHead({.bytes = "a\nb", .name = "", .whole = false}).lines().size(), 1U);
  const std::string utf16(
      "\xFF\xFE"
      "a\0b\0\n\0",
      8);
  const TextHead wide({.bytes = utf16, .name = "", .whole = true});
  EXPECT_TRUE(wide.is_text());
  EXPECT_EQ(wide.lines().front(), "ab");
  EXPECT_FALSE(
      TextHead({.bytes = std::string_view("MZ\0\0\0\0\x01\x02\x03\x04zzzz", 14), .name = "", .whole = true}).is_text());
  // What an attacker sent to a web server does not make its log binary.
  EXPECT_TRUE(TextHead({.bytes = std::string(5000, 'a') + std::string("\0\x16\x03\0", 4), .name = "", .whole = true})
                  .is_text());
}

TEST(TextLines, AllAsciiSeesEveryByte) {
  for (std::size_t size = 0; size < 100; ++size) {
    std::string text(size, 'a');
    EXPECT_TRUE(all_ascii(text));
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      EXPECT_FALSE(all_ascii(text)) << size << " " << at;
      text[at] = 'a';
    }
  }
}

}  // namespace
}  // namespace tocsin::ingest
