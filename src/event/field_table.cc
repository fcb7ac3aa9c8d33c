#include "event/field_table.h"

#include <mutex>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::event {

FieldTable::FieldTable()
    : pages_(std::make_unique<std::unique_ptr<Entry[]>[]>(limits::field_names_max / page_entries + 1)) {
  pages_[0] = std::make_unique<Entry[]>(page_entries);
  pages_[0][0] = {"(other fields)", overflow_field};
  size_ = 1;
}

FieldId FieldTable::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = ids_.find(name);
  return found == ids_.end() ? overflow_field : found->second;
}

FieldId FieldTable::intern(std::string_view name) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = ids_.find(name); found != ids_.end()) {
      return found->second;
    }
  }
  const std::unique_lock lock(mutex_);
  return intern_locked(name);
}

FieldId FieldTable::intern_locked(std::string_view name) {
  if (const auto found = ids_.find(name); found != ids_.end()) {
    return found->second;
  }
  // Two ids are needed for a name with capitals, hence the margin of one.
  const std::uint32_t next = size_.load(std::memory_order_relaxed);
  if (next + 1 >= limits::field_names_max || bytes_ + name.size() > limits::field_names_bytes_max ||
      name.size() > limits::field_name_bytes_max) {
    return overflow_field;
  }
  const std::string lower = ascii_lower(name);
  FieldId folded{next};
  if (lower != name) {
    folded = intern_locked(lower);
  }
  const std::uint32_t number = size_.load(std::memory_order_relaxed);
  if (pages_[number / page_entries] == nullptr) {
    pages_[number / page_entries] = std::make_unique<Entry[]>(page_entries);
  }
  const std::string_view kept = arena_.copy(name);
  bytes_ += name.size();
  pages_[number / page_entries][number % page_entries] = {kept, lower == name ? FieldId{number} : folded};
  ids_.emplace(kept, FieldId{number});
  size_.store(number + 1, std::memory_order_release);
  return FieldId{number};
}

std::string_view FieldTable::name(FieldId id) const { return entry(id).name; }

FieldId FieldTable::folded(FieldId id) const { return entry(id).folded; }

FieldId FieldCache::id(std::string_view name) {
  // Open addressing over a power of two; names are kept by the table, so slots hold views.
  std::size_t hash = std::hash<std::string_view>{}(name);
  std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.name.data() == nullptr) {
      const FieldId id = table_->intern(name);
      if (id == overflow_field) {
        return id;
      }
      slot = {table_->name(id), id};
      if (++used_ * 2 > slots_.size()) {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        mask = slots_.size() - 1;
        for (const Slot& moved : old) {
          if (moved.name.data() == nullptr) {
            continue;
          }
          std::size_t to = std::hash<std::string_view>{}(moved.name) & mask;
          while (slots_[to].name.data() != nullptr) {
            to = (to + 1) & mask;
          }
          slots_[to] = moved;
        }
      }
      return id;
    }
    if (slot.name == name) {
      return slot.id;
    }
  }
}

}  // namespace tocsin::event
