// GitHub audit log, exported or streamed.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::github_action) || !record.has(Role::github_actor) ||
      !(record.has(Role::github_document) || record.has(Role::github_org) || record.has(Role::github_business)) ||
      record.text(Role::github_action).find('.') == std::string_view::npos) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("github_audit");
  record.event.log_source = source;
  record.set_time({Role::timestamp_at, Role::created_at});
  return true;
}

}  // namespace

extern const Profile profile_github;
const Profile profile_github = {
    "github", "GitHub audit log",
    "https://docs.github.com/en/organizations/keeping-your-organization-secure/"
    "managing-security-settings-for-your-organization/audit-log-events-for-your-organization",
    apply};

}  // namespace tocsin::ingest::json
