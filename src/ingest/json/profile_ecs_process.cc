// Processes in the Elastic Common Schema: Auditbeat, Elastic Defend and others. Windows events of Winlogbeat are taken
// before.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

const event::LogSource* source_of_system(std::string_view system, bool audit) {
  static const event::LogSource* const windows = event::log_source("windows_process_creation");
  static const event::LogSource* const macos = event::log_source("macos_process_creation");
  static const event::LogSource* const linux_audit = event::log_source("linux_audit_process");
  static const event::LogSource* const linux_process = event::log_source("linux_process_creation");
  if (ascii_iequals(system, "windows")) {
    return windows;
  }
  if (ascii_iequals(system, "macos") || ascii_iequals(system, "darwin")) {
    return macos;
  }
  return audit ? linux_audit : linux_process;
}

// "process" events that begin one: ECS says so by the type, Auditbeat by the action.
bool begins_process(const Record& record) {
  if (!record.has(Role::ecs_executable)) {
    return false;
  }
  const std::string_view action = record.text(Role::ecs_action);
  return action == "executed" || action == "process_started" || action == "exec" ||
         (record.has_value(Role::ecs_type, "start") &&
          (record.has_value(Role::ecs_category, "process") || !record.has(Role::ecs_category)));
}

void add_audit_names(Record& record) {
  // Auditbeat writes the names of record types in lower case, the audit system in upper case.
  std::string type(record.text(Role::auditbeat_type));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
  record.add("type", {record.batch.arena.copy(type), event::ValueKind::text});
  record.alias("SYSCALL", Role::auditbeat_call);
  record.alias("exe", Role::ecs_executable);
  record.alias("comm", Role::ecs_process_name);
  record.alias_all("name", Role::auditbeat_path);
  record.lift("auditd.data.");
}

bool apply(Record& record) {
  const bool audit = record.has(Role::auditbeat_type);
  const bool begins = begins_process(record);
  if ((!audit && !begins) || !record.has(Role::timestamp_at)) {
    return false;
  }
  record.event.host = record.first_text({Role::ecs_host_name, Role::ecs_host_hostname});
  record.set_time({Role::timestamp_at});
  if (audit) {
    static const event::LogSource* const source = event::log_source("linux_auditd");
    record.event.log_source = source;
    add_audit_names(record);
  }
  if (!begins) {
    return true;
  }
  record.event.log_source =
      source_of_system(record.first_text({Role::ecs_os_type, Role::ecs_os_family, Role::ecs_os_platform}), audit);
  record.alias("Image", Role::ecs_executable);
  if (record.has(Role::ecs_command_line)) {
    record.alias("CommandLine", Role::ecs_command_line);
  } else if (record.has(Role::ecs_arguments)) {
    record.add("CommandLine", {record.joined(Role::ecs_arguments), event::ValueKind::text});
  } else {
    record.alias("CommandLine", Role::ecs_title);
  }
  record.alias("ParentImage", Role::ecs_parent);
  if (record.has(Role::ecs_parent_command_line)) {
    record.alias("ParentCommandLine", Role::ecs_parent_command_line);
  } else if (record.has(Role::ecs_parent_arguments)) {
    record.add("ParentCommandLine", {record.joined(Role::ecs_parent_arguments), event::ValueKind::text});
  }
  record.alias("CurrentDirectory", Role::ecs_directory);
  record.alias("User", Role::ecs_user);
  return true;
}

}  // namespace

extern const Profile profile_ecs_process;
const Profile profile_ecs_process = {"ecs_process", "Elastic Common Schema: Auditbeat, Elastic Defend",
                                     "https://www.elastic.co/guide/en/ecs/current/ecs-process.html", apply};

}  // namespace tocsin::ingest::json
