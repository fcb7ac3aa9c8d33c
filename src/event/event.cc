#include "event/event.h"

#include "base/text.h"

namespace tocsin::event {

void EventBatch::note(std::string_view text) {
  for (Note& old : notes) {
    if (old.text == text) {
      ++old.count;
      return;
    }
  }
  notes.push_back({std::string(text), 1});
}

const Value* find(std::span<const Field> fields, FieldId id) {
  for (const Field& field : fields) {
    if (field.id == id) {
      return &field.value;
    }
  }
  return nullptr;
}

const Value* find(std::span<const Field> fields, const FieldTable& table, std::string_view name) {
  const Value* folded = nullptr;
  for (const Field& field : fields) {
    const std::string_view own = table.name(field.id);
    if (own == name) {
      return &field.value;
    }
    if (folded == nullptr && ascii_iequals(own, name)) {
      folded = &field.value;
    }
  }
  return folded;
}

}  // namespace tocsin::event
