// FieldTable: gives every field name of one run a small number, so that events and rules compare numbers, not names.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"

namespace tocsin::event {

// Numbers are dense from 0. `overflow` stands for every name beyond the limits of base/limits.h.
enum class FieldId : std::uint32_t {};
inline constexpr FieldId overflow_field{0};
constexpr std::uint32_t index(FieldId id) { return static_cast<std::uint32_t>(id); }

// Shared by all threads of a run. Names are kept exactly as first written and never freed.
// folded(id) is the id of the ASCII lower-case spelling: two names that differ only in case have one folded id.
class FieldTable {
 public:
  FieldTable();
  FieldTable(const FieldTable&) = delete;
  FieldTable& operator=(const FieldTable&) = delete;

  // Thread-safe. Cost: a hash and a shared lock; use FieldCache on hot paths.
  FieldId intern(std::string_view name);
  // The id of a name that is already known, or overflow_field.
  FieldId find(std::string_view name) const;
  std::string_view name(FieldId id) const;
  FieldId folded(FieldId id) const;
  // Number of ids handed out so far.
  std::uint32_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  struct Entry {
    std::string_view name;
    FieldId folded;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  static constexpr std::uint32_t page_entries = 4096;

  FieldId intern_locked(std::string_view name);
  const Entry& entry(FieldId id) const { return pages_[index(id) / page_entries][index(id) % page_entries]; }

  mutable std::shared_mutex mutex_;  // guards ids_, arena_, bytes_ and growth of pages_
  std::unordered_map<std::string_view, FieldId, Hash, std::equal_to<>> ids_;
  Arena arena_;
  std::size_t bytes_ = 0;
  std::unique_ptr<std::unique_ptr<Entry[]>[]> pages_;  // a page is never moved, so reading an entry needs no lock
  std::atomic<std::uint32_t> size_ = 0;
};

// A thread's own memory of names it has seen; no locks after the first meeting. Not thread-safe.
class FieldCache {
 public:
  explicit FieldCache(FieldTable& table) : table_(&table) {}
  FieldId id(std::string_view name);
  FieldTable& table() const { return *table_; }

 private:
  struct Slot {
    std::string_view name;
    FieldId id{};
  };
  FieldTable* table_;
  std::vector<Slot> slots_ = std::vector<Slot>(1024);
  std::size_t used_ = 0;
};

}  // namespace tocsin::event
