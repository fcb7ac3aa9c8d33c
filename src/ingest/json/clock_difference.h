// ClockDifference: notices that a log's two times for one event differ by the same whole quarter hours throughout.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "event/event.h"

namespace tocsin::ingest::json {

// A collector that took local time for UTC shifts every TimeCreated, but not the UtcTime inside Sysmon's data. The
// difference is told, never corrected (contract: event.time). Not thread-safe; one for a decoder.
class ClockDifference {
 public:
  // `utc_time`: the event's own UtcTime.
  void add(Time event_time, const event::Value& utc_time);
  // Notes the difference where nearly all events since the last call share it, and starts anew.
  void note(event::EventBatch& batch);

 private:
  std::uint64_t compared_ = 0;
  std::uint64_t shifted_ = 0;  // by quarters_
  std::int64_t quarters_ = 0;  // UtcTime minus event time, of the first event that was shifted
};

}  // namespace tocsin::ingest::json
