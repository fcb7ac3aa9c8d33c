#include "verdict/row_memo.h"

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::verdict {

void RowMemo::watch(std::vector<bool> slots) {
  slots_ = std::move(slots);
  uses_.clear();
  entries_.resize(entries_max);
  forget();
}

RowMemo::Use RowMemo::use_of(event::FieldId id) {
  const std::size_t at = event::index(id);
  if (at >= uses_.size()) {
    uses_.resize(at + 64, Use::unknown);
  }
  if (uses_[at] == Use::unknown) {
    Use use = Use::none;
    if (id != event::overflow_field) {
      for (const SlotId slot : *names_->takers(ascii_lower(fields_->name(id)))) {
        use = slots_[slot] ? Use::watched : std::max(use, Use::taken);
        if (use == Use::watched) {
          break;
        }
      }
    }
    uses_[at] = use;
  }
  return uses_[at];
}

const RowMemo::Entry* RowMemo::find(const event::EventBatch& batch, const event::Event& event) {
  key_.clear();
  kept_ = false;
  const auto append = [this](std::uint32_t what, std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    key_.append(reinterpret_cast<const char*>(&what), sizeof what);
    key_.append(reinterpret_cast<const char*>(&size), sizeof size);
    key_.append(text);
  };
  for (const event::Field& field : batch.fields_of(event)) {
    if (field.value.kind == event::ValueKind::null) {
      continue;
    }
    const Use use = use_of(field.id);
    // A value that is cut is counted: such a row is asked each time.
    if (use == Use::none || (use == Use::taken && field.value.text.size() <= limits::predicate_text_bytes_max)) {
      continue;
    }
    if (use == Use::taken || field.value.text.size() > key_bytes_max) {
      return nullptr;
    }
    append(static_cast<std::uint32_t>(event::index(field.id)), field.value.text);
  }
  constexpr std::uint32_t parts = ~std::uint32_t{0};
  if (slots_[SlotNames::host]) {
    append(parts, event.host);
  }
  if (slots_[SlotNames::provider]) {
    append(parts - 1, event.provider);
  }
  if (key_.size() > key_bytes_max) {
    return nullptr;
  }
  kept_ = true;
  const Entry& entry = entries_[std::hash<std::string_view>()(key_) % entries_max];
  return entry.age == age_ && entry.key == key_ ? &entry : nullptr;
}

RowMemo::Entry* RowMemo::make() {
  if (!kept_) {
    return nullptr;
  }
  Entry& entry = entries_[std::hash<std::string_view>()(key_) % entries_max];
  entry.age = age_;
  entry.key = key_;
  entry.periods.clear();
  entry.decisions.clear();
  entry.derived.clear();
  return &entry;
}

}  // namespace tocsin::verdict
