// Azure and Entra ID logs in their three exports: diagnostic settings ({"category":…,"properties":{…}}), Log Analytics
// (flat, upper-case names) and Microsoft Graph (flat, lower-case names).
#include <initializer_list>
#include <string>

#include "base/text.h"
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

enum class Log : std::uint8_t { none, activity, audit, signin, risk, pim };

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (ascii_iequals(text, name)) {
      return true;
    }
  }
  return false;
}

Log risk_or_pim(std::string_view risk) {
  return ascii_iends_with(risk, "AlertIncident") || ascii_iends_with(risk, "AlertConfiguration") ? Log::pim : Log::risk;
}

Log log_of(const Record& record) {
  const bool located = record.has(Role::resource_id) || record.has(Role::resource_id_mixed) ||
                       record.has(Role::tenant_id) || record.has(Role::operation_name) ||
                       record.has(Role::operation_name_mixed) || record.has(Role::azure_time_generated);
  const std::string_view risk =
      record.first_text({Role::risk_event_type, Role::risk_event_type_mixed, Role::risk_event_type_nested});
  if (!risk.empty() && (record.has(Role::detected_date_time) || record.has(Role::created_date_time) || located)) {
    return risk_or_pim(risk);
  }
  const std::string_view category = record.text(Role::category);
  const std::string_view table = record.first_text({Role::type_mixed, Role::type});
  if (is_any_of(category, {"AuditLogs"}) || is_any_of(table, {"AuditLogs"}) ||
      (record.has(Role::activity_display_name) && record.has(Role::logged_by_service))) {
    return Log::audit;
  }
  if (is_any_of(category, {"SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs",
                           "ManagedIdentitySignInLogs", "ADFSSignInLogs"}) ||
      is_any_of(table, {"SigninLogs", "AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs",
                        "AADManagedIdentitySignInLogs", "ADFSSignInLogs"}) ||
      (record.has(Role::app_display_name) && record.has(Role::created_date_time) &&
       (record.has(Role::status_error_code) || record.has(Role::conditional_access_status)))) {
    return Log::signin;
  }
  if (is_any_of(table, {"AzureActivity"}) || record.has(Role::resource_provider_value) ||
      (record.has(Role::azure_category_value_mixed) && record.has(Role::operation_name_mixed))) {
    return Log::activity;
  }
  if (located && record.has(Role::operation_name) &&
      (record.has(Role::time) || record.has(Role::azure_event_timestamp)) &&
      is_any_of(category, {"Administrative", "Security", "ServiceHealth", "Alert", "Recommendation", "Policy",
                           "Autoscale", "ResourceHealth", "Write", "Delete", "Action"})) {
    return Log::activity;
  }
  return Log::none;
}

const event::LogSource* source_of(Log log) {
  static const event::LogSource* const activity = event::log_source("azure_activitylogs");
  static const event::LogSource* const audit = event::log_source("azure_auditlogs");
  static const event::LogSource* const signin = event::log_source("azure_signinlogs");
  static const event::LogSource* const risk = event::log_source("azure_riskdetection");
  static const event::LogSource* const pim = event::log_source("azure_pim");
  switch (log) {
    case Log::none:
      return nullptr;
    case Log::activity:
      return activity;
    case Log::audit:
      return audit;
    case Log::signin:
      return signin;
    case Log::risk:
      return risk;
    case Log::pim:
      return pim;
  }
  return nullptr;
}

void alias_if_absent(Record& record, std::string_view name, std::initializer_list<Role> own, Role from) {
  for (const Role role : own) {
    if (record.has(role)) {
      return;
    }
  }
  record.alias(name, from);
}

// The portal shows a status, a protocol and a client that the exports keep as codes; rules use what the portal shows.
void add_signin_names(Record& record) {
  record.flattener.expand(Role::signin_status, false, record.batch);
  record.flattener.expand(Role::device_detail_mixed, false, record.batch);
  const std::string_view code =
      record.first_text({Role::status_error_code, Role::result_type, Role::result_type_mixed});
  if (!code.empty()) {
    record.add("Status", {code == "0" ? "Success" : "Failure", event::ValueKind::text});
  }
  for (const Role role : {Role::signin_details, Role::signin_details_mixed, Role::signin_details_nested}) {
    record.alias("Status", role);
  }
  const std::string_view protocol =
      record.first_text({Role::signin_protocol, Role::signin_protocol_mixed, Role::signin_protocol_nested});
  if (ascii_iequals(protocol, "deviceCode")) {
    record.add("properties.message", {"Device Code", event::ValueKind::text});
  } else if (ascii_iequals(protocol, "ropc")) {
    record.add("properties.message", {"ROPC", event::ValueKind::text});
  }
  for (const Role role : {Role::client_app_used, Role::client_app_used_mixed, Role::client_app_used_nested}) {
    record.alias("ClientApp", role);
  }
}

bool apply(Record& record) {
  const Log log = log_of(record);
  if (log == Log::none) {
    return false;
  }
  record.event.log_source = source_of(log);
  record.set_time({Role::time, Role::azure_event_timestamp, Role::azure_time_generated,
                   Role::azure_time_generated_export, Role::activity_date_time, Role::created_date_time,
                   Role::created_date_time_mixed, Role::detected_date_time, Role::timestamp_at});
  record.lift("properties.");  // where diagnostic settings put the log's own columns
  if (log == Log::activity) {
    record.alias("operationName", Role::operation_name_value);
    record.alias("OperationNameValue",
                 record.has(Role::operation_name_value) ? Role::operation_name_value : Role::operation_name);
    alias_if_absent(record, "CategoryValue", {Role::azure_category_value_mixed},
                    record.has(Role::category_value) ? Role::category_value : Role::category);
    record.alias("ResourceProviderValue", Role::resource_provider_value);
    if (!record.has(Role::resource_provider_value) && !record.has(Role::azure_category_value_mixed)) {
      // "Microsoft.Network/applicationGateways/write" is an operation of the provider Microsoft.Network.
      const std::string_view operation = record.text(Role::operation_name);
      if (const std::size_t slash = operation.find('/'); slash != std::string_view::npos) {
        record.add("ResourceProviderValue", {operation.substr(0, slash), event::ValueKind::text});
      }
    }
    alias_if_absent(record, "properties.message", {Role::properties_message},
                    record.has(Role::operation_name_value) ? Role::operation_name_value : Role::operation_name);
  } else if (log == Log::audit) {
    // What Graph calls the activity, the other exports call the operation, and rules the message.
    alias_if_absent(record, "OperationName", {Role::operation_name, Role::operation_name_mixed},
                    Role::activity_display_name);
    alias_if_absent(record, "properties.message", {Role::properties_message},
                    record.has(Role::activity_display_name)          ? Role::activity_display_name
                    : record.has(Role::activity_display_name_nested) ? Role::activity_display_name_nested
                    : record.has(Role::operation_name)               ? Role::operation_name
                                                                     : Role::operation_name_mixed);
    record.alias("ActivityType", Role::activity_display_name);
    record.alias("ActivityType", Role::activity_display_name_nested);
    record.alias("ActivityType", Role::activity_display_name_mixed);
    for (const Role role : {Role::activity_result, Role::activity_result_nested, Role::activity_result_mixed}) {
      record.alias("Status", role);
      record.alias("properties.result", role);
    }
    record.flattener.expand(Role::target_resources_mixed, false, record.batch);
    // Rules search in these lists as a whole.
    for (const Role role : {Role::target_resources, Role::target_resources_mixed, Role::target_resources_nested}) {
      record.add_container("TargetResources", role);
      record.add_container("properties.targetResources", role);
    }
    for (const Role role :
         {Role::modified_properties, Role::modified_properties_mixed, Role::modified_properties_nested}) {
      record.add_container("TargetResources.modifiedProperties", role);
    }
    // {"displayName":"ConsentContext.IsAdminConsent","newValue":"\"False\""} is what rules call by that name.
    for (const std::string_view targets : {"targetResources", "TargetResources", "properties.targetResources"}) {
      record.add_pairs(std::string(targets) + ".modifiedProperties", {.name = "displayName", .value = "newValue"});
    }
    for (const std::string_view details : {"additionalDetails", "AdditionalDetails", "properties.additionalDetails"}) {
      record.add_pairs(details, {.name = "key", .value = "value"}, "additionalDetails.");
    }
  } else if (log == Log::signin) {
    alias_if_absent(record, "ResultType", {Role::result_type, Role::result_type_mixed}, Role::status_error_code);
    record.alias("ResultDescription", Role::status_failure_reason);
    add_signin_names(record);
  }
  return true;
}

}  // namespace

extern const Profile profile_azure;
const Profile profile_azure = {"azure", "Azure activity, sign-in, audit, risk detection and PIM logs",
                               "https://learn.microsoft.com/azure/azure-monitor/reference/tables-index", apply};

}  // namespace tocsin::ingest::json
