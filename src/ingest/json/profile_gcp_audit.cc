// Google Cloud audit logs as Cloud Logging exports them; Workspace logs that are routed there too.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  const bool cloud = record.has(Role::gcp_service) && record.has(Role::gcp_method);
  if (!cloud && !record.has(Role::gcp_elastic_method) && !record.has(Role::gcp_wrapped_method)) {
    return false;
  }
  static const event::LogSource* const audit = event::log_source("gcp_audit");
  static const event::LogSource* const workspace = event::log_source("gcp_google_workspace");
  const std::string_view service = record.text(Role::gcp_service);
  const bool is_workspace = service == "admin.googleapis.com" || service == "login.googleapis.com";
  record.event.log_source = is_workspace ? workspace : audit;
  record.set_time({Role::timestamp, Role::timestamp_at, Role::receive_timestamp});
  if (is_workspace) {
    record.alias("eventService", Role::gcp_service);
    record.alias("eventName", Role::gcp_event_name);
    return true;
  }
  if (cloud) {
    // The names under which other collectors keep these members, which rules use.
    record.alias("gcp.audit.method_name", Role::gcp_method);
    record.alias("data.protoPayload.methodName", Role::gcp_method);
    record.alias("data.protoPayload.serviceName", Role::gcp_service);
    record.alias_all("data.protoPayload.authorizationInfo.permission", Role::gcp_permission);
    record.alias_all("data.protoPayload.authorizationInfo.granted", Role::gcp_granted);
    record.alias("data.protoPayload.resource.type", Role::gcp_resource_type);
    // "projects/P/logs/cloudaudit.googleapis.com%2Factivity": rules name the last part.
    const event::Value name = record.value(Role::gcp_log_name);
    const std::size_t slash = name.text.find("/logs/");
    record.alias("data.protoPayload.logName", Role::gcp_log_name);
    if (slash != std::string_view::npos) {
      record.add("data.protoPayload.logName", {name.text.substr(slash + 6), event::ValueKind::text});
    }
  }
  return true;
}

}  // namespace

extern const Profile profile_gcp_audit;
const Profile profile_gcp_audit = {
    "gcp_audit", "Google Cloud audit logs",
    "https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog", apply};

}  // namespace tocsin::ingest::json
