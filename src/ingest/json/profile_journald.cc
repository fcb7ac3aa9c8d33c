// The systemd journal as journalctl -o json writes it.
#include <string>

#include "base/text.h"
#include "ingest/json/json_time.h"
#include "ingest/json/profile.h"
#include "ingest/text/program_source.h"

namespace tocsin::ingest::json {
namespace {

const event::LogSource* source_of(const Record& record) {
  static const event::LogSource* const audit = event::log_source("linux_auditd");
  static const event::LogSource* const auth = event::log_source("linux_auth");
  static const event::LogSource* const other = event::log_source("linux_syslog");
  if (record.text(Role::journal_transport) == "audit") {
    return audit;
  }
  const std::string_view program = record.first_text({Role::journal_identifier, Role::journal_comm});
  if (const event::LogSource* own = program_source(program)) {
    return own;
  }
  // Facilities 4 (auth) and 10 (authpriv) of RFC 5424.
  const std::string_view facility = record.text(Role::journal_facility);
  return facility == "4" || facility == "10" ? auth : other;
}

// journalctl writes a text that is not UTF-8, or too long, as an array of byte values.
event::Value message_of(Record& record) {
  const event::Value message = record.value(Role::journal_message);
  if (message.kind != event::ValueKind::integer) {
    return message;
  }
  std::string bytes;
  const event::FieldId id = record.batch.fields[record.flattener.field(Role::journal_message)].id;
  for (std::size_t i = record.event.field_begin; i < record.batch.fields.size(); ++i) {
    const event::Field& field = record.batch.fields[i];
    if (field.id == id) {
      const auto byte = parse_uint64(field.value.text);
      bytes += static_cast<char>(byte.value_or('?') & 0xFF);
    }
  }
  return {record.batch.arena.copy(repair_utf8(bytes)), event::ValueKind::text};
}

bool apply(Record& record) {
  if (!record.has(Role::journal_time) && !(record.has(Role::journal_message) && record.has(Role::journal_host))) {
    return false;
  }
  record.event.log_source = source_of(record);
  record.event.host = record.text(Role::journal_host);
  // Microseconds since 1970.
  for (const Role role : {Role::journal_time, Role::journal_source_time}) {
    if (const auto time = parse_decimal_time(record.text(role), 10)) {
      record.event.time = *time;
      break;
    }
  }
  if (record.has(Role::journal_message)) {
    record.add("message", message_of(record));
  }
  return true;
}

}  // namespace

extern const Profile profile_journald;
const Profile profile_journald = {"journald", "systemd journal as JSON", "https://systemd.io/JOURNAL_EXPORT_FORMATS/",
                                  apply};

}  // namespace tocsin::ingest::json
