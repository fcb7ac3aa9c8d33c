// Cisco Duo authentication log.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::eve_type) || !record.has(Role::duo_txid) || !record.has(Role::duo_factor)) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("cisco_duo");
  record.event.log_source = source;
  record.set_time({Role::duo_time, Role::timestamp});
  return true;
}

}  // namespace

extern const Profile profile_duo;
const Profile profile_duo = {"duo", "Duo authentication log", "https://duo.com/docs/adminapi#authentication-logs",
                             apply};

}  // namespace tocsin::ingest::json
