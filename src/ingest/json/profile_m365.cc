// Microsoft 365 unified audit log, from the Management API or as Purview exports it (the record as text in
// "AuditData").
#include "base/text.h"
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

constexpr event::Value success = {"success", event::ValueKind::text};

bool apply(Record& record) {
  if (record.has(Role::audit_data)) {
    record.flattener.expand(Role::audit_data, true, record.batch);
  } else if (record.has(Role::audit_data_lower)) {
    record.flattener.expand(Role::audit_data_lower, true, record.batch);
  }
  if (!record.has(Role::workload) || !record.has(Role::operation)) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("m365_audit");
  record.event.log_source = source;
  // CreationTime has no zone and is UTC by its definition.
  record.set_time_utc({Role::creation_time, Role::timestamp_at});
  // Rules of the services exchange and threat_management use the names of the alerts API.
  record.alias("eventSource", Role::workload);
  const bool alert = record.text(Role::operation).starts_with("Alert") && record.has(Role::alert_name);
  record.alias("eventName", alert ? Role::alert_name : Role::operation);
  // Rules search in these lists as a whole, and name what stands in them.
  record.add_container("Parameters", Role::m365_parameters);
  record.add_container("OperationProperties", Role::m365_operation_properties);
  record.add_container("ModifiedProperties", Role::m365_modified_properties);
  record.add_pairs("ExtendedProperties", {.name = "Name", .value = "Value"});
  const std::string_view status = record.text(Role::result_status);
  if (status.empty() || ascii_iequals(status, "True") || ascii_iequals(status, "Succeeded") ||
      ascii_iequals(status, "Success")) {
    record.add("status", success);
  } else {
    record.alias("status", Role::result_status);
  }
  return true;
}

}  // namespace

extern const Profile profile_m365;
const Profile profile_m365 = {
    "m365", "Microsoft 365 unified audit log",
    "https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema", apply};

}  // namespace tocsin::ingest::json
