// Logfmt message: "key=value key="value with blanks"", as applications and firewalls write it, alone or inside syslog.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/event.h"
#include "event/field_table.h"
#include "ingest/format.h"

namespace tocsin::ingest {

// True where the text begins with a pair and is made of at least `least` pairs and few other words.
bool looks_logfmt(std::string_view text, std::size_t least);

// Adds every pair by its key; escapes in quoted values are undone. Time: eventtime, date and time (with tz), else ts,
// time, timestamp or @timestamp. Host: devname, host or hostname. FortiGate's and other firewalls' lines get their log
// source. Not thread-safe.
class LogfmtMessage {
 public:
  LogfmtMessage(event::FieldTable& fields, const DecodeOptions& options);
  // The number of pairs added.
  std::size_t add(std::string_view text, event::EventBatch& batch);

 private:
  event::FieldCache fields_;
  DecodeOptions options_;
  const event::LogSource *fortigate_, *fortigate_event_, *firewall_;
};

}  // namespace tocsin::ingest
