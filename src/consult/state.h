// State: what the entries of a consultation mean at a moment; the same for everyone who holds the same entries.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "consult/entry.h"
#include "consult/journal.h"
#include "consult/ledger.h"
#include "consult/roster.h"
#include "consult/verifier.h"

namespace tocsin::consult {

enum class Status : std::uint8_t {
#define STATUS(name, text, sentence) name,
#include "consult/statuses.def"
#undef STATUS
};
std::string_view text_of(Status status);
std::string_view explain(Status status);  // one sentence for people

enum class Standing : std::uint8_t { sealed, timely, late, unproven };
std::string_view text_of(Standing standing);

struct State {
  struct Break {
    std::string member;
    Hash entry;
    Standing standing = Standing::late;
    bool operator==(const Break&) const = default;
  };
  struct Position {
    std::string member;
    Hash entry;
    Stance stance = Stance::support;
    bool operator==(const Position&) const = default;
  };
  struct Closing {
    Hash entry;
    std::uint32_t acknowledged = 0;
    std::uint32_t needed = 0;
    std::vector<std::string> waiting;
    bool operator==(const Closing&) const = default;
  };
  struct Dispute {
    Hash close;
    Hash silence;
    Hash draft;
    bool operator==(const Dispute&) const = default;
  };

  Status status = Status::none;
  std::optional<Hash> draft;
  std::optional<Hash> silence;
  std::optional<Seconds> deadline;
  std::vector<std::string> passed;
  std::vector<std::string> presumed;
  std::vector<Break> breaks;
  std::vector<Position> positions;
  std::vector<std::string> associated;
  std::optional<Closing> closing;
  std::optional<Hash> decision;
  std::vector<Dispute> disputes;
  std::vector<std::string> equivocators;
  std::set<std::string> unknown;
  std::map<Hash, Code> rejected;
  std::size_t entries = 0;

  bool final() const { return status == Status::adopted || status == Status::disputed; }
  bool operator==(const State&) const = default;
};

// The state as one JSON object, members in the order of section 8. `explained` adds to each rejected entry its rule and
// a sentence; without, the text is exactly the contract's.
std::string to_json(const State& state, bool explained = false);

// The pure function of the contract: the same for any order of the entries, with duplicates, on any machine. Rosters
// are trusted; the verifier is asked once for each entry (and again for other copies of entries that are not signed).
// Cost: near-linear in entries and heads, and the verifier's.
State state(std::span<const Roster> rosters, const Hash& item, std::span<const EntryPtr> entries, Seconds as_of,
            Verifier& verifier);

}  // namespace tocsin::consult
