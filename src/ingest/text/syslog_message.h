// Syslog message: turns a syslog line, its header already taken apart, into the fields and the log source of an event.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "event/event.h"
#include "event/field_table.h"
#include "ingest/event_xml.h"
#include "ingest/format.h"
#include "ingest/json/flattener.h"
#include "ingest/text/audit_record.h"
#include "ingest/text/cef_message.h"
#include "ingest/text/dns_message.h"
#include "ingest/text/logfmt_message.h"
#include "ingest/text/named_fields.h"
#include "ingest/text/syslog_header.h"

namespace tocsin::ingest {

// True where the message is a device's own and names its facility: "%SYS-5-CONFIG_I: ", "%%01BGP/4/…".
bool has_device_code(std::string_view message);

// Fields: facility, severity, hostname, appname, procid, msgid, message; structured data as id.name. The program says
// which rules apply (sshd, sudo, cron …). A message that is CEF, LEEF, JSON, an audit record, key=value pairs, sudo's
// or a packet filter's, or a name server's query gives its fields too. Not thread-safe.
class SyslogMessage {
 public:
  SyslogMessage(event::FieldTable& fields, const DecodeOptions& options);

  // Completes the open event, but leaves its time where the header has none.
  void add(const SyslogHeader& header, event::EventBatch& batch);

 private:
  enum Name : std::uint8_t {
    facility,
    severity,
    hostname,
    appname,
    procid,
    msgid,
    message,
    src_ip,
    src_port,
    dst_ip,
    dst_port,
    action
  };
  static constexpr std::array<std::string_view, 12> names = {"facility", "severity", "hostname", "appname",
                                                             "procid",   "msgid",    "message",  "src_ip",
                                                             "src_port", "dst_ip",   "dst_port", "action"};

  void add_structured_data(std::string_view data, event::EventBatch& batch);
  void add_payload(const SyslogHeader& header, event::EventBatch& batch);
  bool add_packet(std::string_view text, event::EventBatch& batch);
  void add_sudo(std::string_view text, event::EventBatch& batch);
  void add_json(std::string_view text, event::EventBatch& batch);
  void add_xml(std::string_view text, event::EventBatch& batch);

  DecodeOptions options_;
  event::FieldCache fields_;
  AuditRecord audit_;
  CefMessage cef_;
  LeefMessage leef_;
  LogfmtMessage logfmt_;
  DnsMessage dns_;
  json::Flattener json_;
  std::unique_ptr<EventXmlReader> xml_;  // made when the first event XML is met
  NamedFields<names.size()> named_;
  std::string name_;
};

}  // namespace tocsin::ingest
