#include "ingest/text/syslog_message.h"

#include <algorithm>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/json/profile.h"
#include "ingest/text/key_values.h"
#include "ingest/text/log_time.h"
#include "ingest/text/program_source.h"

namespace tocsin::ingest {
namespace {

constexpr std::array<std::string_view, 8> severities = {"emerg",   "alert",  "crit", "err",
                                                        "warning", "notice", "info", "debug"};
constexpr std::array<std::string_view, 24> facilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                         "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                         "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                                         "local2", "local3", "local4", "local5", "local6",   "local7"};

// "%SYS-5-CONFIG_I: …", "%ASA-6-302013: …" near the front of a message: Cisco's facility and mnemonic.
struct Cisco {
  std::string_view facility, mnemonic;
};
std::optional<Cisco> find_cisco(std::string_view message) {
  const std::string_view front = message.substr(0, 160);
  const std::size_t percent = front.find('%');
  if (percent == std::string_view::npos || (percent != 0 && front[percent - 1] != ' ')) {
    return std::nullopt;
  }
  const std::size_t colon = front.find(':', percent);
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view code = front.substr(percent + 1, colon - percent - 1);
  for (std::size_t dash = code.find('-'); dash != std::string_view::npos; dash = code.find('-', dash + 1)) {
    if (dash > 1 && dash + 3 < code.size() && ascii_digit(code[dash + 1]) && code[dash + 2] == '-' &&
        std::all_of(code.begin(), code.end(),
                    [](char c) { return (c >= 'A' && c <= 'Z') || ascii_digit(c) || c == '_' || c == '-'; })) {
      return Cisco{code.substr(0, dash), code.substr(dash + 3)};
    }
  }
  return std::nullopt;
}

std::string_view cisco_source(const Cisco& code, std::string_view message) {
  const auto says = [&](std::string_view text) { return message.find(text) != std::string_view::npos; };
  // BGP and LDP are told by their ports where TCP reports a bad MD5 digest (TCP-6-BADAUTH).
  if (code.facility.find("BGP") != std::string_view::npos || says(":179") || says("(179)")) {
    return "cisco_bgp";
  }
  if (code.facility.find("LDP") != std::string_view::npos || says(":646") || says("(646)") || says("LDP")) {
    return "cisco_ldp";
  }
  if (code.facility.find("AAA") != std::string_view::npos || code.mnemonic == "CFGLOG_LOGGEDCMD" ||
      code.facility == "SEC_LOGIN" || code.facility == "SHELL") {
    return "cisco_aaa";
  }
  return "cisco";
}

// Huawei: "%%01BGP/4/BGP_AUTH_FAILED(l)[5]:…".
bool is_huawei(std::string_view message) { return message.starts_with("%%"); }

const event::LogSource* source_of(const SyslogHeader& header) {
  if (const event::LogSource* own = program_source(header.program)) {
    return own;
  }
  if (const auto code = find_cisco(header.message)) {
    return event::log_source(cisco_source(*code, header.message));
  }
  if (header.message.starts_with("CISE_")) {
    // Cisco ISE names the category of a record where others name a program.
    return event::log_source(header.message.starts_with("CISE_TACACS") ? "cisco_aaa" : "cisco");
  }
  if (is_huawei(header.message) && header.message.substr(0, 32).find("BGP") != std::string_view::npos) {
    return event::log_source("huawei_bgp");
  }
  if (header.program == "rpd" || header.program == "/kernel") {
    return event::log_source("juniper_bgp");  // Junos: its routing daemon, and its kernel's name for itself
  }
  static const event::LogSource* const other = event::log_source("linux_syslog");
  return other;
}

// What the prefix of a packet filter's rule says was done: "[UFW BLOCK] ", "FINAL_REJECT: ".
std::string_view action_of(std::string_view prefix) {
  struct Word {
    std::string_view word, action;
  };
  constexpr std::array<Word, 8> words = {{{"ALLOW", "accept"},
                                          {"ACCEPT", "accept"},
                                          {"PERMIT", "accept"},
                                          {"BLOCK", "deny"},
                                          {"DROP", "deny"},
                                          {"REJECT", "deny"},
                                          {"DENY", "deny"},
                                          {"DENIED", "deny"}}};
  for (const Word& known : words) {
    if (ascii_ifind(prefix, known.word) != std::string_view::npos) {
      return known.action;
    }
  }
  return {};
}

}  // namespace

bool has_device_code(std::string_view message) {
  return find_cisco(message).has_value() || is_huawei(message) || message.starts_with("CISE_");
}

SyslogMessage::SyslogMessage(event::FieldTable& fields, const DecodeOptions& options)
    : options_(options),
      fields_(fields),
      audit_(fields, options),
      cef_(fields, options),
      leef_(fields, options),
      logfmt_(fields, options),
      dns_(fields),
      json_(fields),
      named_(fields, names) {}

void SyslogMessage::add(const SyslogHeader& header, event::EventBatch& batch) {
  event::Event& event = batch.events.back();
  event.log_source = source_of(header);
  if (!header.host.empty()) {
    event.host = header.host;
  }
  if (header.time) {
    set_time(event, *header.time, options_);
    if (header.year_assumed) {
      batch.note("times without a year, and the file's date is not known: 1970 is assumed");
    }
  }
  if (header.priority) {
    named_.add(batch, facility, facilities[*header.priority / 8]);
    named_.add(batch, severity, severities[*header.priority % 8]);
  }
  named_.add(batch, hostname, header.host);
  named_.add(batch, appname, header.program);
  named_.add(batch, procid, header.process);
  named_.add(batch, msgid, header.message_id);
  add_structured_data(header.structured_data, batch);
  named_.add(batch, message, header.message);
  add_payload(header, batch);
}

// "[id name="value" …][id2 …]"
void SyslogMessage::add_structured_data(std::string_view data, event::EventBatch& batch) {
  while (data.starts_with('[')) {
    data.remove_prefix(1);
    const std::size_t id_end = std::min(data.find_first_of(" ]"), data.size());
    const std::string_view id = data.substr(0, id_end);
    data.remove_prefix(id_end);
    while (data.starts_with(' ')) {
      data.remove_prefix(1);
      const std::size_t equals = data.find("=\"");
      if (equals == std::string_view::npos) {
        return;
      }
      name_.assign(id.substr(0, 256));
      name_ += '.';
      name_ += data.substr(0, std::min<std::size_t>(equals, 256));
      data.remove_prefix(equals + 2);
      std::size_t end = 0;
      bool escaped = false;
      while (end < data.size() && data[end] != '"') {
        escaped = escaped || data[end] == '\\';
        end += data[end] == '\\' ? 2 : 1;
      }
      end = std::min(end, data.size());
      const std::string_view value = data.substr(0, end);
      if (batch.fields.size() - batch.events.back().field_begin < limits::event_fields_max) {
        batch.add_field(fields_.id(name_), escaped ? unescape(value, batch.arena) : value);
      }
      data.remove_prefix(std::min(end + 1, data.size()));
    }
    if (!data.starts_with(']')) {
      return;
    }
    data.remove_prefix(1);
  }
}

void SyslogMessage::add_payload(const SyslogHeader& header, event::EventBatch& batch) {
  std::string_view text = header.message;
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  if (text.starts_with("<Event")) {
    add_xml(text, batch);
  } else if (text.starts_with("CEF:")) {
    cef_.add(text, batch);
  } else if (text.starts_with("LEEF:")) {
    leef_.add(text, batch);
  } else if (text.starts_with('{')) {
    add_json(text, batch);
  } else if (DnsMessage::is_server(header.program)) {
    dns_.add(text, batch);
  } else if (text.find('=') == std::string_view::npos) {
    return;  // all that follows is made of pairs; most messages are not
  } else if (const std::size_t at = text.substr(0, 160).find("type=");
             at != std::string_view::npos && AuditRecord::begins(text.substr(at))) {
    // The header's host stays: it is the machine even where node= is missing.
    const std::size_t node = text.rfind("node=", at);
    audit_.forget();
    audit_.add(text.substr(node == std::string_view::npos ? at : node), batch);
  } else if (header.program == "sudo") {
    add_sudo(text, batch);
  } else if (!add_packet(text, batch) && looks_logfmt(text, 3)) {
    const std::string_view host = batch.events.back().host;
    logfmt_.add(text, batch);
    if (!host.empty()) {
      batch.events.back().host = host;
    }
  }
}

// The kernel's packet filter: "[UFW BLOCK] IN=eth0 OUT= MAC=… SRC=198.51.100.7 DST=10.0.0.5 … PROTO=TCP SPT=1 DPT=22
// …". https://www.netfilter.org/documentation/
bool SyslogMessage::add_packet(std::string_view text, event::EventBatch& batch) {
  const std::size_t begin = text.find("IN=");
  if (begin == std::string_view::npos || text.find(" SRC=", begin) == std::string_view::npos ||
      text.find(" DST=", begin) == std::string_view::npos) {
    return false;
  }
  KeyValues pairs(text.substr(begin));
  KeyValue pair;
  while (pairs.next(pair)) {
    if (batch.fields.size() - batch.events.back().field_begin >= limits::event_fields_max) {
      break;
    }
    if (pair.value.empty()) {
      continue;
    }
    batch.add_field(fields_.id(pair.key), pair.value);
    const std::string_view key = pair.key;
    if (key == "SRC") {
      named_.add(batch, src_ip, pair.value);
    } else if (key == "DST") {
      named_.add(batch, dst_ip, pair.value);
    } else if (key == "SPT") {
      named_.add(batch, src_port, pair.value);
    } else if (key == "DPT") {
      named_.add(batch, dst_port, pair.value);
    }
  }
  named_.add(batch, action, action_of(text.substr(0, begin)));
  static const event::LogSource* const firewall = event::log_source("linux_firewall");
  batch.events.back().log_source = firewall;
  return true;
}

// "bob : TTY=pts/0 ; PWD=/srv/app ; USER=root ; COMMAND=/bin/id -u": the command goes to the end of the line.
void SyslogMessage::add_sudo(std::string_view text, event::EventBatch& batch) {
  const std::size_t colon = text.find(" : ");
  if (colon == std::string_view::npos) {
    return;
  }
  text.remove_prefix(colon + 3);
  for (int pairs = 0; pairs < 16 && !text.empty(); ++pairs) {
    const std::size_t equals = text.find('=');
    const std::string_view key = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || key.empty() || key.size() > 16) {
      // "3 incorrect password attempts ; TTY=…"
      const std::size_t next = text.find(" ; ");
      text.remove_prefix(next == std::string_view::npos ? text.size() : next + 3);
      continue;
    }
    if (key.find(' ') != std::string_view::npos) {
      const std::size_t next = text.find(" ; ");
      text.remove_prefix(next == std::string_view::npos ? text.size() : next + 3);
      continue;
    }
    text.remove_prefix(equals + 1);
    const std::size_t end = key == "COMMAND" ? text.size() : std::min(text.find(" ; "), text.size());
    batch.add_field(fields_.id(key), text.substr(0, end));
    text.remove_prefix(std::min(end + 3, text.size()));
  }
}

void SyslogMessage::add_json(std::string_view text, event::EventBatch& batch) {
  const std::size_t before = batch.fields.size();
  const auto fault = json_.flatten(text, batch);
  if (fault != wire::JsonFault::none) {
    batch.fields.resize(before);  // a text that only begins like JSON
    return;
  }
  json::Record record(batch, json_, options_);
  json::apply_profiles_inside(record);
}

// Sysmon for Linux among the lines of other programs, and Windows events that a collector sent on as XML.
void SyslogMessage::add_xml(std::string_view text, event::EventBatch& batch) {
  if (xml_ == nullptr) {
    xml_ = std::make_unique<EventXmlReader>(fields_.table(), options_);
  }
  event::Event& event = batch.events.back();
  const event::Event outer = event;
  const std::size_t before = batch.fields.size();
  if (!xml_->read(text, batch, event)) {
    batch.fields.resize(before);
    event = outer;
    batch.note("event XML in a syslog line was not readable");
    return;
  }
  event.log_source = nullptr;
  if (event.provider == "Linux-Sysmon") {
    event.log_source = linux_sysmon_source(event.event_id);
    event.channel = {};
  }
}

}  // namespace tocsin::ingest
