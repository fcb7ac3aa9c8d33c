// IndicatorSet: millions of indicators made ready for searching, immutable and shared by all threads; IndicatorScanner:
// one thread's way to find them in batches of events.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "rules/indicators/false_friends.h"
#include "rules/indicators/store.h"

namespace tocsin::detect {

struct IndicatorSearch {
  bool text = true;         // also inside free text, not only in fields whose names say what they hold
  bool names_below = true;  // a domain stands for the names below it
  bool any_time = false;    // valid_from and valid_until are not looked at
  bool plain = false;       // the slow reference: every indicator against every value
};

class IndicatorSet {
 public:
  using Position = rules::IndicatorStore::Position;

  // Cost: about a second for ten million. `friends` may be nullptr.
  static std::shared_ptr<const IndicatorSet> compile(std::shared_ptr<const rules::IndicatorStore> store,
                                                     std::shared_ptr<const rules::FalseFriends> friends,
                                                     IndicatorSearch search = {});
  const rules::IndicatorStore& store() const;
  const rules::FalseFriends* friends() const;
  const IndicatorSearch& search() const;
  // Entries that repeat a value without an object of their own, or one too often (limits::indicator_sources_max).
  std::uint64_t duplicates() const;
  // Entries that are false friends, by list of friends().
  const std::vector<std::uint64_t>& false_friends() const;

  struct Implementation;
  explicit IndicatorSet(std::unique_ptr<const Implementation> implementation);
  ~IndicatorSet();
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::unique_ptr<const Implementation> implementation_;
};

// A value of an indicator stands in an event.
struct IndicatorHit {
  enum class Hidden : std::uint8_t { no, false_friend, outside_validity };
  std::uint32_t event = 0;  // index into EventBatch::events
  Hidden hidden = Hidden::no;
  IndicatorSet::Position indicator = 0;
  event::FieldId field = event::overflow_field;  // overflow_field: the raw record of an event without fields
  std::string_view value;                        // of the field, into the batch

  bool operator==(const IndicatorHit&) const = default;
};

// Not thread-safe; one for each thread. After warm-up scanning allocates nothing per event without a hit.
class IndicatorScanner {
 public:
  IndicatorScanner(std::shared_ptr<const IndicatorSet> set, const event::FieldTable& fields);
  ~IndicatorScanner();
  IndicatorScanner(const IndicatorScanner&) = delete;
  IndicatorScanner& operator=(const IndicatorScanner&) = delete;

  // Appends the hits of the batch, by event, then indicator in the order of loading, then field; each once. At most
  // limits::indicator_hits_of_event_max an event.
  void scan(const event::EventBatch& batch, std::vector<IndicatorHit>& hits);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::detect
