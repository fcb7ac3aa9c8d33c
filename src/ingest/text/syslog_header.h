// Syslog header: takes priority, time, host and program off a syslog line, in any of the forms that files and senders
// use.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace tocsin::ingest {

struct SyslogHeader {
  std::optional<std::uint32_t> priority;  // 0 to 191
  std::optional<ParsedTime> time;
  std::string_view host, program, process, message_id;  // empty where there is none ("-")
  std::string_view structured_data;                     // RFC 5424, with its brackets
  std::string_view message;
  bool rfc5424 = false;
  bool year_assumed = false;  // the time has no year and nothing tells it
};

// RFC 5424; RFC 3164 with or without <PRI> and host; the ISO 8601 forms of rsyslog and journald files. Needs at least a
// priority or a time. Views into the line. `modified_seconds` gives times without a year theirs (text/log_time.h).
std::optional<SyslogHeader> parse_syslog_header(std::string_view line, std::int64_t modified_seconds);

}  // namespace tocsin::ingest
