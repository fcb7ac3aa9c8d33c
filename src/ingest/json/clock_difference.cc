#include "ingest/json/clock_difference.h"

#include <cstdlib>

#include <fmt/format.h>

namespace tocsin::ingest::json {
namespace {

constexpr std::int64_t minute = 60 * Time::ticks_per_second;
constexpr std::int64_t quarter = 15 * minute;
// Between an event and its being written; more is no steady difference.
constexpr std::int64_t tolerance = minute;
// Of a hundred events.
constexpr std::uint64_t nearly_all = 90;

}  // namespace

void ClockDifference::add(Time event_time, const event::Value& utc_time) {
  const auto parsed = parse_iso8601(utc_time.text);
  if (!parsed || !event_time.known()) {
    return;
  }
  ++compared_;
  const std::int64_t difference = parsed->time.ticks - event_time.ticks;
  const std::int64_t quarters = (difference + (difference < 0 ? -quarter / 2 : quarter / 2)) / quarter;
  if (quarters == 0 || std::abs(difference - quarters * quarter) > tolerance) {
    return;
  }
  if (shifted_ == 0) {
    quarters_ = quarters;
  }
  shifted_ += quarters == quarters_ ? 1 : 0;
}

void ClockDifference::note(event::EventBatch& batch) {
  if (shifted_ != 0 && shifted_ * 100 >= compared_ * nearly_all) {
    const std::int64_t minutes = std::abs(quarters_) * 15;
    batch.notes.push_back({fmt::format("the event's own UtcTime is {}:{:02} hours {} its time; nothing was corrected",
                                       minutes / 60, minutes % 60, quarters_ > 0 ? "ahead of" : "behind"),
                           shifted_});
  }
  *this = {};
}

}  // namespace tocsin::ingest::json
