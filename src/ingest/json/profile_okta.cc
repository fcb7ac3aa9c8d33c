// Okta System Log events.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::event_type_mixed) || !record.has(Role::published) ||
      !(record.has(Role::outcome_result) || record.has(Role::display_message) || record.has(Role::legacy_event_type))) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("okta");
  record.event.log_source = source;
  record.set_time({Role::published});
  return true;
}

}  // namespace

extern const Profile profile_okta;
const Profile profile_okta = {"okta", "Okta System Log",
                              "https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/",
                              apply};

}  // namespace tocsin::ingest::json
