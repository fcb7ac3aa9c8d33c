#include <gtest/gtest.h>

#include <string>

#include "ingest/format.h"

namespace tocsin::ingest {
namespace {

std::string_view name_of(std::string_view bytes, bool whole = true) {
  const Format* found = recognise({bytes, "a.log", whole});
  return found == nullptr ? "none" : found->name;
}

const std::string access_line =
    "198.51.100.7 - - [04/May/2023:10:11:12 +0200] \"GET /index.php?id=1 HTTP/1.1\" 200 512 \"-\" \"curl/8.0\"\n";

TEST(Recognise, RunsOfNulsAreDamageAndNotData) {
  EXPECT_EQ(name_of(access_line + access_line + std::string(4096, '\0')), "apache-combined");
  EXPECT_EQ(name_of(access_line + std::string(1, '\0') + access_line + access_line + access_line), "apache-combined");
  std::string scattered;
  for (const char c : access_line + access_line) {
    scattered += c;
    scattered += scattered.size() % 5 == 0 ? std::string(2, '\0') : std::string();
  }
  EXPECT_EQ(name_of(scattered), "none");
  EXPECT_EQ(name_of(std::string(4096, '\0')), "none");
  EXPECT_EQ(name_of(std::string("\x7F"
                                "ELF\x02\x01\x01",
                                7) +
                    std::string(300, '\0') + std::string(40, '\x03')),
            "none");
}

TEST(Recognise, AForeignFirstLineHidesNoLog) {
  EXPECT_EQ(name_of("copied by hand\n" + access_line + access_line), "apache-combined");
  EXPECT_EQ(name_of("Record 7\n{\n  \"EventID\": 1,\n  \"Channel\": \"Security\"\n}\n"), "json-concatenated");
  // What names its columns in the first line cannot do without it.
  EXPECT_EQ(name_of("a report of mine\nuser,address,count\nann,192.0.2.1,1\nbob,192.0.2.2,2\n"), "plain");
  EXPECT_EQ(name_of("prose\nand more of it\n"), "plain");
}

TEST(Recognise, ALineLongerThanTheHeadAsksForMore) {
  const std::string long_line(head_bytes, 'A');
  const Head head{long_line, "a.log", false};
  const Format* found = recognise(head);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "plain");
  EXPECT_TRUE(wants_longer_head(head, found));
  EXPECT_FALSE(wants_longer_head({long_line, "a.log", true}, found));
  const std::string longer = long_line + "\n" + access_line + access_line;
  EXPECT_EQ(name_of(longer, false), "apache-combined");
  EXPECT_FALSE(wants_longer_head({longer, "a.log", false}, recognise({longer, "a.log", false})));
}

}  // namespace
}  // namespace tocsin::ingest
