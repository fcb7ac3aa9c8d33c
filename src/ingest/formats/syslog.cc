// syslog: RFC 3164 and RFC 5424 lines, as senders write them and as rsyslog, syslog-ng, Cisco devices and appliances
// store them.
// https://www.rfc-editor.org/rfc/rfc5424 and https://www.rfc-editor.org/rfc/rfc3164
//
// Fields: facility, severity, hostname, appname, procid, msgid, message; structured data as id.name. The program says
// which rules apply (sshd, sudo, cron …). A message that is CEF, LEEF, JSON, an audit record or key=value pairs gives
// its fields too. A time without a year is the latest one that is not after the file's last change (text/log_time.h).
#include <algorithm>
#include <array>

#include "base/limits.h"
#include "ingest/json/flattener.h"
#include "ingest/text/audit_record.h"
#include "ingest/text/cef_message.h"
#include "ingest/text/key_values.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/logfmt_message.h"
#include "ingest/text/syslog_header.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

constexpr std::array<std::string_view, 8> severities = {"emerg",   "alert",  "crit", "err",
                                                        "warning", "notice", "info", "debug"};
constexpr std::array<std::string_view, 24> facilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                         "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                         "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                                         "local2", "local3", "local4", "local5", "local6",   "local7"};

// Which log a program writes; the first entry whose text the program begins with.
struct Program {
  std::string_view begins;
  std::string_view source;
};
constexpr auto programs = std::to_array<Program>({
    {"sshd", "linux_sshd"},     {"sudo", "linux_sudo"},           {"su", "linux_auth"},
    {"login", "linux_auth"},    {"systemd-logind", "linux_auth"}, {"polkit", "linux_auth"},
    {"pkexec", "linux_auth"},   {"useradd", "linux_auth"},        {"usermod", "linux_auth"},
    {"userdel", "linux_auth"},  {"groupadd", "linux_auth"},       {"passwd", "linux_auth"},
    {"gdm", "linux_auth"},      {"lightdm", "linux_auth"},        {"doas", "linux_auth"},
    {"cron", "linux_cron"},     {"anacron", "linux_cron"},        {"clamd", "linux_clamav"},
    {"clamav", "linux_clamav"}, {"clamscan", "linux_clamav"},     {"freshclam", "linux_clamav"},
    {"vsftpd", "linux_vsftpd"}, {"guacd", "linux_guacamole"},     {"guacamole", "linux_guacamole"},
    {"auditd", "linux_auditd"}, {"audispd", "linux_auditd"},      {"audisp-", "linux_auditd"},
});

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

// True for what no other line format looks like: a priority, RFC 5424, or a time with host and program.
bool is_syslog(std::string_view line) {
  const auto header = parse_syslog_header(line, 0);
  if (!header) {
    return false;
  }
  if (header->rfc5424 || header->priority || find_cisco(header->message)) {
    return true;
  }
  return !header->program.empty() && (!header->host.empty() || ascii_alpha(line.front()));
}

class SyslogReader {
 public:
  SyslogReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options),
        fields_(fields),
        audit_(fields),
        cef_(fields, options),
        leef_(fields, options),
        logfmt_(fields, options),
        json_(fields),
        source_(event::log_source("linux_syslog")) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      ids_[i] = fields_.id(names[i]);
    }
  }

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    const auto header = parse_syslog_header(line.text, options_.modified_seconds);
    if (!header) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, source_of(*header));
    event.host = header->host;
    if (header->time) {
      set_time(event, *header->time, options_);
      if (header->year_assumed) {
        batch.note("times without a year, and the file's date is not known: 1970 is assumed");
      }
    }
    if (header->priority) {
      batch.add_field(ids_[facility], facilities[*header->priority / 8]);
      batch.add_field(ids_[severity], severities[*header->priority % 8]);
    }
    add(batch, hostname, header->host);
    add(batch, appname, header->program);
    add(batch, procid, header->process);
    add(batch, msgid, header->message_id);
    add_structured_data(header->structured_data, batch);
    add(batch, message, header->message);
    add_payload(*header, batch);
    batch.end_event();
    return true;
  }

 private:
  enum Name : std::uint8_t { facility, severity, hostname, appname, procid, msgid, message };
  static constexpr std::array<std::string_view, 7> names = {"facility", "severity", "hostname", "appname",
                                                            "procid",   "msgid",    "message"};

  void add(event::EventBatch& batch, Name name, std::string_view value) const {
    if (!value.empty()) {
      batch.add_field(ids_[name], value);
    }
  }

  static const event::LogSource* source_of(const SyslogHeader& header) {
    std::string_view program = header.program;
    const std::size_t slash = program.rfind('/');
    program.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
    for (const Program& known : programs) {
      // "su" must not take "supervisord": a short name ends where the program does.
      const bool whole = known.begins.size() < 4;
      if (whole ? ascii_iequals(program.substr(0, program.find('(')), known.begins)
                : ascii_istarts_with(program, known.begins)) {
        return event::log_source(known.source);
      }
    }
    if (const auto code = find_cisco(header.message)) {
      return event::log_source(cisco_source(*code, header.message));
    }
    if (header.message.starts_with("%%") && header.message.substr(0, 32).find("BGP") != std::string_view::npos) {
      return event::log_source("huawei_bgp");
    }
    if (header.program == "rpd" || header.program == "/kernel") {
      return event::log_source("juniper_bgp");  // Junos: its routing daemon, and its kernel's name for itself
    }
    return event::log_source("linux_syslog");
  }

  // "[id name="value" …][id2 …]"
  void add_structured_data(std::string_view data, event::EventBatch& batch) {
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

  void add_payload(const SyslogHeader& header, event::EventBatch& batch) {
    std::string_view text = header.message;
    while (text.starts_with(' ')) {
      text.remove_prefix(1);
    }
    if (text.starts_with("CEF:")) {
      cef_.add(text, batch);
    } else if (text.starts_with("LEEF:")) {
      leef_.add(text, batch);
    } else if (text.starts_with('{')) {
      add_json(text, batch);
    } else if (const std::size_t at = text.substr(0, 160).find("type=");
               at != std::string_view::npos && AuditRecord::begins(text.substr(at))) {
      // The header's host stays: it is the machine even where node= is missing.
      const std::size_t node = text.rfind("node=", at);
      if (audit_.add(text.substr(node == std::string_view::npos ? at : node), batch)) {
        batch.events.back().log_source = event::log_source("linux_auditd");
      }
    } else if (looks_logfmt(text, 3)) {
      const std::string_view host = batch.events.back().host;
      logfmt_.add(text, batch);
      if (!host.empty()) {
        batch.events.back().host = host;
      }
    }
  }

  void add_json(std::string_view text, event::EventBatch& batch) {
    const std::size_t before = batch.fields.size();
    const auto fault = json_.flatten(text, batch);
    if (fault != wire::JsonFault::none) {
      batch.fields.resize(before);  // a text that only begins like JSON
    }
  }

  DecodeOptions options_;
  event::FieldCache fields_;
  AuditRecord audit_;
  CefMessage cef_;
  LeefMessage leef_;
  LogfmtMessage logfmt_;
  json::Flattener json_;
  const event::LogSource* source_;
  std::array<event::FieldId, names.size()> ids_{};
  std::string name_;
};

Confidence recognise_syslog(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::likely, is_syslog);
}

}  // namespace

extern const Format format_syslog;
const Format format_syslog = {
    .name = "syslog",
    .doc = "syslog lines (RFC 3164, RFC 5424, rsyslog and Cisco files)",
    .spec = "https://www.rfc-editor.org/rfc/rfc5424",
    .unit = Unit::line,
    .recognise = recognise_syslog,
    .open = open_lines,
    .decoder = make_line_decoder<SyslogReader>,
};

}  // namespace tocsin::ingest
