// RowMemo: what rows of text logs came to, so that the next row with the same values need not be asked again. Web
// servers answer the same few addresses all day.
#pragma once

#include <cstdint>
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
  };
  struct Derived {
    SlotId slot;
    std::string text;
  };
  struct Entry {
    std::string key;
    std::uint32_t age = 0;
    std::vector<Period> periods;
    std::vector<Decision> decisions;
    std::vector<Derived> derived;  // where there are decisions
  };

  RowMemo(const SlotNames& names, event::FieldTable& fields) : names_(&names), fields_(&fields) {}

  // Which slots decide, by number; everything known is forgotten.
  void watch(std::vector<bool> slots);
  void forget() { ++age_; }

  // The entry of the event's values, or nullptr where there is none: find() or make() may then fill it.
  const Entry* find(const event::EventBatch& batch, const event::Event& event);
  // For the event that find() was asked of last; nullptr where its values are too long to be kept.
  Entry* make();

 private:
  static constexpr std::size_t entries_max = 4'096;
  static constexpr std::size_t key_bytes_max = 1'024;  // of all values together; longer rows are asked each time

  enum class Use : std::uint8_t { unknown, none, taken, watched };
  Use use_of(event::FieldId id);

  const SlotNames* names_;
  event::FieldTable* fields_;
  std::vector<bool> slots_;
  std::vector<Use> uses_;  // by field id
  std::vector<Entry> entries_;
  std::string key_;
  bool kept_ = false;  // key_ is whole
  std::uint32_t age_ = 1;
};

}  // namespace tocsin::verdict
