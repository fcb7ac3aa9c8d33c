// Laurel: the records of one Linux audit event as one JSON object.
#include <string>

#include "ingest/json/json_time.h"
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

// The names that a record of the audit system has: those of its text, without the record's type before them. a0, a1 …
// of SYSCALL are numbers that no rule needs once EXECVE gives the arguments.
void add_audit_names(Record& record) {
  const event::FieldTable& table = record.flattener.names().table();
  const std::size_t end = record.batch.fields.size();
  std::string_view type;
  std::string argument;
  std::size_t arguments = 0;
  for (std::size_t i = record.event.field_begin; i < end; ++i) {
    const event::Field field = record.batch.fields[i];
    const std::string_view name = table.name(field.id);
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos || dot == 0 || name.front() < 'A' || name.front() > 'Z') {
      continue;
    }
    const std::string_view front = name.substr(0, dot);
    const std::string_view rest = name.substr(dot + 1);
    if (front != type) {
      type = front;
      record.add("type", {type, event::ValueKind::text});
    }
    if (type == "EXECVE" && rest == "ARGV") {
      argument = 'a';
      argument += std::to_string(arguments++);
      record.add(argument, field.value);
    } else if (rest.find('.') == std::string_view::npos) {
      record.add(rest, field.value);
    }
  }
}

bool apply(Record& record) {
  const std::string_view id = record.text(Role::laurel_id);
  const std::size_t colon = id.find(':');
  if (colon == std::string_view::npos ||
      !(record.has(Role::laurel_exe) || record.has(Role::laurel_call) || record.has(Role::laurel_arguments) ||
        id.find_first_not_of("0123456789.:") == std::string_view::npos)) {
    return false;
  }
  const auto time = parse_decimal_time(id.substr(0, colon), Time::ticks_per_second);
  if (!time) {
    return false;
  }
  static const event::LogSource* const audit = event::log_source("linux_auditd");
  static const event::LogSource* const process = event::log_source("linux_audit_process");
  const bool executed = record.has(Role::laurel_arguments);
  record.event.log_source = executed ? process : audit;
  record.event.time = *time;
  record.event.host = record.first_text({Role::laurel_node, Role::host, Role::hostname});
  add_audit_names(record);
  if (executed) {
    record.add("CommandLine", {record.joined(Role::laurel_arguments), event::ValueKind::text});
    record.alias("Image", Role::laurel_exe);
    record.alias("ParentImage", Role::laurel_parent);
    record.alias("CurrentDirectory", Role::laurel_directory);
    record.alias("User", Role::laurel_user);
  }
  return true;
}

}  // namespace

extern const Profile profile_laurel;
const Profile profile_laurel = {"laurel", "Laurel (Linux audit events)", "https://github.com/threathunters-io/laurel",
                                apply};

}  // namespace tocsin::ingest::json
