#include "base/normalize.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/text.h"
#include "support/corpus.h"

namespace tocsin {
namespace {

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return out;
}

// Made by tools/make_normalization.py --golden: every canonical decomposition, Hangul, random mixtures.
TEST(Normalize, AgreesWithTheGolden) {
  std::ifstream file(test::golden() / "base" / "normalization.tsv");
  ASSERT_TRUE(file.is_open());
  std::string line;
  std::size_t cases = 0;
  while (std::getline(file, line)) {
    const std::size_t tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos);
    const std::string text = from_hex(line.substr(0, tab));
    const std::string expected = from_hex(line.substr(tab + 1));
    ASSERT_EQ(to_nfc(text), expected) << line;
    ASSERT_EQ(to_nfc(expected), expected) << line;
    if (surely_nfc(text)) {
      ASSERT_EQ(text, expected) << line;
    }
    ++cases;
  }
  EXPECT_GT(cases, 6000U);
}

TEST(Normalize, LeavesAsciiAndRepairsIllFormedBytes) {
  EXPECT_EQ(to_nfc(""), "");
  EXPECT_EQ(to_nfc("plain"), "plain");
  EXPECT_EQ(to_nfc("e\xCC\x81"), "\xC3\xA9");
  EXPECT_EQ(to_nfc("\xC3\xA9"), "\xC3\xA9");
  EXPECT_TRUE(valid_utf8(to_nfc("a\xFF\xCC")));
}

TEST(Normalize, LongRunsOfMarksStayCheap) {
  std::string text = "a";
  for (int i = 0; i < 100'000; ++i) {
    text += i % 2 == 0 ? "\xCC\xA3" : "\xCC\x87";
  }
  const std::string normal = to_nfc(text);
  EXPECT_EQ(to_nfc(normal), normal);
}

}  // namespace
}  // namespace tocsin
