// Windows events in every JSON shape in which they are exported: evtx_dump, winlogbeat, NXLog and Splunk, the
// Security-Datasets, Velociraptor, PowerShell's Get-WinEvent | ConvertTo-Json, flat with Sigma's names.
#include "base/text.h"
#include "ingest/json/profile.h"
#include "ingest/json/windows_channels.h"

namespace tocsin::ingest::json {
namespace {

// A name of Sigma's and the places that stand in for it where it is missing.
void stand_in(Record& record, std::string_view name, Role own, std::initializer_list<Role> others) {
  if (record.has(own)) {
    return;
  }
  for (const Role other : others) {
    if (record.has(other) && !record.text(other).empty()) {
      record.add(name, record.value(other));
      return;
    }
  }
}

std::string_view text_of(const Record& record, Role own, std::initializer_list<Role> others) {
  const std::string_view text = record.text(own);
  return text.empty() ? record.first_text(others) : text;
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

bool is_windows(const Record& record, bool powershell) {
  if (record.flattener.shape() != Shape::none || powershell) {
    return true;
  }
  const bool number = record.has(Role::event_id) || record.has(Role::event_code) || record.has(Role::event_id_mixed) ||
                      record.has(Role::event_id_lower) || record.has(Role::winlog_event_id);
  const bool provider = record.has(Role::provider_name) || record.has(Role::source_name) ||
                        record.has(Role::provider_name_plain) || record.has(Role::source_name_lower) ||
                        record.has(Role::winlog_provider) || record.has(Role::provider_plain);
  const bool channel = record.has(Role::channel) || record.has(Role::log_name_mixed) || record.has(Role::log_name) ||
                       record.has(Role::winlog_channel) || !splunk_channel(record.text(Role::splunk_source)).empty();
  return (number && (provider || channel)) || (channel && provider);
}

// Sysmon renders its data as "Name: value" lines; exports without named data still have them in the message.
void add_sysmon_message(Record& record, std::string_view message) {
  std::string name;
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    std::string_view line = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || colon > 64 || colon == 0) {
      continue;
    }
    element_field_name(EventPart::data, "Data", line.substr(0, colon), name);
    record.add(name, {line.substr(colon + 2), event::ValueKind::text});
  }
}

bool apply(Record& record) {
  const bool powershell = is_powershell(record);
  if (!is_windows(record, powershell)) {
    return false;
  }
  const Shape shape = record.flattener.shape();
  if (shape != Shape::none && !record.options.raw) {
    record.flattener.apply_windows_names(record.batch, shape == Shape::winlogbeat || shape == Shape::winlogbeat_6);
  }
  stand_in(record, "Provider_Name", Role::provider_name,
           {Role::winlog_provider, Role::source_name, Role::provider_name_plain, Role::source_name_lower,
            Role::ecs_event_provider, Role::provider_plain});
  stand_in(record, "EventID", Role::event_id,
           {Role::winlog_event_id, Role::event_code, Role::ecs_event_code, Role::event_id_mixed, Role::event_id_lower});
  stand_in(record, "Computer", Role::computer,
           {Role::winlog_computer, Role::hostname_mixed, Role::computer_name_mixed, Role::machine_name,
            Role::computer_name_lower, Role::ecs_host_name});
  event::Event& event = record.event;
  event.provider = text_of(record, Role::provider_name,
                           {Role::winlog_provider, Role::source_name, Role::provider_name_plain,
                            Role::source_name_lower, Role::ecs_event_provider, Role::provider_plain});
  event.event_id = event_id_of(text_of(
      record, Role::event_id,
      {Role::winlog_event_id, Role::event_code, Role::ecs_event_code, Role::event_id_mixed, Role::event_id_lower}));
  event.host = text_of(record, Role::computer,
                       {Role::winlog_computer, Role::hostname_mixed, Role::computer_name_mixed, Role::machine_name,
                        Role::computer_name_lower, Role::ecs_host_name, Role::ecs_host_hostname});
  event.channel = text_of(record, Role::channel, {Role::winlog_channel, Role::log_name_mixed, Role::log_name});
  if (event.channel.empty()) {
    event.channel = splunk_channel(record.text(Role::splunk_source));
  }
  if (event.channel.empty()) {
    event.channel = channel_of_provider(event.provider, event.event_id);
  }
  if (!record.has(Role::channel) && !event.channel.empty()) {
    record.add("Channel", {event.channel, event::ValueKind::text});
  }
  if (powershell) {
    record.alias("EventID", Role::id_mixed);
    event.event_id = event_id_of(record.text(Role::id_mixed));
    record.alias("EventRecordID", Role::record_id_mixed);
    record.alias("Execution_ProcessID", Role::process_id_mixed);
    record.alias("Execution_ThreadID", Role::thread_id_mixed);
    if (event.provider == "Microsoft-Windows-Sysmon") {
      add_sysmon_message(record, record.text(Role::message_mixed));
    }
  } else if (shape == Shape::winlogbeat || shape == Shape::winlogbeat_6) {
    record.alias("EventRecordID", Role::winlog_record_id);
    record.alias("Message", Role::message);
  } else if (record.has(Role::execution_process)) {
    // NXLog's names of what Windows calls Execution and EventRecordID.
    record.alias("Execution_ProcessID", Role::execution_process);
    record.alias("Execution_ThreadID", Role::execution_thread);
    record.alias("EventRecordID", Role::record_number);
  }
  record.set_time({Role::system_time, Role::time_created_system, Role::time_created, Role::time_created_value,
                   Role::time_created_date, Role::timestamp_at, Role::event_time_mixed, Role::splunk_time});
  return true;
}

}  // namespace

extern const Profile profile_windows;
const Profile profile_windows = {"windows", "Windows events in any JSON shape",
                                 "https://learn.microsoft.com/windows/win32/wes/eventschema-schema", apply};

}  // namespace tocsin::ingest::json
