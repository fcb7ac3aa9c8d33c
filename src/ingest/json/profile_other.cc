// Any record that no profile knows: its time and host, where they stand in one of the usual places.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  record.set_time({Role::time_created, Role::timestamp_at, Role::event_time_mixed, Role::timestamp, Role::time,
                   Role::ts, Role::splunk_time, Role::ecs_event_created, Role::date});
  record.event.host = record.first_text({Role::ecs_host_name, Role::ecs_host_hostname, Role::hostname, Role::host,
                                         Role::computer, Role::hostname_mixed, Role::computer_name_mixed});
  return true;
}

}  // namespace

extern const Profile profile_other;
const Profile profile_other = {"other", "JSON of any other product", "https://www.rfc-editor.org/rfc/rfc8259", apply};

}  // namespace tocsin::ingest::json
