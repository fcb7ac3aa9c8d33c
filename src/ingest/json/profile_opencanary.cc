// OpenCanary honeypot events.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::canary_type) || !record.has(Role::canary_node)) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("opencanary");
  record.event.log_source = source;
  record.event.host = record.text(Role::canary_node);
  if (!record.set_time_utc({Role::canary_time})) {
    record.set_time({Role::canary_local_time, Role::timestamp_at});
  }
  return true;
}

}  // namespace

extern const Profile profile_opencanary;
const Profile profile_opencanary = {"opencanary", "OpenCanary",
                                    "https://opencanary.readthedocs.io/en/latest/starting/opencanary.html", apply};

}  // namespace tocsin::ingest::json
