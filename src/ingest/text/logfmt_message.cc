#include "ingest/text/logfmt_message.h"

#include <algorithm>
#include <string>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/text/key_values.h"
#include "ingest/text/log_time.h"

namespace tocsin::ingest {
namespace {

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= 64 && (ascii_alpha(key.front()) || key.front() == '@' || key.front() == '_') &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '.' || c == '-' || c == '@' || c == '/' ||
                  c == ':';
         });
}

}  // namespace

bool looks_logfmt(std::string_view text, std::size_t least) {
  std::size_t pairs = 0;
  std::size_t value_bytes = 0;
  KeyValues walk(text);
  KeyValue pair;
  if (text.find('=') > text.find_first_of(" \t\"")) {
    return false;
  }
  while (walk.next(pair)) {
    if (!is_key(pair.key)) {
      return false;
    }
    ++pairs;
    value_bytes += pair.key.size() + 2 + pair.value.size() + (pair.quote == '\0' ? 0 : 2);
  }
  return pairs >= least && value_bytes * 10 >= text.size() * 8;
}

LogfmtMessage::LogfmtMessage(event::FieldTable& fields, const DecodeOptions& options)
    : fields_(fields),
      options_(options),
      fortigate_(event::log_source("fortigate")),
      fortigate_event_(event::log_source("fortigate_event")),
      firewall_(event::log_source("firewall")) {}

std::size_t LogfmtMessage::add(std::string_view text, event::EventBatch& batch) {
  std::string_view date;
  std::string_view time;
  std::string_view zone;
  std::string_view stamp;
  std::string_view type;
  bool forti = false;
  bool firewall = false;
  std::size_t pairs = 0;
  KeyValues walk(text);
  KeyValue pair;
  while (walk.next(pair)) {
    if (batch.fields.size() - batch.events.back().field_begin >= limits::event_fields_max) {
      batch.note("lines with too many pairs: the rest stands only in the raw line");
      break;
    }
    const std::string_view value = pair.escaped ? unescape(pair.value, batch.arena) : pair.value;
    batch.add_field(fields_.id(pair.key), value);
    ++pairs;
    const std::string_view key = pair.key;
    if (key == "date") {
      date = value;
    } else if (key == "time") {
      time = value;
    } else if (key == "tz" || key == "timezone") {
      zone = value;
    } else if (key == "ts" || key == "timestamp" || key == "@timestamp" || key == "eventtime") {
      stamp = value;
    } else if (key == "type") {
      type = value;
    } else if (key == "logid") {
      forti = true;
    } else if (key == "devname" || key == "host" || key == "hostname" || key == "device_name") {
      batch.events.back().host = value;
    } else if (key == "srcip" || key == "src_ip" || key == "fw") {
      firewall = true;
    }
  }
  event::Event& event = batch.events.back();
  std::optional<ParsedTime> moment = parse_log_time(stamp);
  if (!moment && !date.empty()) {
    if (const auto whole = parse_date_and_time(date, time)) {
      moment = ParsedTime{*whole, false};
      if (const auto offset = parse_utc_offset(zone)) {
        moment = ParsedTime{{whole->ticks - *offset * Time::ticks_per_second}, true};
      }
    }
  } else if (!moment) {
    moment = parse_log_time(time);
  }
  if (moment) {
    event.assumed_zone = false;
    set_time(event, *moment, options_);
  }
  if (forti && !type.empty()) {
    event.log_source = type == "event" ? fortigate_event_ : fortigate_;
  } else if (firewall) {
    event.log_source = firewall_;
  }
  return pairs;
}

}  // namespace tocsin::ingest
