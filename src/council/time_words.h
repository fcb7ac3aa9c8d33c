// Time words: moments as people read them: in UTC, and beside it in the reader's zone with the zone's name.
#pragma once

#include <string>

#include "base/zone.h"
#include "consult/hash.h"

namespace tocsin::council {

struct TimeWords {
  Zone zone;
  std::string zone_name;  // empty: UTC alone

  // "2021-07-18 10:00:00 UTC (12:00:00 Europe/Oslo)", with the local date where it is another day.
  std::string of(consult::Seconds moment) const;
};

// A length of time as people say it, exactly: "24 hours", "3 days", "90 minutes".
std::string span_words(consult::Seconds seconds);
// About how much is left: "5 hours", "12 minutes"; never more than there is.
std::string left_words(consult::Seconds seconds);

}  // namespace tocsin::council
