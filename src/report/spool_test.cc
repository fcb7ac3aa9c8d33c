#include "report/spool.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "report/report_json.h"
#include "report/sample_test.h"

namespace tocsin::report {
namespace {

// Gives a few bytes at a time, as a pipe might.
class SlowSource final : public ByteSource {
 public:
  SlowSource(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({into.size(), step_, bytes_.size()});
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t step_;
};

std::string as_json(const Report& report, const Detection& detection) {
  std::string out;
  append_detection_json(report, detection, out);
  return out;
}

TEST(Spool, GivesBackEveryDetectionTwice) {
  test::Sample sample;
  test::fill_sample(sample);
  std::string bytes;
  for (int repeat = 0; repeat < 100; ++repeat) {
    for (const Detection& detection : sample.detections) {
      append_spool_record(detection, bytes);
    }
  }
  for (const std::size_t step : {std::size_t{1} << 20, std::size_t{777}}) {
    SpoolReader reader(
        [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<SlowSource>(bytes, step); });
    for (int pass = 0; pass < 2; ++pass) {
      ASSERT_TRUE(reader.rewind().has_value());
      Detection detection;
      std::size_t count = 0;
      while (true) {
        const auto more = reader.next(detection);
        ASSERT_TRUE(more.has_value());
        if (!*more) {
          break;
        }
        const Detection& expected = sample.detections[count % sample.detections.size()];
        ASSERT_EQ(as_json(sample.report, detection), as_json(sample.report, expected));
        ASSERT_EQ(detection.event.recovered, expected.event.recovered);
        ASSERT_EQ(detection.event.time, expected.event.time);
        ++count;
      }
      EXPECT_EQ(count, 300U);
    }
  }
}

TEST(Spool, KeepsBytesThatAreNoText) {
  Detection in;
  in.event.source = std::string("\0\xFF\n", 3);
  in.event.record = ~std::uint64_t{0};
  in.event.time.ticks = -1;
  std::string bytes;
  append_spool_record(in, bytes);
  SpoolReader reader([&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<MemorySource>(bytes); });
  Detection out;
  ASSERT_TRUE(*reader.next(out));
  EXPECT_EQ(out.event.source, in.event.source);
  EXPECT_EQ(out.event.record, in.event.record);
  EXPECT_EQ(out.event.time.ticks, -1);
  EXPECT_FALSE(*reader.next(out));
}

TEST(Spool, ReportsATruncatedFile) {
  test::Sample sample;
  test::fill_sample(sample);
  std::string whole;
  append_spool_record(sample.detections[0], whole);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string bytes = whole.substr(0, size);
    SpoolReader reader([&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<MemorySource>(bytes); });
    Detection detection;
    const auto more = reader.next(detection);
    ASSERT_FALSE(more.has_value()) << size;
    EXPECT_EQ(more.error().code, ErrorCode::damaged);
  }
}

TEST(Spool, SurvivesAnyBytes) {
  EXPECT_TRUE(rc::check("arbitrary bodies end in a detection or an error", [](const std::string& body) {
    Detection detection;
    const auto result = parse_spool_record(body, detection);
    if (result.has_value()) {
      std::string again;
      append_spool_record(detection, again);
      RC_ASSERT(!again.empty());
    } else {
      RC_ASSERT(result.error().code == ErrorCode::damaged);
    }
  }));
}

}  // namespace
}  // namespace tocsin::report
