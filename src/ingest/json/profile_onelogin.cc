// OneLogin events.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::event_type_id) || !record.has(Role::account_id)) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("onelogin");
  record.event.log_source = source;
  record.set_time({Role::created_at, Role::event_timestamp, Role::timestamp_at});
  return true;
}

}  // namespace

extern const Profile profile_onelogin;
const Profile profile_onelogin = {"onelogin", "OneLogin events",
                                  "https://developers.onelogin.com/api-docs/2/events/event-resource", apply};

}  // namespace tocsin::ingest::json
