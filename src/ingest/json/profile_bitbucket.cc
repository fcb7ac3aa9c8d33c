// Bitbucket audit log.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::bitbucket_category) || !record.has(Role::bitbucket_action)) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("bitbucket_audit");
  record.event.log_source = source;
  record.set_time({Role::timestamp, Role::bitbucket_timestamp, Role::timestamp_at});
  return true;
}

}  // namespace

extern const Profile profile_bitbucket;
const Profile profile_bitbucket = {
    "bitbucket", "Bitbucket audit log",
    "https://confluence.atlassian.com/bitbucketserver/audit-log-events-in-bitbucket-776640423.html", apply};

}  // namespace tocsin::ingest::json
