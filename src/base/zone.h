// Zone: a time zone by IANA name or fixed offset, from the database inside the program; turns local log times into UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tocsin {

// Immutable; copies share nothing that changes. Cost of to_utc: a binary search over the zone's transitions.
class Zone {
 public:
  Zone() = default;  // UTC

  // "UTC", "Z", "+02:00", "-0500", or a name of the IANA database such as "Europe/Berlin" (case as there, or any case).
  // Error usage with a hint for other text.
  static Result<Zone> find(std::string_view name);
  // All IANA names, sorted.
  static std::vector<std::string_view> names();

  // `local` is a civil time read as if it were UTC. Where the clock was turned back and a local time occurs twice, the
  // first is taken; where it was turned forward and the time does not exist, the offset before the change is used.
  Time to_utc(Time local) const;
  // Seconds east of UTC that are in force at this moment.
  std::int32_t offset_at(Time utc) const;

 private:
  struct Change {
    std::int64_t from;  // Unix seconds
    std::int32_t offset;
  };
  static Result<Zone> parse(std::string_view tzif, std::string_view name);

  std::int32_t first_offset_ = 0;  // before the first change
  std::vector<Change> changes_;
};

}  // namespace tocsin
