// RecordReader: gives the fields of one EVTX record straight from its substitution values, through compiled templates.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "ingest/evtx/generic_reader.h"
#include "ingest/evtx/template.h"
#include "ingest/evtx/template_cache.h"
#include "ingest/evtx/values.h"
#include "ingest/windows_event.h"

namespace tocsin::ingest::evtx {

// Reads the records of one chunk after another. Not thread-safe.
class RecordReader {
 public:
  enum class Path : std::uint8_t { fast, fresh, generic, raw };
  // fresh: compile templates anew in every chunk, and read records with embedded elements token by token as a whole;
  // generic: never use compiled templates (both slower, for comparison).
  // raw: evtx_dump's paths as field names.
  RecordReader(event::FieldTable& table, const Codepage& codepage, Path path);

  // Names the chunk whose records follow; it and the batch must outlive them.
  void begin_chunk(std::span<const std::uint8_t> chunk, event::EventBatch& batch);
  // Pushes the fields of the record whose BinXML lies in [begin, end). False if it is damaged: drop the event.
  // strict: also demand that the template is the one the record names, as for records found in free space.
  bool read(std::size_t begin, std::size_t end, bool strict);
  // Fields of the last record were left out (limits::event_fields_max).
  bool overflowed() const { return overflowed_; }
  // The time that the last record was given by its attribute of this field, as a number.
  void watch_time(event::FieldId field) { time_field_ = field; }
  const KnownTime& known_time() const { return known_time_; }

 private:
  enum class Outcome : std::uint8_t { done, damaged, needs_generic };
  struct Compiled {
    std::uint32_t definition = 0;
    EventPart part = EventPart::document;
    bool damaged = false;
    std::uint32_t identifier = 0;
    const Template* code = nullptr;  // own, or the cache's
    std::unique_ptr<Template> own;
    const char* text = nullptr;  // its literals in the batch's arena
  };

  Outcome fragment(std::size_t begin, std::size_t end, EventPart part, std::size_t levels);
  Outcome tokens(std::size_t begin, std::size_t end, EventPart part, std::size_t levels);
  Outcome run(const Compiled& compiled, std::size_t slots_begin, std::uint32_t slot_count, std::size_t levels);
  const Compiled* compiled(std::uint32_t definition, EventPart part);
  bool add(event::FieldId field, const event::Value& value);
  void note_time(const SlotValue& value, std::string_view text);
  SlotValue slot(std::size_t begin, std::uint32_t count, std::uint16_t index) const {
    return index < count ? slots_[begin + index] : SlotValue{};
  }

  TemplateCompiler compiler_;
  TemplateCache cache_;
  GenericReader generic_;
  ValueRenderer renderer_;
  Path path_;
  std::span<const std::uint8_t> chunk_;
  event::EventBatch* batch_ = nullptr;
  std::vector<Compiled> compiled_;  // the first compiled_count_ belong to this chunk
  std::size_t compiled_count_ = 0;
  std::vector<SlotValue> slots_;  // of all instances being read, innermost last
  std::size_t fields_begin_ = 0;
  std::size_t text_left_ = 0;
  std::uint64_t compile_left_ = 0;
  std::uint64_t steps_left_ = 0;
  std::uint64_t tokens_left_ = 0;
  event::FieldId time_field_ = event::overflow_field;  // of no time
  KnownTime known_time_;
  bool overflowed_ = false;
  bool strict_ = false;
};

}  // namespace tocsin::ingest::evtx
