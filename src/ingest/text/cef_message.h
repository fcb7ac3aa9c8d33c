// CEF and LEEF messages: "CEF:0|vendor|product|…|k=v k=v" and "LEEF:2.0|vendor|…|^|k=v^k=v", alone or inside syslog.
#pragma once

#include <string>
#include <string_view>

#include "event/event.h"
#include "event/field_table.h"
#include "ingest/format.h"

namespace tocsin::ingest {

// Where in the line the message begins, at its start or behind a syslog header; npos where there is none.
std::size_t find_cef(std::string_view line);
std::size_t find_leef(std::string_view line);

// Adds the header (DeviceVendor, DeviceProduct, DeviceVersion, DeviceEventClassID, Name, Severity) and the extension by
// its keys; a key with a label (cs1, cs1Label) is there under the label too. Escapes are undone. The event's time is
// rt, end or start where one of them is there. Not thread-safe.
class CefMessage {
 public:
  CefMessage(event::FieldTable& fields, const DecodeOptions& options);
  // False (and nothing added) where the header is not whole.
  bool add(std::string_view message, event::EventBatch& batch);

 private:
  void add_extension(std::string_view text, event::EventBatch& batch);
  void add_labels(std::size_t first, event::EventBatch& batch);
  void take_time(std::string_view key, std::string_view value, event::EventBatch& batch);

  event::FieldCache fields_;
  DecodeOptions options_;
  int time_rank_ = 0;  // of the key that the event's time came from
  std::string name_;
};

// The same for LEEF 1.0 and 2.0: DeviceVendor, DeviceProduct, DeviceVersion, EventID and the attributes by their keys;
// the time is devTime.
class LeefMessage {
 public:
  LeefMessage(event::FieldTable& fields, const DecodeOptions& options);
  bool add(std::string_view message, event::EventBatch& batch);

 private:
  event::FieldCache fields_;
  DecodeOptions options_;
};

}  // namespace tocsin::ingest
