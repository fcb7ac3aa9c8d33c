#include "ingest/text/cef_message.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/text/key_values.h"
#include "ingest/text/log_time.h"

namespace tocsin::ingest {
namespace {

// Position of `mark` followed by a digit, at the start of the line or behind a blank.
std::size_t find_mark(std::string_view line, std::string_view mark) {
  for (std::size_t at = 0;;) {
    at = line.find(mark, at);
    if (at == std::string_view::npos || at > 512) {
      return std::string_view::npos;
    }
    const bool starts = at == 0 || line[at - 1] == ' ' || line[at - 1] == '>' || line[at - 1] == ':';
    if (starts && at + mark.size() < line.size() && ascii_digit(line[at + mark.size()])) {
      return at;
    }
    at += mark.size();
  }
}

// Up to the next '|' that no backslash escapes; false where there is none.
bool take_part(std::string_view& rest, std::string_view& part, bool& escaped) {
  std::size_t end = 0;
  escaped = false;
  while (end < rest.size() && rest[end] != '|') {
    if (rest[end] == '\\') {
      escaped = true;
      ++end;
    }
    ++end;
  }
  if (end >= rest.size()) {
    return false;
  }
  part = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return true;
}

bool is_key_char(char c) {
  return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '.' || c == '-' || c == '[' || c == ']';
}

bool has_room(const event::EventBatch& batch) {
  return batch.fields.size() - batch.events.back().field_begin < limits::event_fields_max;
}

}  // namespace

std::size_t find_cef(std::string_view line) { return find_mark(line, "CEF:"); }
std::size_t find_leef(std::string_view line) { return find_mark(line, "LEEF:"); }

CefMessage::CefMessage(event::FieldTable& fields, const DecodeOptions& options) : fields_(fields), options_(options) {}

bool CefMessage::add(std::string_view message, event::EventBatch& batch) {
  constexpr std::array<std::string_view, 7> names = {
      "CEFVersion", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Name", "Severity"};
  std::array<std::string_view, names.size()> parts;
  std::array<bool, names.size()> escaped{};
  message.remove_prefix(4);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!take_part(message, parts[i], escaped[i])) {
      // Some senders leave out the '|' behind the severity when there is no extension.
      if (i + 1 != names.size() || message.empty()) {
        return false;
      }
      parts[i] = message;
      message = {};
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    batch.add_field(fields_.id(names[i]), escaped[i] ? unescape(parts[i], batch.arena) : parts[i]);
  }
  const std::size_t first = batch.fields.size();
  time_rank_ = 0;
  add_extension(message, batch);
  add_labels(first, batch);
  return true;
}

// "k=v with blanks k2=v2": a value ends before the last blank in front of the next "key=".
void CefMessage::add_extension(std::string_view text, event::EventBatch& batch) {
  std::size_t key_end = text.find('=');
  if (key_end == std::string_view::npos) {
    return;
  }
  std::size_t key_begin = key_end;
  while (key_begin > 0 && is_key_char(text[key_begin - 1])) {
    --key_begin;
  }
  while (key_end != std::string_view::npos) {
    const std::string_view key = text.substr(key_begin, key_end - key_begin);
    const std::size_t value_begin = key_end + 1;
    std::size_t value_end = text.size();
    bool escaped = false;
    std::size_t next_begin = 0;
    std::size_t next_end = std::string_view::npos;
    std::size_t word = std::string_view::npos;  // begin of the word at hand, if it can be a key
    for (std::size_t at = value_begin; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '\\') {
        escaped = true;
        ++at;
        word = std::string_view::npos;
      } else if (c == ' ' || c == '\t') {
        word = at + 1;
      } else if (c == '=' && word != std::string_view::npos && word < at) {
        next_begin = word;
        next_end = at;
        value_end = word - 1;
        break;
      } else if (!is_key_char(c)) {
        word = std::string_view::npos;
      }
    }
    if (!key.empty() && has_room(batch)) {
      std::string_view value = text.substr(value_begin, value_end - value_begin);
      while (value.ends_with(' ')) {
        value.remove_suffix(1);
      }
      if (escaped) {
        value = unescape(value, batch.arena);
      }
      batch.add_field(fields_.id(key), value);
      take_time(key, value, batch);
    }
    key_begin = next_begin;
    key_end = next_end;
  }
}

// cs1Label=Rule cs1=x gives Rule=x too.
void CefMessage::add_labels(std::size_t first, event::EventBatch& batch) {
  const std::size_t last = batch.fields.size();
  const event::FieldTable& table = fields_.table();
  for (std::size_t i = first; i < last && i < first + 256; ++i) {
    const std::string_view name = table.name(batch.fields[i].id);
    const std::string_view label = batch.fields[i].value.text;
    if (!name.ends_with("Label") || name.size() == 5 || label.empty() || !has_room(batch)) {
      continue;
    }
    const std::string_view own = name.substr(0, name.size() - 5);
    for (std::size_t k = first; k < last && k < first + 256; ++k) {
      if (table.name(batch.fields[k].id) == own) {
        const std::string_view value = batch.fields[k].value.text;
        batch.add_field(fields_.id(label), value);
        break;
      }
    }
  }
}

void CefMessage::take_time(std::string_view key, std::string_view value, event::EventBatch& batch) {
  const int rank = key == "rt" ? 3 : key == "end" ? 2 : key == "start" ? 1 : 0;
  if (rank <= time_rank_) {
    return;
  }
  std::size_t used = 0;
  auto time = parse_log_time(value);
  if (!time) {
    time = parse_syslog_time(value, options_.modified_seconds, used);
  }
  if (time) {
    batch.events.back().assumed_zone = false;
    set_time(batch.events.back(), *time, options_);
    time_rank_ = rank;
  }
}

LeefMessage::LeefMessage(event::FieldTable& fields, const DecodeOptions& options)
    : fields_(fields), options_(options) {}

bool LeefMessage::add(std::string_view message, event::EventBatch& batch) {
  constexpr std::array<std::string_view, 5> names = {"LEEFVersion", "DeviceVendor", "DeviceProduct", "DeviceVersion",
                                                     "EventID"};
  std::array<std::string_view, names.size()> parts;
  bool escaped = false;
  message.remove_prefix(5);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!take_part(message, parts[i], escaped)) {
      if (i + 1 != names.size() || message.empty()) {
        return false;
      }
      parts[i] = message;
      message = {};
    }
  }
  char delimiter = '\t';
  if (parts[0].starts_with("2")) {
    std::string_view named;
    std::string_view rest = message;
    // "|^|", "|x5E|" or "|0x5E|"; an empty one is the tab.
    if (take_part(rest, named, escaped) && named.size() <= 4) {
      message = rest;
      if (named.size() == 1) {
        delimiter = named.front();
      } else if (const std::size_t x = named.find_first_of("xX"); x != std::string_view::npos && x <= 1) {
        const auto code = parse_uint64("0x" + std::string(named.substr(x + 1)), true);
        delimiter = code && *code < 128 ? static_cast<char>(*code) : delimiter;
      }
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    batch.add_field(fields_.id(names[i]), parts[i]);
  }
  // Written with blanks where tabs were lost on the way.
  if (delimiter == '\t' && message.find('\t') == std::string_view::npos) {
    KeyValues pairs(message);
    KeyValue pair;
    while (pairs.next(pair) && has_room(batch)) {
      batch.add_field(fields_.id(pair.key), pair.value);
    }
    return true;
  }
  while (!message.empty() && has_room(batch)) {
    const std::size_t end = std::min(message.find(delimiter), message.size());
    const std::string_view pair = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      continue;
    }
    const std::string_view key = trim(pair.substr(0, equals));
    const std::string_view value = pair.substr(equals + 1);
    batch.add_field(fields_.id(key), value);
    if (key == "devTime") {
      if (const auto time = parse_log_time(value)) {
        batch.events.back().assumed_zone = false;
        set_time(batch.events.back(), *time, options_);
      }
    }
  }
  return true;
}

}  // namespace tocsin::ingest
