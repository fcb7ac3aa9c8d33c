#include "ingest/json/decoder.h"

#include "base/limits.h"
#include "base/text.h"
#include "ingest/json/profile.h"
#include "ingest/line_framer.h"

namespace tocsin::ingest::json {

JsonDecoder::JsonDecoder(event::FieldTable& fields, const DecodeOptions& options)
    : flattener_(fields), options_(options), unwrapper_(fields, options_) {}

void JsonDecoder::decode(const Block& block, event::EventBatch& batch) {
  decode_records(block, batch);
  clock_difference_.note(batch);
}

void JsonDecoder::decode_records(const Block& block, event::EventBatch& batch) {
  if (const auto* spans = dynamic_cast<const RecordSpans*>(block.context.get())) {
    const std::string_view bytes = block.bytes;
    for (const RecordSpans::Span& span : spans->spans) {
      decode_record(bytes.substr(span.begin, span.size), block.first_record + span.number, block.offset + span.begin,
                    batch);
    }
    return;
  }
  Lines lines(block);
  std::string_view line;
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  while (lines.next(line, number, offset)) {
    std::string_view text = trim(line);
    // Lines cut out of an array keep their comma.
    if (text.ends_with(',')) {
      text.remove_suffix(1);
    }
    if (!text.empty()) {
      decode_record(text, number, offset + static_cast<std::uint64_t>(text.data() - line.data()), batch);
    }
  }
}

void JsonDecoder::decode_record(std::string_view text, std::uint64_t number, std::uint64_t offset,
                                event::EventBatch& batch) {
  batch.begin_event();
  wire::JsonFault fault = flattener_.flatten(text, batch);
  // Each repair is tried once; a text may need both.
  for (int repairs = 0; repairs < 2; ++repairs) {
    if (fault == wire::JsonFault::encoding) {
      text = batch.arena.copy(repair_utf8(text));
      batch.note("ill-formed UTF-8 was replaced by U+FFFD");
    } else if (fault == wire::JsonFault::control_character) {
      text = batch.arena.copy(wire::escape_controls(text));
      batch.note("raw control characters in strings were accepted");
    } else {
      break;
    }
    batch.fields.resize(batch.events.back().field_begin);
    fault = flattener_.flatten(text, batch);
  }
  if (fault != wire::JsonFault::none) {
    batch.drop_event();
    ++batch.unreadable;
    batch.note("records that are unreadable: " + std::string(wire::fault_text(fault)));
    return;
  }
  event::Event& event = batch.events.back();
  event.record = number;
  event.offset = offset;
  event.raw = text;
  if (flattener_.left_out()) {
    batch.note("events with more than " + std::to_string(limits::event_fields_max) + " fields: the rest was left out");
  }
  if (flattener_.repaired()) {
    batch.note("lone surrogates were replaced by U+FFFD");
  }
  Record record(batch, flattener_, options_);
  if (!unwrapper_.unwrap(record)) {
    apply_profiles(record);
  }
  batch.end_event();
  if (record.has(Role::sysmon_time)) {
    clock_difference_.add(event.time, record.value(Role::sysmon_time));
  }
}

}  // namespace tocsin::ingest::json
