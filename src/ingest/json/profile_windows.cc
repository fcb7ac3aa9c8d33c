// Windows events in every JSON shape in which they are exported: evtx_dump, winlogbeat, NXLog and Splunk, the
// Security-Datasets, Velociraptor, PowerShell's Get-WinEvent | ConvertTo-Json, flat with Sigma's names.
#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "ingest/json/profile.h"
#include "ingest/json/windows_channels.h"
#include "ingest/json/windows_names_of_data.h"
#include "ingest/windows_event.h"

namespace tocsin::ingest::json {
namespace {

// Where the identity of an event stands: under Sigma's own name, else in the first of the other places.
constexpr std::array provider_roles = {Role::provider_name,      Role::winlog_provider,     Role::source_name,
                                       Role::event_source_name,  Role::provider_name_plain, Role::source_name_lower,
                                       Role::ecs_event_provider, Role::provider_plain};
constexpr std::array event_id_roles = {Role::event_id,       Role::winlog_event_id, Role::event_code,
                                       Role::ecs_event_code, Role::event_id_mixed,  Role::event_id_lower};
constexpr std::array computer_roles = {
    Role::computer,     Role::winlog_computer,     Role::hostname_mixed, Role::computer_name_mixed,
    Role::machine_name, Role::computer_name_lower, Role::ecs_host_name,  Role::ecs_host_hostname};

// The first of these roles with a value; one that stands elsewhere is given Sigma's name too.
std::string_view identify(Record& record, std::string_view name, std::span<const Role> roles) {
  for (const Role role : roles) {
    if (record.has(role) && !record.text(role).empty()) {
      if (role != roles.front() && !record.has(roles.front())) {
        record.alias(name, role);
      }
      return record.text(role);
    }
  }
  return {};
}

// The names of the Elastic Common Schema are not Windows' own: every product has them.
bool has_any(const Record& record, std::span<const Role> roles) {
  return std::any_of(roles.begin(), roles.end(), [&](Role role) {
    return role != Role::ecs_event_code && role != Role::ecs_event_provider && record.has(role);
  });
}

std::uint32_t event_id_of(std::string_view text) {
  const auto number = parse_uint64(trim(text));
  return number && *number < event::no_event_id ? static_cast<std::uint32_t>(*number) : event::no_event_id;
}

// Splunk names its input: "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational", "WinEventLog:Security".
std::string_view splunk_channel(std::string_view source) {
  constexpr std::string_view mark = "WinEventLog:";
  const std::size_t at = source.find(mark);
  return at == 0 || (at == 3 && source.starts_with("Xml")) ? source.substr(at + mark.size()) : std::string_view{};
}

bool is_powershell(const Record& record) {
  return record.has(Role::id_mixed) && record.has(Role::provider_name_plain) && record.has(Role::log_name_mixed) &&
         !record.has(Role::event_id);
}

Shape shape_of(const Record& record) {
  if (record.flattener.shape() != Shape::none) {
    return record.flattener.shape();
  }
  if (record.has(Role::winlog_channel) || record.has(Role::winlog_provider) || record.has(Role::winlog_event_id)) {
    return Shape::winlogbeat;
  }
  return record.has(Role::log_name) && record.has(Role::event_id_lower) ? Shape::winlogbeat_6 : Shape::none;
}

bool is_windows(const Record& record, Shape shape, bool powershell) {
  if (shape != Shape::none || powershell) {
    return true;
  }
  const bool number = has_any(record, event_id_roles);
  const bool provider = has_any(record, provider_roles);
  const bool channel = record.has(Role::channel) || record.has(Role::log_name_mixed) || record.has(Role::log_name) ||
                       !splunk_channel(record.text(Role::splunk_source)).empty();
  return (number && (provider || channel || record.has(Role::sysmon_time) || record.has(Role::subject_sid))) ||
         (channel && provider);
}

// Winlogbeat calls unnamed data param1, param2…; Sigma's name for them is Data.
void add_unnamed_data(Record& record) {
  constexpr std::string_view prefix = "winlog.event_data.param";
  const event::FieldTable& table = record.flattener.names().table();
  const std::size_t end = record.batch.fields.size();
  for (std::size_t i = record.event.field_begin; i < end; ++i) {
    const event::Field field = record.batch.fields[i];
    const std::string_view name = table.name(field.id);
    if (name.starts_with(prefix) && parse_uint64(name.substr(prefix.size()))) {
      record.add("Data", field.value);
    }
  }
}

// Flat records may have lost both provider and channel; the fields of Sysmon and of the Security log still tell.
std::string_view provider_of_fields(const Record& record, std::uint32_t event_id) {
  if (record.has(Role::sysmon_time) && event_id <= 29 && event_id != 0) {
    return "Microsoft-Windows-Sysmon";
  }
  return record.has(Role::subject_sid) && event_id >= 4600 && event_id < 5500 ? "Microsoft-Windows-Security-Auditing"
                                                                              : "";
}

std::string_view as_hex(Record& record, std::int64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  char* const out = record.batch.arena.allocate(18);
  auto rest = static_cast<std::uint64_t>(number);
  std::size_t at = 18;
  do {
    out[--at] = digits[rest & 15];
    rest >>= 4;
  } while (rest != 0);
  out[--at] = 'x';
  out[--at] = '0';
  return {out + at, 18 - at};
}

bool apply(Record& record) {
  const bool powershell = is_powershell(record);
  Shape shape = shape_of(record);
  if (!is_windows(record, shape, powershell)) {
    return false;
  }
  // The identity is flat, the event's data is not: tables that keep only EventData whole, as Velociraptor's hunts do.
  if (shape == Shape::none && record.flattener.has_data_of(Shape::velociraptor)) {
    shape = Shape::velociraptor;
  }
  const bool winlogbeat = shape == Shape::winlogbeat || shape == Shape::winlogbeat_6;
  if (shape != Shape::none && !record.options.raw) {
    record.flattener.set_shape(shape);
    record.flattener.apply_windows_names(record.batch, winlogbeat);
  }
  event::Event& event = record.event;
  event.provider = identify(record, "Provider_Name", provider_roles);
  event.event_id = event_id_of(powershell ? record.text(Role::id_mixed) : identify(record, "EventID", event_id_roles));
  event.host = identify(record, "Computer", computer_roles);
  event.channel = record.first_text({Role::channel, Role::winlog_channel, Role::log_name_mixed, Role::log_name});
  if (event.channel.empty()) {
    event.channel = splunk_channel(record.text(Role::splunk_source));
  }
  if (event.provider.empty() && event.channel.empty()) {
    event.provider = provider_of_fields(record, event.event_id);
    if (!event.provider.empty()) {
      record.add("Provider_Name", {event.provider, event::ValueKind::text});
    }
  }
  if (event.channel.empty()) {
    event.channel = channel_of_provider(event.provider, event.event_id);
  }
  if (!record.has(Role::channel) && !event.channel.empty()) {
    record.add("Channel", {event.channel, event::ValueKind::text});
  }
  if (event.provider == "Linux-Sysmon") {
    event.log_source = linux_sysmon_source(event.event_id);
  }
  if (powershell) {
    record.alias("EventID", Role::id_mixed);
    record.alias("EventRecordID", Role::record_id_mixed);
    record.alias("Execution_ProcessID", Role::process_id_mixed);
    record.alias("Execution_ThreadID", Role::thread_id_mixed);
    if (event.provider == "Microsoft-Windows-Sysmon") {
      add_sysmon_message(record, record.text(Role::message_mixed));
    }
    add_properties(record);
  } else if (winlogbeat) {
    record.alias("EventRecordID", Role::winlog_record_id);
    record.alias("Message", Role::message);
    add_unnamed_data(record);
  } else if (record.has(Role::execution_process)) {
    // NXLog's names of what Windows calls Execution and EventRecordID.
    record.alias("Execution_ProcessID", Role::execution_process);
    record.alias("Execution_ThreadID", Role::execution_thread);
    record.alias("EventRecordID", Role::record_number);
    // NXLog writes the mask as a signed number; Windows shows it in hexadecimal, and rules use that.
    if (const auto mask = parse_int64(record.text(Role::keywords))) {
      record.add("Keywords", {as_hex(record, *mask), event::ValueKind::text});
    }
  }
  record.set_time({Role::system_time, Role::time_created_system, Role::time_created, Role::time_created_value,
                   Role::time_created_date, Role::azure_time_generated, Role::azure_time_generated_export,
                   Role::timestamp_at, Role::event_time_mixed, Role::splunk_time});
  return true;
}

}  // namespace

extern const Profile profile_windows;
const Profile profile_windows = {"windows", "Windows events in any JSON shape",
                                 "https://learn.microsoft.com/windows/win32/wes/eventschema-schema", apply};

}  // namespace tocsin::ingest::json
