// Decodes whole inputs in tests and writes their events as JSON lines that goldens can be compared with.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "event/event.h"
#include "ingest/format.h"
#include "wire/json.h"

namespace tocsin::test {

struct Decoded {
  std::string lines;  // one JSON object for each event
  std::uint64_t events = 0;
  std::uint64_t unreadable = 0;
  std::vector<event::Note> notes;  // joined by text
  std::string error;               // of the framer
};

inline void append_event(std::string& out, const event::EventBatch& batch, const event::Event& event,
                         const event::FieldTable& table) {
  wire::JsonWriter json(out);
  json.begin_object();
  json.key("record").number(event.record).key("offset").number(event.offset);
  if (event.time.known()) {
    json.member("time", rfc3339(event.time));
  }
  if (event.assumed_zone) {
    json.key("assumed_zone").boolean(true);
  }
  if (event.recovered) {
    json.key("recovered").boolean(true);
  }
  if (event.log_source != nullptr) {
    json.member("log_source", event.log_source->name);
  }
  if (!event.channel.empty()) {
    json.member("channel", event.channel);
  }
  if (!event.provider.empty()) {
    json.member("provider", event.provider);
  }
  if (event.event_id != event::no_event_id) {
    json.key("event_id").number(std::uint64_t{event.event_id});
  }
  if (!event.host.empty()) {
    json.member("host", event.host);
  }
  const auto value = [&](const event::Value& field) {
    switch (field.kind) {
      case event::ValueKind::null:
        json.null();
        break;
      case event::ValueKind::text:
        json.string(field.text);
        break;
      case event::ValueKind::integer:
      case event::ValueKind::real:
      case event::ValueKind::boolean:
        json.raw(field.text);
        break;
    }
  };
  json.key("fields").begin_object();
  const auto fields = batch.fields_of(event);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::size_t same = 0;
    bool seen = false;
    for (std::size_t k = 0; k < fields.size(); ++k) {
      same += fields[k].id == fields[i].id ? 1 : 0;
      seen = seen || (k < i && fields[k].id == fields[i].id);
    }
    if (seen) {
      continue;
    }
    json.key(table.name(fields[i].id));
    if (same == 1) {
      value(fields[i].value);
      continue;
    }
    json.begin_array();
    for (const event::Field& field : fields) {
      if (field.id == fields[i].id) {
        value(field.value);
      }
    }
    json.end_array();
  }
  json.end_object().end_object();
  out += '\n';
}

// Reads `input` with `format` as the program does, block by block; blocks are kept apart as the framer cut them.
inline Decoded decode_all(const ingest::Format& format, std::string_view input,
                          const ingest::DecodeOptions& options = {}, bool keep_lines = true) {
  Decoded out;
  event::FieldTable table;
  MemorySource source(input);
  const auto framer = format.open(source, options);
  const auto decoder = format.decoder(table, options);
  ingest::Block block;
  event::EventBatch batch;
  event::EventBatch all;
  for (;;) {
    const auto more = framer->next(block);
    if (!more) {
      out.error = more.error().text();
      break;
    }
    if (!*more) {
      break;
    }
    batch.clear();
    decoder->decode(block, batch);
    out.unreadable += block.unreadable + batch.unreadable;
    out.events += batch.events.size();
    for (const auto& notes : {block.notes, batch.notes}) {
      for (const event::Note& note : notes) {
        for (std::uint64_t i = 0; i < note.count && i < 1000; ++i) {
          all.note(note.text);
        }
      }
    }
    if (keep_lines) {
      for (const event::Event& event : batch.events) {
        append_event(out.lines, batch, event, table);
      }
    }
  }
  out.notes = std::move(all.notes);
  return out;
}

}  // namespace tocsin::test
