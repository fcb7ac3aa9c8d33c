// RowMemo: what rows of text logs came to, so that the next row with the same values need not be asked again. Web
// servers answer the same few addresses all day.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "verdict/slots.h"

namespace tocsin::verdict {

class RowMemo {
 public:
  // A row was one of this input's rows.
  struct Period {
    std::uint16_t input;
    bool marks;
    bool of_event;       // the server is the event's host
    std::string server;  // else
    std::string key;
  };
  // A row may be evidence: for this row of the playbook, in this case.
  struct Decision {
    std::uint16_t row;
    std::string chosen;
    // The values of its fact, but for those that rows with the same decision do not share; where Entry::told.
    std::vector<std::string> values;
    std::vector<std::string_view> kept;  // the same in the memory of the batch `kept_in`
    std::uint64_t kept_in = 0;
  };
  struct Derived {
    SlotId slot;
    std::string text;
  };
  struct Entry {
    std::string key;
    std::uint32_t age = 0;
    bool told = false;  // facts can be given without looking at the row again
    std::vector<Period> periods;
    std::vector<Decision> decisions;
    std::vector<Derived> derived;  // where there are decisions
  };
  // The first value of a slot that does not decide, and how many there are.
  struct Copied {
    SlotId slot;
    std::uint32_t count = 0;
    std::string_view text;
  };

  RowMemo(const SlotNames& names, event::FieldTable& fields) : names_(&names), fields_(&fields) {}

  // Which slots decide, by number, and which are copied beside them; everything known is forgotten.
  void watch(std::vector<bool> slots, std::span<const SlotId> copied);
  void forget() { ++age_; }

  // The entry of the event's values, or nullptr where there is none: find() or make() may then fill it.
  Entry* find(const event::EventBatch& batch, const event::Event& event);
  // For the event that find() was asked of last; nullptr where its values are too long to be kept.
  Entry* make();
  // Of that event, in the order of watch(). Whole where find() gave an entry.
  std::span<const Copied> copied() const { return copied_; }

 private:
  static constexpr std::size_t entries_max = 4'096;
  static constexpr std::size_t ways = 2;               // places where an entry may be
  static constexpr std::size_t key_bytes_max = 1'024;  // of all values together; longer rows are asked each time
  // Of so many rows so few were known: the next ones are not looked up, for keeping costs more than asking.
  static constexpr std::uint32_t tries = 1'024, known_min = 128, pause = 8'192;

  struct Use {
    enum class Kind : std::uint8_t { unknown, none, taken, watched };
    Kind kind = Kind::unknown;
    std::vector<std::uint16_t> copies;  // indices into copied_
  };
  const Use& use_of(event::FieldId id) {
    const std::size_t at = event::index(id);
    return at < uses_.size() && uses_[at].kind != Use::Kind::unknown ? uses_[at] : learn(id);
  }
  const Use& learn(event::FieldId id);
  bool is_key_of(const Entry& entry) const;

  struct Part {
    std::uint32_t what = 0;
    std::string_view text;
  };

  const SlotNames* names_;
  event::FieldTable* fields_;
  std::vector<bool> slots_;
  std::vector<Use> uses_;  // by field id
  std::vector<Entry> entries_;
  std::vector<Copied> copied_;
  std::vector<Part> parts_;  // of the event at hand: what decides
  std::size_t key_bytes_ = 0;
  std::uint64_t hash_ = 0;
  bool kept_ = false;  // parts_ are whole
  std::uint32_t age_ = 1;
  std::uint32_t tried_ = 0, known_ = 0, paused_ = 0;
};

}  // namespace tocsin::verdict
