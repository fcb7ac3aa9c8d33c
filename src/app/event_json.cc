#include "app/event_json.h"

#include <vector>

#include "wire/json.h"

namespace tocsin::app {
namespace {

// A number is written bare only if it is one in JSON too ("007" and "+1" are not).
bool json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      ++at;
    }
    return at - begin;
  };
  const std::size_t begin = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[begin] == '0')) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) {
      return false;
    }
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      ++at;
    }
    if (digits() == 0) {
      return false;
    }
  }
  return at == text.size();
}

void write_value(wire::JsonWriter& writer, const event::Value& value) {
  switch (value.kind) {
    case event::ValueKind::null:
      writer.null();
      return;
    case event::ValueKind::integer:
    case event::ValueKind::real:
      if (json_number(value.text)) {
        writer.raw(value.text);
      } else {
        writer.string(value.text);
      }
      return;
    case event::ValueKind::boolean:
      writer.boolean(value.text == "true");
      return;
    case event::ValueKind::text:
      writer.string(value.text);
      return;
  }
}

}  // namespace

void append_event_fields(std::string& out, const event::EventBatch& batch, const event::Event& event,
                         const event::FieldTable& fields) {
  wire::JsonWriter writer(out);
  writer.begin_object();
  const auto all = batch.fields_of(event);
  std::vector<bool> done(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (done[i]) {
      continue;
    }
    writer.key(fields.name(all[i].id));
    bool many = false;
    for (std::size_t j = i + 1; j < all.size() && !many; ++j) {
      many = all[j].id == all[i].id;
    }
    if (!many) {
      write_value(writer, all[i].value);
      continue;
    }
    writer.begin_array();
    for (std::size_t j = i; j < all.size(); ++j) {
      if (all[j].id == all[i].id) {
        write_value(writer, all[j].value);
        done[j] = true;
      }
    }
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace tocsin::app
