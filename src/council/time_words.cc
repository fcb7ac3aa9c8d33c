#include "council/time_words.h"

#include "base/time.h"

namespace tocsin::council {

std::string TimeWords::of(consult::Seconds moment) const {
  std::string utc = consult::seconds_text(moment);
  utc[10] = ' ';
  utc.back() = ' ';
  std::string out = utc + "UTC";
  if (zone_name.empty()) {
    return out;
  }
  std::string local = consult::seconds_text(moment + zone.offset_at(Time::from_seconds(moment)));
  local[10] = ' ';
  local.pop_back();
  return out + " (" + (local.substr(0, 10) == utc.substr(0, 10) ? local.substr(11) : local) + " " + zone_name + ")";
}

}  // namespace tocsin::council
