// Event: one log record as the fields that rules see; EventBatch: the events of one block with the memory they live in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/time.h"
#include "event/field_table.h"
#include "event/log_source.h"

namespace tocsin::event {

// What the log said a value is. Rules compare `text`; numbers keep their exact digits there.
// An absent field is simply not in the event: absent ≠ null ≠ empty text.
enum class ValueKind : std::uint8_t { null, text, integer, real, boolean };

struct Value {
  std::string_view text;  // UTF-8; for null empty; booleans "true"/"false"; integers and reals as the log wrote them
  ValueKind kind = ValueKind::text;
  // The text stands in the event's raw record as a JSON string, and what is escaped there is escaped by a backslash and
  // one other character: what has none of these characters stands in the one if it stands in the other.
  bool escaped_in_raw = false;
};

// A field may occur several times in an event: a multi-valued field, in order.
struct Field {
  FieldId id;
  Value value;
};

inline constexpr std::uint32_t no_event_id = ~std::uint32_t{0};

struct Event {
  std::uint32_t field_begin = 0;  // into EventBatch::fields
  std::uint32_t field_count = 0;
  std::uint64_t record = 0;  // the contract's event.record
  std::uint64_t offset = 0;  // of the record's first byte in the decompressed member
  Time time;                 // the contract's event.time
  // Windows identity; empty / no_event_id where the event has none. The same values also stand in fields.
  std::string_view channel;
  std::string_view provider;
  std::uint32_t event_id = no_event_id;
  std::string_view host;  // computer as in the event
  // What a non-Windows event is (event/log_source.h), or nullptr. Windows events are known by channel and event_id.
  const LogSource* log_source = nullptr;
  // The record as written, for keyword rules; empty for binary formats.
  std::string_view raw;
  bool recovered = false;     // found in free space or a damaged chunk
  bool assumed_zone = false;  // its time had no zone: DecodeOptions::zone was applied
};

// Something that could not be read, or that the coverage should say. Notes are few: a decoder joins repeats.
struct Note {
  std::string text;
  std::uint64_t count = 1;
};

// Owned by one thread at a time; clear() keeps the memory. All views point into `arena`, into the block that was
// decoded, or at static text, so a batch must not outlive its block.
struct EventBatch {
  Arena arena;
  std::vector<Field> fields;
  std::vector<Event> events;
  std::uint64_t unreadable = 0;  // records that were skipped
  std::vector<Note> notes;

  void clear() {
    arena.clear();
    fields.clear();
    events.clear();
    unreadable = 0;
    notes.clear();
  }
  std::span<const Field> fields_of(const Event& event) const {
    return std::span(fields).subspan(event.field_begin, event.field_count);
  }
  // Appends an event whose fields will be the ones pushed from now on; finish with end_event().
  Event& begin_event() {
    events.emplace_back().field_begin = static_cast<std::uint32_t>(fields.size());
    return events.back();
  }
  void add_field(FieldId id, std::string_view text, ValueKind kind = ValueKind::text) {
    fields.push_back({id, {text, kind}});
  }
  void end_event() {
    events.back().field_count = static_cast<std::uint32_t>(fields.size()) - events.back().field_begin;
  }
  // Takes back the event that begin_event() opened, with its fields.
  void drop_event() {
    fields.resize(events.back().field_begin);
    events.pop_back();
  }
  // Adds a note, or counts it once more where the same text stands already.
  void note(std::string_view text);
};

// First value of the field with this id (exact spelling), or nullptr.
const Value* find(std::span<const Field> fields, FieldId id);
// First value of the field with this name: exact spelling first, then ASCII case-insensitive. Slow path: compares
// names.
const Value* find(std::span<const Field> fields, const FieldTable& table, std::string_view name);

}  // namespace tocsin::event
