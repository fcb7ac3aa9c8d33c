#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "detect/indicators/field_use.h"
#include "detect/indicators/implementation.h"
#include "detect/indicators/reference_search.h"
#include "detect/indicators/value_search.h"

namespace tocsin::detect {
namespace {

using event::Event;
using event::EventBatch;

// Values in which nothing was found: logs repeat themselves. Compares bytes, so it is never wrong; forgets the older of
// two values that share a place. 512 KiB for each thread.
class ValueMemo {
 public:
  static constexpr std::size_t value_bytes_max = 124;

  bool knows(std::string_view value, std::uint16_t kind_class, std::uint64_t hash) const {
    const Slot& slot = slots_[hash & (slots - 1)];
    return slot.size == value.size() && slot.kind_class == kind_class &&
           std::memcmp(slot.bytes, value.data(), value.size()) == 0;
  }
  void keep(std::string_view value, std::uint16_t kind_class, std::uint64_t hash) {
    Slot& slot = slots_[hash & (slots - 1)];
    slot.size = static_cast<std::uint8_t>(value.size());
    slot.kind_class = kind_class;
    std::memcpy(slot.bytes, value.data(), value.size());
  }

 private:
  static constexpr std::size_t slots = 4096;
  struct Slot {
    std::uint16_t kind_class = 0;
    std::uint8_t size = 0;
    char bytes[value_bytes_max + 1] = {};
  };
  std::unique_ptr<Slot[]> slots_ = std::make_unique<Slot[]>(slots);
};

}  // namespace

struct IndicatorScanner::State {
  State(std::shared_ptr<const IndicatorSet> given, const event::FieldTable& fields)
      : set(std::move(given)), compiled(set->implementation()), table(fields), search(compiled), reference(compiled) {}

  // How a field is searched, worked out when it is first met.
  struct Use {
    bool known = false;
    bool file_field = false;
    std::uint16_t kind_class = 0;  // fields of one class are searched alike
    std::uint32_t kinds = 0;
  };

  const Use& use_of(event::FieldId id) {
    const std::uint32_t at = event::index(id);
    if (at >= uses.size()) {
      uses.resize(std::max<std::size_t>(at + 1, table.size()));
    }
    Use& use = uses[at];
    if (!use.known) {
      const std::string_view name = table.name(id);
      use.known = true;
      use.kinds = kinds_in_field(name, compiled.search.text) & compiled.present;
      use.file_field = holds_file_names(name);
      const std::pair key{use.kinds, use.file_field};
      const auto same = std::find(classes.begin(), classes.end(), key);
      use.kind_class = static_cast<std::uint16_t>(1 + (same - classes.begin()));
      if (same == classes.end()) {
        classes.push_back(key);
      }
    }
    return use;
  }

  void value(std::string_view text, const Use& use) {
    found.clear();
    if (compiled.search.plain) {
      reference.search(text, use.kinds, use.file_field, found);
      return;
    }
    if (text.size() > ValueMemo::value_bytes_max) {
      search.search(text, use.kinds, use.file_field, found);
      return;
    }
    const std::uint64_t hash = hash_value(text, compiled.seeds[0]) >> 8;
    if (memo.knows(text, use.kind_class, hash)) {
      return;
    }
    search.search(text, use.kinds, use.file_field, found);
    if (found.empty()) {
      memo.keep(text, use.kind_class, hash);
    }
  }

  // A value may hold an indicator many times.
  void find(std::string_view text, const Use& use) {
    value(text, use);
    if (found.size() > 1) {
      std::sort(found.begin(), found.end(),
                [](const FoundIndicator& a, const FoundIndicator& b) { return a.position < b.position; });
      found.erase(
          std::unique(found.begin(), found.end(),
                      [](const FoundIndicator& a, const FoundIndicator& b) { return a.position == b.position; }),
          found.end());
    }
  }

  void keep(const Event& event, std::uint32_t at, event::FieldId field, std::string_view text,
            std::vector<IndicatorHit>& hits) {
    for (const FoundIndicator& one : found) {
      IndicatorHit hit{.event = at,
                       .hidden = one.false_friend ? IndicatorHit::Hidden::false_friend : IndicatorHit::Hidden::no,
                       .indicator = one.position,
                       .field = field,
                       .value = text};
      if (hit.hidden == IndicatorHit::Hidden::no && !compiled.search.any_time && event.time.known()) {
        const rules::IndicatorEntry entry = compiled.store->at(one.position);
        if (!rules::valid_at(entry.from, entry.until, event.time)) {
          hit.hidden = IndicatorHit::Hidden::outside_validity;
        }
      }
      hits.push_back(hit);
    }
  }

  void scan(const EventBatch& batch, std::vector<IndicatorHit>& hits) {
    for (std::uint32_t at = 0; at < batch.events.size(); ++at) {
      const Event& event = batch.events[at];
      const std::size_t first = hits.size();
      const auto fields = batch.fields_of(event);
      for (const event::Field& field : fields) {
        const std::string_view text = field.value.text;
        if (text.size() < 3) {
          continue;
        }
        const Use& use = use_of(field.id);
        if (use.kinds == 0) {
          continue;
        }
        find(text, use);
        if (!found.empty() && hits.size() - first < limits::indicator_hits_of_event_max) {
          keep(event, at, field.id, text, hits);
        }
      }
      if (fields.empty() && compiled.search.text && event.raw.size() >= 3) {
        find(event.raw, use_of(event::overflow_field));
        keep(event, at, event::overflow_field, event.raw, hits);
      }
      if (hits.size() > first) {
        const auto begin = hits.begin() + static_cast<std::ptrdiff_t>(first);
        std::stable_sort(begin, hits.end(),
                         [](const IndicatorHit& a, const IndicatorHit& b) { return a.indicator < b.indicator; });
        hits.erase(std::unique(begin, hits.end()), hits.end());
        if (hits.size() - first > limits::indicator_hits_of_event_max) {
          hits.resize(first + limits::indicator_hits_of_event_max);
        }
      }
    }
  }

  std::shared_ptr<const IndicatorSet> set;
  const IndicatorSet::Implementation& compiled;
  const event::FieldTable& table;
  ValueSearch search;
  ReferenceSearch reference;
  ValueMemo memo;
  std::vector<Use> uses;
  std::vector<std::pair<std::uint32_t, bool>> classes;
  std::vector<FoundIndicator> found;
};

IndicatorScanner::IndicatorScanner(std::shared_ptr<const IndicatorSet> set, const event::FieldTable& fields)
    : state_(std::make_unique<State>(std::move(set), fields)) {}
IndicatorScanner::~IndicatorScanner() = default;

void IndicatorScanner::scan(const EventBatch& batch, std::vector<IndicatorHit>& hits) { state_->scan(batch, hits); }

}  // namespace tocsin::detect
