// macOS: events of Endpoint Security as eslogger writes them, and the unified log (log show --style ndjson).
#include <string>

#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

const event::LogSource* process_source() {
  static const event::LogSource* const source = event::log_source("macos_process_creation");
  return source;
}

const event::LogSource* file_source() {
  static const event::LogSource* const source = event::log_source("macos_file_event");
  return source;
}

// A file that does not exist yet is given as its folder and its name.
bool add_target(Record& record, Role file, Role folder, Role name) {
  if (record.has(file)) {
    record.alias("TargetFilename", file);
    return true;
  }
  if (!record.has(name)) {
    return false;
  }
  std::string path(record.text(folder));
  if (!path.ends_with('/')) {
    path += '/';
  }
  path += record.text(name);
  record.add("TargetFilename", {record.batch.arena.copy(path), event::ValueKind::text});
  return true;
}

void apply_endpoint_security(Record& record) {
  static const event::LogSource* const other = event::log_source("macos");
  record.event.log_source = other;
  if (record.has(Role::es_exec)) {
    // The process that calls exec is still what it was before: a copy of its parent.
    record.event.log_source = process_source();
    record.alias("Image", Role::es_exec);
    record.alias("ParentImage", Role::es_process);
    record.add("CommandLine", {record.joined(Role::es_arguments), event::ValueKind::text});
    record.alias("CurrentDirectory", Role::es_directory);
    return;
  }
  record.alias("Image", Role::es_process);
  bool file = add_target(record, Role::es_create_file, Role::es_create_folder, Role::es_create_name) ||
              add_target(record, Role::es_rename_file, Role::es_rename_folder, Role::es_rename_name);
  if (!file && record.has(Role::es_write)) {
    record.alias("TargetFilename", Role::es_write);
    file = true;
  }
  if (!file && record.has(Role::es_close) && record.text(Role::es_close_modified) == "true") {
    record.alias("TargetFilename", Role::es_close);
    file = true;
  }
  if (file) {
    record.event.log_source = file_source();
  }
}

bool apply(Record& record) {
  const bool endpoint = record.has(Role::es_process) && (record.has(Role::es_sequence) || record.has(Role::es_schema));
  const bool unified = record.has(Role::macos_message) && record.has(Role::macos_image);
  if (!endpoint && !unified) {
    return false;
  }
  if (endpoint) {
    apply_endpoint_security(record);
    record.set_time({Role::time});
  } else {
    static const event::LogSource* const other = event::log_source("macos");
    record.event.log_source = other;
    record.alias("Image", Role::macos_image);
    record.set_time({Role::timestamp});
  }
  record.event.host = record.first_text({Role::hostname, Role::host});
  return true;
}

}  // namespace

extern const Profile profile_macos;
const Profile profile_macos = {"macos", "macOS eslogger and unified log",
                               "https://developer.apple.com/documentation/endpointsecurity", apply};

}  // namespace tocsin::ingest::json
