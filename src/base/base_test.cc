// Time, text and field tables: the small things everything else stands on.
#include <gtest/gtest.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/time.h"
#include "base/zone.h"

namespace tocsin {
namespace {

TEST(Time, Iso8601ShapesThatLogsUse) {
  EXPECT_EQ(rfc3339(parse_iso8601("2021-03-03T06:49:42Z")->time), "2021-03-03T06:49:42Z");
  EXPECT_EQ(rfc3339(parse_iso8601("2021-03-03 06:49:42,123")->time), "2021-03-03T06:49:42.123Z");
  EXPECT_EQ(rfc3339(parse_iso8601("2021-03-03T06:49:42.1234567+02:00")->time), "2021-03-03T04:49:42.1234567Z");
  EXPECT_EQ(rfc3339(parse_iso8601("2021-03-03T06:49:42-0530")->time), "2021-03-03T12:19:42Z");
  EXPECT_EQ(rfc3339(parse_iso8601("1969-12-31 23:59:59.5")->time), "1969-12-31T23:59:59.500Z");
  EXPECT_TRUE(parse_iso8601("2021-03-03 06:49:42 UTC")->has_zone);
  EXPECT_FALSE(parse_iso8601("2021-03-03 06:49:42")->has_zone);
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2021", "2021-13-01", "2021-02-29", "2021-03-03T25:00:00Z", "2021-03-03T06:49:42X",
                           "2021-03-03T06:49:42.Z", "2021-03-03T06:49:42+1", "x2021-03-03"}) {
    EXPECT_FALSE(parse_iso8601(text).has_value()) << text;
  }
}

TEST(Time, FiletimeAndCivilRoundTrip) {
  EXPECT_EQ(rfc3339(Time::from_filetime(132'592'277'820'000'000ULL)), "2021-03-03T06:49:42Z");
  for (std::int64_t day = -200'000; day < 200'000; day += 37) {
    const Time time = Time::from_seconds(day * 86'400 + 4711);
    EXPECT_EQ(from_civil(to_civil(time)), time);
  }
}

TEST(Text, FoldsCaseLikeUnicodeSimpleFolding) {
  EXPECT_EQ(fold_case("ÄÖÜ Straße ΣΑΣ Ĳ"), "äöü straße σασ ĳ");
  EXPECT_EQ(fold_case("\xff"
                      "A"),
            "\xff"
            "a");
  EXPECT_EQ(fold_case(U'\u1E9E'), U'\u00DF');
  EXPECT_EQ(fold_case(U'\u212A'), U'k');
}

TEST(Text, Utf8AndUtf16) {
  EXPECT_EQ(repair_utf8("a\xC3(b\xE2\x82"), "a\xEF\xBF\xBD(b\xEF\xBF\xBD");
  EXPECT_FALSE(valid_utf8("\xED\xA0\x80"));
  const std::uint8_t units[] = {0x41, 0, 0x3D, 0xD8, 0x00, 0xDE, 0x00, 0xD8, 0x42, 0, 0x7};
  EXPECT_EQ(utf16le_to_utf8(units),
            "A\xF0\x9F\x98\x80\xEF\xBF\xBD"
            "B");
}

TEST(Text, IntegersAreExactAndWhole) {
  EXPECT_EQ(parse_int64("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_uint64("0x1f", true), 31U);
  EXPECT_FALSE(parse_int64("9223372036854775808"));
  EXPECT_FALSE(parse_int64("1 "));
  EXPECT_FALSE(parse_int64(""));
  EXPECT_FALSE(parse_int64("+-1"));
}

TEST(Arena, KeepsViewsUntilCleared) {
  Arena arena;
  const std::string_view first = arena.copy("first");
  const std::string large(1 << 20, 'x');
  const std::string_view second = arena.copy(large);
  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, large);
}

}  // namespace
}  // namespace tocsin

namespace tocsin {
namespace {

std::string utc_of(std::string_view zone, std::string_view local) {
  return rfc3339(Zone::find(zone)->to_utc(parse_iso8601(local)->time));
}

TEST(Zone, TurnsLocalTimesIntoUtc) {
  EXPECT_EQ(utc_of("UTC", "2021-03-03T06:49:42"), "2021-03-03T06:49:42Z");
  EXPECT_EQ(utc_of("-05:00", "2021-03-03T06:49:42"), "2021-03-03T11:49:42Z");
  EXPECT_EQ(utc_of("Europe/Berlin", "2021-01-03T06:00:00"), "2021-01-03T05:00:00Z");
  EXPECT_EQ(utc_of("europe/berlin", "2021-07-03T06:00:00"), "2021-07-03T04:00:00Z");
  EXPECT_EQ(utc_of("Asia/Kathmandu", "2021-07-03T06:00:00"), "2021-07-03T00:15:00Z");
}

TEST(Zone, DecidesTimesThatOccurTwiceOrNever) {
  EXPECT_EQ(utc_of("Europe/Berlin", "2021-10-31T02:30:00"), "2021-10-31T00:30:00Z");  // twice: the first, still summer
  EXPECT_EQ(utc_of("Europe/Berlin", "2021-03-28T02:30:00"), "2021-03-28T01:30:00Z");  // never: the offset before
  EXPECT_EQ(utc_of("America/New_York", "2021-11-07T01:30:00"), "2021-11-07T05:30:00Z");
}

TEST(Zone, NamesWhatItDoesNotKnow) {
  const auto zone = Zone::find("Berlin");
  ASSERT_FALSE(zone.has_value());
  EXPECT_NE(zone.error().hint.find("Europe/Berlin"), std::string::npos);
  EXPECT_GT(Zone::names().size(), 300U);
}

}  // namespace
}  // namespace tocsin
