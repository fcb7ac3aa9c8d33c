#include "verdict/slots.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::verdict {

namespace {

// Marks a field that no slot takes.
const std::vector<SlotId>* nobody() {
  static const std::vector<SlotId> none;
  return &none;
}

}  // namespace

SlotNames::SlotNames() {
  for (const std::string_view part : {"@channel", "@provider", "@host", "@raw", "@path"}) {
    derived(part);
  }
}

SlotId SlotNames::derived(std::string_view name) {
  if (const auto found = ids_.find(name); found != ids_.end()) {
    return found->second;
  }
  const auto id = static_cast<SlotId>(names_.size());
  names_.emplace_back(name);
  ids_.emplace(name, id);
  return id;
}

SlotId SlotNames::slot(std::string_view name) {
  if (const auto found = ids_.find(name); found != ids_.end()) {
    return found->second;
  }
  const SlotId id = derived(name);
  takers_[ascii_lower(name)].push_back(id);
  return id;
}

void SlotNames::alias(std::string_view name, const std::vector<std::string>& fields) {
  const SlotId id = derived(name);
  for (const std::string& field : fields) {
    takers_[ascii_lower(field)].push_back(id);
  }
}

const std::vector<SlotId>* SlotNames::takers(std::string_view lower) const {
  const auto found = takers_.find(lower);
  return found == takers_.end() ? nobody() : &found->second;
}

Slots::Slots(const SlotNames& names, event::FieldTable& fields)
    : names_(&names), fields_(&fields), heads_(names.size(), 0), tails_(names.size(), 0) {}

const std::vector<SlotId>* Slots::takers(event::FieldId id) {
  const std::size_t at = event::index(id);
  if (at >= by_field_.size()) {
    by_field_.resize(at + 64, nullptr);
  }
  if (by_field_[at] == nullptr) {
    by_field_[at] = id == event::overflow_field ? nobody() : names_->takers(ascii_lower(fields_->name(id)));
  }
  return by_field_[at];
}

void Slots::add(SlotId slot, std::string_view text) {
  entries_.push_back({text, 0, 0});
  const auto number = static_cast<std::uint32_t>(entries_.size());
  if (heads_[slot] == 0) {
    heads_[slot] = number;
    used_.push_back(slot);
  } else {
    entries_[tails_[slot] - 1].next = number;
  }
  tails_[slot] = number;
}

const FoldedText& Slots::folded(const Entry& entry) const {
  if (entry.folded == 0) {
    if (folded_count_ == folded_.size()) {
      folded_.emplace_back();
    }
    FoldedText& made = folded_[folded_count_++];
    char* lower = arena_.allocate(entry.text.size());
    std::transform(entry.text.begin(), entry.text.end(), lower, [](char c) { return ascii_lower(c); });
    made.text = {lower, entry.text.size()};
    made.pairs.fill(made.text);
    entries_[static_cast<std::size_t>(&entry - entries_.data())].folded = static_cast<std::uint32_t>(folded_count_);
    return made;
  }
  return folded_[entry.folded - 1];
}

void Slots::clear() {
  for (const SlotId slot : used_) {
    heads_[slot] = 0;
  }
  used_.clear();
  entries_.clear();
  folded_count_ = 0;
  arena_.clear();
}

void Slots::add_parts(const event::Event& event, std::string_view path) {
  const auto part = [&](SlotId slot, std::string_view text) {
    if (!text.empty()) {
      add(slot, text.substr(0, limits::predicate_text_bytes_max));
    }
  };
  part(SlotNames::channel, event.channel);
  part(SlotNames::provider, event.provider);
  part(SlotNames::host, event.host);
  part(SlotNames::raw, event.raw);
  part(SlotNames::path, path);
}

void Slots::fill_parts(const event::Event& event, std::string_view path) {
  clear();
  add_parts(event, path);
}

std::size_t Slots::fill(const event::EventBatch& batch, const event::Event& event, std::string_view path) {
  clear();
  std::size_t cut = 0;
  const auto begin_of = [&](std::string_view text) {
    cut += text.size() > limits::predicate_text_bytes_max;
    return text.substr(0, limits::predicate_text_bytes_max);
  };
  for (const event::Field& field : batch.fields_of(event)) {
    const std::vector<SlotId>* slots = takers(field.id);
    if (field.value.kind != event::ValueKind::null && !slots->empty()) {
      const std::string_view text = begin_of(field.value.text);
      for (const SlotId slot : *slots) {
        add(slot, text);
      }
    }
  }
  add_parts(event, path);
  return cut;
}

}  // namespace tocsin::verdict
