// Google Workspace activities of the Reports API.
#include "base/text.h"
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

// {"name":"SETTING_NAME","value":"x"} pairs become fields of their own, as the audit exports have them.
void add_parameters(Record& record) {
  if (!record.has(Role::workspace_parameter_name) || !record.has(Role::workspace_parameter_value)) {
    return;
  }
  const std::size_t end = record.batch.fields.size();
  const event::FieldId name_id = record.batch.fields[record.flattener.field(Role::workspace_parameter_name)].id;
  const event::FieldId value_id = record.batch.fields[record.flattener.field(Role::workspace_parameter_value)].id;
  for (std::size_t i = record.event.field_begin; i + 1 < end; ++i) {
    const event::Field name = record.batch.fields[i];
    const event::Field value = record.batch.fields[i + 1];
    if (name.id == name_id && value.id == value_id && !name.value.text.empty()) {
      record.add(ascii_lower(name.value.text), value.value);
    }
  }
}

bool apply(Record& record) {
  if (!record.has(Role::workspace_application) || !record.has(Role::workspace_time) ||
      !record.has(Role::workspace_events)) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("gcp_google_workspace");
  record.event.log_source = source;
  record.set_time({Role::workspace_time});
  const std::string_view application = record.text(Role::workspace_application);
  if (application == "admin") {
    record.add("eventService", {"admin.googleapis.com", event::ValueKind::text});
  } else if (application == "login") {
    record.add("eventService", {"login.googleapis.com", event::ValueKind::text});
    // Rules for logins are written for the copy that Cloud Logging keeps.
    record.add("protoPayload.serviceName", {"login.googleapis.com", event::ValueKind::text});
    record.alias_all("protoPayload.metadata.event.eventName", Role::workspace_events);
  }
  record.alias_all("eventName", Role::workspace_events);
  add_parameters(record);
  return true;
}

}  // namespace

extern const Profile profile_google_workspace;
const Profile profile_google_workspace = {
    "google_workspace", "Google Workspace activity reports",
    "https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities", apply};

}  // namespace tocsin::ingest::json
