#include "ingest/json/unwrap.h"

#include "base/text.h"
#include "ingest/json/json_time.h"

namespace tocsin::ingest::json {
namespace {

RoleSet envelopes() {
  RoleSet set;
  for (const Role role : {Role::cloudtrail_event, Role::eventbridge_type, Role::splunk_sourcetype, Role::splunk_raw,
                          Role::ecs_original, Role::evtxecmd_payload, Role::message}) {
    set.set(static_cast<std::size_t>(role));
  }
  return set;
}

bool looks_like_object(std::string_view text) {
  text = trim(text);
  return text.size() > 2 && text.front() == '{' && text.back() == '}' && trim(text.substr(1)).starts_with('"');
}

}  // namespace

bool Unwrapper::unwrap(Record& record) {
  static const RoleSet any = envelopes();
  Flattener& flattener = record.flattener;
  if (!flattener.has_any(any)) {
    return false;
  }
  if (record.has(Role::eventbridge_type)) {
    flattener.unwrap(Role::eventbridge_detail, record.batch);
  }
  if (record.has(Role::evtxecmd_payload) && record.has(Role::event_id_mixed) && record.has(Role::channel)) {
    // {"EventData":{"Data":[{"@Name":"Image","#text":"…"},…]}}: the data of a Windows event as XML converters write
    // them.
    flattener.expand(Role::evtxecmd_payload, true, record.batch);
    flattener.set_shape(Shape::velociraptor);
    return false;
  }
  for (const Role role : {Role::cloudtrail_event, Role::message, Role::ecs_original, Role::splunk_raw}) {
    if (looks_like_object(record.text(role))) {
      flattener.expand(role, true, record.batch);
      return false;
    }
  }
  if (record.has(Role::splunk_sourcetype)) {
    flattener.unwrap(Role::splunk_event, record.batch);
  }
  const std::string_view text = record.first_text({Role::splunk_raw, Role::ecs_original});
  if (!text.empty() && read_text(text, record)) {
    return true;
  }
  if (record.has(Role::splunk_sourcetype)) {
    if (looks_like_object(record.text(Role::splunk_event))) {
      flattener.expand(Role::splunk_event, true, record.batch);
    } else if (!record.text(Role::splunk_event).empty()) {
      return read_text(record.text(Role::splunk_event), record);
    }
  }
  return false;
}

bool Unwrapper::read_text(std::string_view text, Record& record) {
  if (readers_ == nullptr) {
    readers_ = std::make_unique<TextReaders>(fields_, options_);
  }
  text = trim(text);
  event::Event& event = record.event;
  event.host = record.first_text({Role::host, Role::ecs_host_name, Role::hostname});
  record.set_time({Role::time, Role::splunk_time, Role::timestamp_at});
  if (text.starts_with("<Event")) {
    const std::size_t before = record.batch.fields.size();
    if (!readers_->xml.read(text, record.batch, event)) {
      record.batch.fields.resize(before);
      record.batch.note("event XML inside JSON was not readable");
      return false;
    }
    if (event.provider == "Linux-Sysmon") {
      event.log_source = linux_sysmon_source(event.event_id);
      event.channel = {};
    }
    return true;
  }
  if (AuditRecord::begins(text)) {
    readers_->audit.forget();
    return readers_->audit.add(text, record.batch);
  }
  if (const auto header = parse_syslog_header(text, options_.modified_seconds);
      header && (!header->program.empty() || has_device_code(header->message))) {
    readers_->lines.add(*header, record.batch);
    return true;
  }
  return false;
}

}  // namespace tocsin::ingest::json
