// Slots: the few fields of an event that a playbook asks for, found in one pass over the event.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "event/event.h"
#include "verdict/needle.h"

namespace tocsin::verdict {

using SlotId = std::uint16_t;

// The names that a playbook uses. A slot takes the values of one or more event fields (compared without case), or is
// filled by a derivation (predicates.h). Names with '@' are parts of the event itself: @channel, @provider, @host,
// @raw and @path.
class SlotNames {
 public:
  SlotNames();
  // The slot of this name; a new one takes the field of that name.
  SlotId slot(std::string_view name);
  // A slot that is no field: only derivations fill it.
  SlotId derived(std::string_view name);
  // Gives a slot the fields it takes instead of its own name.
  void alias(std::string_view name, const std::vector<std::string>& fields);
  std::size_t size() const { return names_.size(); }
  const std::string& name(SlotId slot) const { return names_[slot]; }
  // Slots that take the field with this lower-case name.
  const std::vector<SlotId>* takers(std::string_view lower) const;

  enum Part : SlotId { channel, provider, host, raw, path, parts };

 private:
  std::vector<std::string> names_;
  std::map<std::string, SlotId, std::less<>> ids_;
  std::map<std::string, std::vector<SlotId>, std::less<>> takers_;
};

// The values of one event by slot; reused. Not thread-safe: one per observer and playbook.
class Slots {
 public:
  Slots(const SlotNames& names, event::FieldTable& fields);

  // Takes the values of the event. Views stay valid as long as the batch, derived ones until the next fill().
  // Of a value longer than limits::predicate_text_bytes_max the beginning; tells how many there were.
  std::size_t fill(const event::EventBatch& batch, const event::Event& event, std::string_view path);
  // Only @channel, @provider, @host, @raw and @path.
  void fill_parts(const event::Event& event, std::string_view path);
  // First value, or empty text.
  std::string_view first(SlotId slot) const {
    return heads_[slot] == 0 ? std::string_view{} : entries_[heads_[slot] - 1].text;
  }
  bool present(SlotId slot) const { return heads_[slot] != 0; }
  // Calls `each(text)` for the values in order until it returns true; tells whether it did.
  template <class Each>
  bool any(SlotId slot, Each&& each) const {
    for (std::uint32_t at = heads_[slot]; at != 0; at = entries_[at - 1].next) {
      if (each(entries_[at - 1].text)) {
        return true;
      }
    }
    return false;
  }
  // The same for the values in lower case, made on first need.
  template <class Each>
  bool any_folded(SlotId slot, Each&& each) const {
    for (std::uint32_t at = heads_[slot]; at != 0; at = entries_[at - 1].next) {
      if (each(folded(entries_[at - 1]))) {
        return true;
      }
    }
    return false;
  }
  void add(SlotId slot, std::string_view text);
  // For derivations: keeps a text until the next fill().
  std::string_view keep(std::string_view text) { return arena_.copy(text); }

 private:
  struct Entry {
    std::string_view text;
    std::uint32_t next;
    std::uint32_t folded = 0;  // index + 1 into folded_
  };
  const FoldedText& folded(const Entry& entry) const;
  const std::vector<SlotId>* takers(event::FieldId id);
  void clear();
  void add_parts(const event::Event& event, std::string_view path);

  const SlotNames* names_;
  event::FieldTable* fields_;
  std::vector<std::uint32_t> heads_, tails_;  // index + 1 into entries_
  mutable std::vector<Entry> entries_;
  mutable std::deque<FoldedText> folded_;  // the first folded_count_ are of this event
  mutable std::size_t folded_count_ = 0;
  std::vector<SlotId> used_;
  std::vector<const std::vector<SlotId>*> by_field_;  // by field id; unknown_ where it was not looked up yet
  mutable Arena arena_;
};

}  // namespace tocsin::verdict
