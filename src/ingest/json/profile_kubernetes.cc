// Kubernetes API server audit events.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::verb) ||
      !(record.text(Role::api_version).starts_with("audit.k8s.io/") || record.has(Role::audit_id))) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("kubernetes_audit");
  record.event.log_source = source;
  record.set_time({Role::request_received, Role::stage_timestamp, Role::timestamp_at});
  // Rules name parts of the pod's specification wherever the template holds them.
  record.alias("apiGroup", Role::object_api_group);
  for (const Role role : {Role::host_path, Role::host_path_template, Role::host_path_cron}) {
    record.alias_all("hostPath", role);
  }
  for (const Role role : {Role::capabilities, Role::capabilities_template, Role::capabilities_cron}) {
    record.alias_all("capabilities", role);
  }
  return true;
}

}  // namespace

extern const Profile profile_kubernetes;
const Profile profile_kubernetes = {"kubernetes", "Kubernetes audit log",
                                    "https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/", apply};

}  // namespace tocsin::ingest::json
