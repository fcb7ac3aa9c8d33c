// IndicatorStore: millions of indicators in one piece of memory, in the order in which they were loaded, and what is
// told about the lists they came from.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "rules/indicators/indicator_type.h"
#include "rules/rule.h"

namespace tocsin::rules {

// Where an indicator came from: a list, or one event of a MISP list.
struct IndicatorOrigin {
  std::string list;             // the file, as given
  std::string form;             // "STIX", "MISP", "CSV", "list"
  std::string context;          // MISP: the event's info; empty otherwise
  Level level = Level::medium;  // of its indicators, where they have none of their own
};

// One indicator. Views are into the store (or, when adding, the caller's).
struct IndicatorEntry {
  IndicatorKind kind = IndicatorKind::ipv4;
  bool only_itself = false;   // a host name: names below it do not count
  Level level = Level::none;  // none, when adding: that of the origin
  std::uint32_t origin = 0;   // index into origins()
  std::string_view value;     // canonical bytes
  std::string_view id;        // of the source's object; empty where the list has none
  std::string_view title;     // what the list says about it; may be empty
  Time from, until;           // valid from, and until before; unknown: no bound
};

// Does an indicator that is valid from `from` and until before `until` count at `time`? Unknown times bound nothing.
inline bool valid_at(Time from, Time until, Time time) {
  return !time.known() || ((!from.known() || time >= from) && (!until.known() || time < until));
}

// A STIX pattern that says more than a list of values: it is matched as a whole.
struct IndicatorPattern {
  std::string text, id, title;
  Level level = Level::medium;
  std::uint32_t origin = 0;  // index into origins()
  std::uint64_t line = 0;    // of the list
  Time from, until;          // as in IndicatorEntry
};

struct IndicatorCounts {
  std::uint64_t given = 0;     // entries of the lists that claim to be indicators
  std::uint64_t loaded = 0;    // entries of the store
  std::uint64_t rejected = 0;  // no value of the type they claim, or of no type
  std::uint64_t not_for_detection = 0, revoked = 0, unsupported = 0, patterns = 0,
                beyond_limit = 0;  // `patterns`: of those loaded
  std::array<std::uint64_t, indicator_kinds> by_kind = {};
  std::map<std::string, std::uint64_t> unsupported_types;  // as the lists call them
};

class IndicatorStore {
 public:
  // Where an entry stands; grows in the order of loading, fits in 39 bits.
  using Position = std::uint64_t;

  IndicatorStore() = default;
  IndicatorStore(IndicatorStore&&) = default;
  IndicatorStore& operator=(IndicatorStore&&) = default;

  std::uint32_t add_origin(IndicatorOrigin origin);
  IndicatorOrigin& origin(std::uint32_t index) { return origins_[index]; }
  // False beyond limits::indicators_max or indicator_bytes_max.
  bool add(const IndicatorEntry& entry);
  // False beyond limits::indicator_patterns_max or indicator_patterns_bytes_max.
  bool add(IndicatorPattern pattern);

  // The views live as long as the store.
  IndicatorEntry at(Position position) const;
  // For walking: the first entry, and the one behind an entry; end() behind the last.
  Position begin() const { return counts.loaded == 0 ? end() : 0; }
  Position end() const { return ~Position{0}; }
  Position next(Position position) const;
  // Kind and canonical value alone.
  std::string_view value_at(Position position, IndicatorKind& kind) const;

  const std::vector<IndicatorOrigin>& origins() const { return origins_; }
  const std::vector<IndicatorPattern>& patterns() const { return patterns_; }
  // A number that depends on every value: seeds hashing, so that a list cannot be made to collide beforehand.
  std::uint64_t digest() const { return digest_; }

  IndicatorCounts counts;
  std::vector<Diagnostic> diagnostics;

 private:
  static constexpr unsigned chunk_bits = 22;
  static constexpr std::size_t chunk_bytes = std::size_t{1} << chunk_bits;
  const char* data(Position position) const {
    return chunks_[position >> chunk_bits].get() + (position & (chunk_bytes - 1));
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t used_ = chunk_bytes;   // of the last chunk
  std::vector<std::uint32_t> ends_;  // bytes used of every chunk but the last
  std::vector<IndicatorOrigin> origins_;
  std::vector<IndicatorPattern> patterns_;
  std::size_t patterns_bytes_ = 0;
  std::uint64_t digest_ = 0x243F6A8885A308D3ULL;
};

}  // namespace tocsin::rules
