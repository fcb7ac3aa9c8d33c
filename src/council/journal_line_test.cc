// A journal on disk: what a crash, a bad sector or a careless editor can do to it.
#include "council/journal_line.h"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::council {
namespace {

std::string three_lines(std::string& chain) {
  std::string out = write_line({RecordKind::item, "{\"item\":1}"}, chain);
  out += write_line({RecordKind::held, "{\"a\":\n2}"}, chain);
  return out + write_line({RecordKind::signed_here, "{\"b\":3}"}, chain);
}

TEST(JournalLine, ReadsWhatItWrote) {
  std::string chain;
  const std::string text = three_lines(chain);
  const JournalReading reading = read_journal(text);
  ASSERT_EQ(reading.records.size(), 3U);
  EXPECT_EQ(reading.records[0].kind, RecordKind::item);
  EXPECT_EQ(reading.records[1].value, "{\"a\": 2}");
  EXPECT_EQ(reading.records[2].kind, RecordKind::signed_here);
  EXPECT_EQ(reading.chain, chain);
  EXPECT_EQ(reading.whole_bytes, text.size());
  EXPECT_FALSE(reading.torn);
  EXPECT_TRUE(reading.damaged.empty());
}

TEST(JournalLine, ATornEndCostsOnlyTheLineThatNeverFinished) {
  std::string chain;
  const std::string text = three_lines(chain);
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (std::size_t cut = last + 1; cut < text.size(); ++cut) {
    const JournalReading reading = read_journal(std::string_view(text).substr(0, cut));
    ASSERT_TRUE(reading.torn) << cut;
    ASSERT_EQ(reading.records.size(), 2U);
    ASSERT_EQ(reading.whole_bytes, last);
    ASSERT_TRUE(reading.damaged.empty());
  }
}

TEST(JournalLine, AnyChangedByteIsNoticed) {
  std::string chain;
  const std::string text = three_lines(chain);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const JournalReading reading = read_journal(changed);
    EXPECT_TRUE(!reading.damaged.empty() || reading.torn) << at;
    for (const Record& record : reading.records) {
      EXPECT_TRUE(record.kind == RecordKind::held || record.kind == RecordKind::signed_here ||
                  record.value == "{\"item\":1}");
    }
  }
}

TEST(JournalLine, ALineThatWasTakenOutOrMovedIsNoticed) {
  std::string chain;
  const std::string text = three_lines(chain);
  const std::size_t first = text.find('\n') + 1;
  const std::size_t second = text.find('\n', first) + 1;
  EXPECT_EQ(read_journal(text.substr(0, first) + text.substr(second)).damaged.size(), 1U);
  EXPECT_FALSE(
      read_journal(text.substr(first, second - first) + text.substr(0, first) + text.substr(second)).damaged.empty());
}

TEST(JournalLine, AnythingElseIsDamageAndNoCrash) {
  for (const std::string text :
       {"\n", "\n\n\n", "x\n", "{}\n", "{\"sum\":\"0123456789abcdef\",\"is\":\"held\",\"value\":\n",
        "{\"sum\":\"0123456789abcdef\",\"is\":\"none\",\"value\":{}}\n"}) {
    const JournalReading reading = read_journal(text);
    EXPECT_TRUE(reading.records.empty()) << text;
    EXPECT_FALSE(reading.damaged.empty()) << text;
  }
  EXPECT_TRUE(read_journal("").records.empty());
  EXPECT_FALSE(read_journal("").torn);
}

}  // namespace
}  // namespace tocsin::council
