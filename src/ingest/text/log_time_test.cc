#include "ingest/text/log_time.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "ingest/text/leading_time.h"

namespace tocsin::ingest {
namespace {

// "2021-03-07T14:12:30Z", with " local" behind it where the text had no zone; "" for no time.
std::string text(const std::optional<ParsedTime>& time) {
  return time ? rfc3339(time->time) + (time->has_zone ? "" : " local") : "";
}

std::string syslog(std::string_view line, std::string_view modified) {
  std::size_t used = 0;
  const auto now = parse_iso8601(modified);
  const auto time = parse_syslog_time(line, now ? now->time.ticks / Time::ticks_per_second : 0, used);
  return time ? rfc3339(time->time) + " " + std::to_string(used) : "";
}

TEST(LogTime, ReadsTheShapesOfTables) {
  EXPECT_EQ(text(parse_log_time("2021-03-07T14:12:30.123Z")), "2021-03-07T14:12:30.123Z");
  EXPECT_EQ(text(parse_log_time("2021-03-07 14:12:30")), "2021-03-07T14:12:30Z local");
  EXPECT_EQ(text(parse_log_time("2021-03-07 14:12:30 UTC")), "2021-03-07T14:12:30Z");
  EXPECT_EQ(text(parse_log_time("2021-03-07 14:12:30 +01:00")), "2021-03-07T13:12:30Z");
  EXPECT_EQ(text(parse_log_time("07.03.2021 14:12:42")), "2021-03-07T14:12:42Z local");
  EXPECT_EQ(text(parse_log_time("3/7/2021 2:12:30 PM")), "2021-03-07T14:12:30Z local");
  EXPECT_EQ(text(parse_log_time("3/7/2021 12:12:30 AM")), "2021-03-07T00:12:30Z local");
  EXPECT_EQ(text(parse_log_time("13/7/2021 2:12")), "2021-07-13T02:12:00Z local");
  EXPECT_EQ(text(parse_log_time("07/Mar/2021:14:12:30 +0100")), "2021-03-07T13:12:30Z");
  EXPECT_EQ(text(parse_log_time("Sun, 07 Mar 2021 14:12:30 +0000")), "2021-03-07T14:12:30Z");
  EXPECT_EQ(text(parse_log_time("Sun Mar  7 14:12:30.5 2021")), "2021-03-07T14:12:30.500Z local");
  EXPECT_EQ(text(parse_log_time("Mar 07 2021 14:12:30")), "2021-03-07T14:12:30Z local");
  EXPECT_EQ(text(parse_log_time("Mar 7, 2021 14:12:30.250")), "2021-03-07T14:12:30.250Z local");
  EXPECT_EQ(text(parse_log_time("1615126350")), "2021-03-07T14:12:30Z");
  EXPECT_EQ(text(parse_log_time("1615126350123")), "2021-03-07T14:12:30.123Z");
  EXPECT_EQ(text(parse_log_time("1615126350123456")), "2021-03-07T14:12:30.123456Z");
  EXPECT_EQ(text(parse_log_time("1615126350.5")), "2021-03-07T14:12:30.500Z");
  EXPECT_EQ(text(parse_log_time("132595999501234567")), "2021-03-07T14:12:30.1234567Z");
}

TEST(LogTime, RefusesOtherText) {
  for (const std::string_view bad :
       {"", "yesterday", "2021-13-07 14:12:30", "31.02.2021 00:00:00", "3/7/2021 14:12:30 PM", "3/7/2021 0:12 AM",
        "12:30:00", "2021-03-07 14:61:00", "123", "12345678901234567890123", "Mon Foo 7 14:12:30 2021",
        "07/Xyz/2021:14:12:30 +0100", "1.2.3.4 5:6:7", "2021-03-07 14:12:30 SOMEWHERE", "00000000", "+1615126350"}) {
    EXPECT_EQ(text(parse_log_time(bad)), "") << bad;
  }
}

TEST(LogTime, TakesTheYearFromTheFile) {
  EXPECT_EQ(syslog("Mar  7 14:12:30 host", "2021-03-07T20:00:00Z"), "2021-03-07T14:12:30Z 15");
  // A day of slack for clocks and zones, then it was last year.
  EXPECT_EQ(syslog("Mar  8 14:12:30 host", "2021-03-07T20:00:00Z"), "2021-03-08T14:12:30Z 15");
  EXPECT_EQ(syslog("Mar  9 14:12:30 host", "2021-03-07T20:00:00Z"), "2020-03-09T14:12:30Z 15");
  EXPECT_EQ(syslog("Dec 31 23:59:59 host", "2021-01-01T00:00:01Z"), "2020-12-31T23:59:59Z 15");
  EXPECT_EQ(syslog("Jan  1 00:10:00 host", "2020-12-31T23:50:00Z"), "2021-01-01T00:10:00Z 15");
  EXPECT_EQ(syslog("Feb 29 00:00:00 host", "2023-06-01T00:00:00Z"), "2020-02-29T00:00:00Z 15");
  EXPECT_EQ(syslog("Mar  7 14:12:30 host", ""), "1970-03-07T14:12:30Z 15");
  EXPECT_EQ(syslog("Feb 29 14:12:30 host", ""), "1972-02-29T14:12:30Z 15");
  EXPECT_EQ(syslog("2019 Mar  7 14:12:30 host", "2021-03-07T20:00:00Z"), "2019-03-07T14:12:30Z 20");
  EXPECT_EQ(syslog("Mar  7 2019 14:12:30.25 host", "2021-03-07T20:00:00Z"), "2019-03-07T14:12:30.250Z 23");
  EXPECT_EQ(syslog("Feb 30 14:12:30 host", "2021-03-07T20:00:00Z"), "");
  EXPECT_EQ(syslog("March 7 14:12:30", "2021-03-07T20:00:00Z"), "");
  EXPECT_EQ(syslog("Mar", "2021-03-07T20:00:00Z"), "");
}

TEST(LogTime, SurvivesAnyModificationTime) {
  for (const std::int64_t modified : {INT64_MIN, INT64_MAX, std::int64_t{-1}, std::int64_t{1}}) {
    std::size_t used = 0;
    EXPECT_TRUE(parse_syslog_time("Mar  7 14:12:30", modified, used).has_value());
  }
}

TEST(LogTime, ReadsDateAndTimeColumns) {
  ASSERT_TRUE(parse_date_and_time("2021-03-07", "14:12:30").has_value());
  EXPECT_EQ(rfc3339(*parse_date_and_time("2021-03-07", "14:12:30.5")), "2021-03-07T14:12:30.500Z");
  EXPECT_FALSE(parse_date_and_time("2021-03-", "14:12:30").has_value());
  EXPECT_FALSE(parse_date_and_time("2021-02-29", "14:12:30").has_value());
  EXPECT_FALSE(parse_date_and_time("2021-03-07", "14:12:30x").has_value());
  EXPECT_FALSE(parse_date_and_time("", "").has_value());
}

TEST(LogTime, ReadsEpochSecondsExactly) {
  EXPECT_EQ(parse_epoch_seconds("1588205198.8997101")->ticks, 15'882'051'988'997'101);
  EXPECT_EQ(parse_epoch_seconds("1588205198.12345678901")->ticks, 15'882'051'981'234'567);
  EXPECT_FALSE(parse_epoch_seconds("-1.5").has_value());
  EXPECT_FALSE(parse_epoch_seconds(".5").has_value());
  EXPECT_FALSE(parse_epoch_seconds("999999999999").has_value());
}

TEST(LeadingTime, FindsTheTimeAtTheFrontOnly) {
  EXPECT_EQ(text(parse_leading_time("2021-03-07T14:12:30.000Z,OABGenerator,srv", 0)), "2021-03-07T14:12:30Z");
  EXPECT_EQ(text(parse_leading_time("[2021-03-07 14:12:30] x", 0)), "2021-03-07T14:12:30Z local");
  EXPECT_EQ(text(parse_leading_time("2021-03-07 14:12:30,123 INFO", 0)), "2021-03-07T14:12:30.123Z local");
  EXPECT_EQ(text(parse_leading_time("2021-03-07", 0)), "2021-03-07T00:00:00Z local");
  EXPECT_EQ(text(parse_leading_time("1615126350 x", 0)), "2021-03-07T14:12:30Z");
  EXPECT_EQ(text(parse_leading_time("123456789 bytes", 0)), "");
  EXPECT_EQ(text(parse_leading_time("192.168.105.83 - - [11/Jul/2018:08:41:28 +0300]", 0)), "");
  EXPECT_EQ(text(parse_leading_time("at 2021-03-07T14:12:30Z", 0)), "");
  EXPECT_EQ(text(parse_leading_time("", 0)), "");
}

}  // namespace
}  // namespace tocsin::ingest
