#include "wire/canonical_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <charconv>
#include <fstream>
#include <sstream>

#include "support/corpus.h"
#include "wire/json.h"

namespace tocsin::wire {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string canonical(std::string_view text, std::span<const std::string_view> without = {}) {
  const auto done = canonical_json(text, without);
  return done ? *done : "error: " + done.error().message;
}

TEST(CanonicalJson, MeetsTheVectorsOfTheCorpus) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "crypto/jcs is not there; set TOCSIN_CORPUS";
  }
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus / "crypto" / "jcs" / "input")) {
    const std::string expected = read(corpus / "crypto" / "jcs" / "output" / entry.path().filename());
    EXPECT_EQ(canonical(read(entry.path())), expected) << entry.path();
    EXPECT_EQ(canonical(expected), expected) << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 6U);
}

TEST(CanonicalJson, WritesTheNumbersOfTheCorpus) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "crypto/jcs/numbers.csv is not there; set TOCSIN_CORPUS";
  }
  std::ifstream file(corpus / "crypto" / "jcs" / "numbers.csv");
  std::string line;
  std::size_t seen = 0;
  while (std::getline(file, line)) {
    std::uint64_t bits = 0;
    const auto end = std::from_chars(line.data(), line.data() + line.size(), bits, 16).ptr;
    const std::string expected = line.substr(static_cast<std::size_t>(end + 1 - line.data()));
    const auto value = std::bit_cast<double>(bits);
    std::string out;
    append_canonical_number(out, value);
    ASSERT_EQ(out, expected) << line;
    ++seen;
  }
  EXPECT_GE(seen, 7'000U);
}

RC_GTEST_PROP(CanonicalJson, NumbersReadBackAsTheSameDouble, (std::uint64_t bits)) {
  const auto value = std::bit_cast<double>(bits);
  RC_PRE(value - value == 0);
  std::string out;
  append_canonical_number(out, value);
  double back = 1;
  std::from_chars(out.data(), out.data() + out.size(), back);
  RC_ASSERT(back == value);
  RC_ASSERT(is_json_number(out));
}

TEST(CanonicalJson, GoldensAgree) {
  // name, tab, text; then the canonical form or "error".
  std::ifstream file(test::golden() / "canonical_json" / "cases.tsv");
  std::string line;
  std::size_t seen = 0;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    const std::size_t tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos) << line;
    const std::string input = line.substr(0, tab);
    const std::string expected = line.substr(tab + 1);
    const auto done = canonical_json(input);
    if (expected.starts_with("error ")) {
      ASSERT_FALSE(done) << input;
      EXPECT_NE(done.error().message.find(expected.substr(6)), std::string::npos) << done.error().message;
    } else {
      EXPECT_EQ(done ? *done : done.error().text(), expected) << input;
    }
    ++seen;
  }
  EXPECT_GE(seen, 40U);
}

TEST(CanonicalJson, RefusesBytesThatAreNoText) {
  EXPECT_EQ(canonical("\"\xff\""), "error: ill-formed UTF-8");
  EXPECT_EQ(canonical("\"\xed\xa0\x80\""), "error: ill-formed UTF-8") << "a surrogate in UTF-8";
  EXPECT_EQ(canonical("\"\xc0\x80\""), "error: ill-formed UTF-8") << "an overlong zero";
  EXPECT_EQ(canonical(""), "error: empty text");
  EXPECT_EQ(canonical(std::string_view("\"\0\"", 3)), "error: a raw control character in a string");
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  EXPECT_EQ(canonical(deep), "error: nested too deeply");
  EXPECT_EQ(canonical(std::string(64, '[') + std::string(64, ']')), std::string(64, '[') + std::string(64, ']'));
  EXPECT_EQ(canonical(std::string(200'000, '[')), "error: nested too deeply");
  const auto twice = canonical_json(R"({"a":{"b":1,"\u0062":2}})");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::syntax);
  EXPECT_NE(twice.error().where.offset, Where::unknown_offset);
}

TEST(CanonicalJson, LeavesOutOneMember) {
  const std::string_view text = R"({"z":{"sig":"x","kid":1,"in":{"sig":2}},"sig":3,"a":[{"sig":4}]})";
  const std::string_view way[] = {"z", "sig"};
  EXPECT_EQ(canonical(text, way), R"({"a":[{"sig":4}],"sig":3,"z":{"in":{"sig":2},"kid":1}})");
  const std::string_view root[] = {"sig"};
  EXPECT_EQ(canonical(text, root), R"({"a":[{"sig":4}],"z":{"in":{"sig":2},"kid":1,"sig":"x"}})");
  const std::string_view nothing[] = {"a", "sig"};
  EXPECT_EQ(canonical(text, nothing), canonical(text));
  EXPECT_EQ(canonical(R"({"sig":1,"s\u0069g":1})", root).substr(0, 6), "error:") << "also of what is left out";
}

TEST(CanonicalJson, ReusesItsMemoryAndLeavesNothingAfterAnError) {
  CanonicalJson writer;
  std::string out = "kept";
  EXPECT_FALSE(writer.append(out, R"({"a":[1,{"b":2,)"));
  EXPECT_EQ(out, "kept");
  EXPECT_TRUE(writer.append(out, R"({"b":2,"a":1})"));
  EXPECT_EQ(out, R"(kept{"a":1,"b":2})");
}

RC_GTEST_PROP(CanonicalJson, OrderOfNamesIsThatOfUtf16, ()) {
  const auto name = [] {
    std::u16string units;
    std::string utf8;
    const auto points = *rc::gen::container<std::vector<int>>(
        rc::gen::element(0x41, 0x7F, 0xE9, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFB33, 0xFFFF, 0x10000, 0x1F602, 0x10FFFF));
    for (const int point : points) {
      const auto c = static_cast<char32_t>(point);
      if (c < 0x80) {
        utf8 += static_cast<char>(c);
      } else if (c < 0x800) {
        utf8 += static_cast<char>(0xC0 | c >> 6);
        utf8 += static_cast<char>(0x80 | (c & 0x3F));
      } else if (c < 0x10000) {
        utf8 += static_cast<char>(0xE0 | c >> 12);
        utf8 += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        utf8 += static_cast<char>(0x80 | (c & 0x3F));
      } else {
        utf8 += static_cast<char>(0xF0 | c >> 18);
        utf8 += static_cast<char>(0x80 | (c >> 12 & 0x3F));
        utf8 += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        utf8 += static_cast<char>(0x80 | (c & 0x3F));
      }
      if (c < 0x10000) {
        units += static_cast<char16_t>(c);
      } else {
        units += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
        units += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
      }
    }
    return std::pair(units, utf8);
  };
  const auto a = name();
  const auto b = name();
  RC_ASSERT(utf16_less(a.second, b.second) == (a.first < b.first));
}

}  // namespace
}  // namespace tocsin::wire
