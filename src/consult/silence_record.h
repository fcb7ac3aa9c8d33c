// SilenceRecord: what each member has said on one silence, along the branches of its own chain (section 5).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "consult/view.h"

namespace tocsin::consult {

// A position, pass or retract of a member on the silence.
struct Statement {
  Number entry = no_number;
  std::uint32_t author = 0;
  bool sealed = false;        // a pass on this silence is before it
  bool after_break = false;   // a live break of this silence is before it
  bool passed_clean = false;  // it is on the path of an effective pass of its author that is clean
  bool passed = false;        // … of any effective pass
};

// Breaks that nothing live stands before: every path with a live break goes through exactly one of them.
struct LiveBreak {
  Number entry = no_number;
  Seconds time = 0;
};

struct SilenceRecord {
  std::vector<Statement> statements;  // by author, then in the order of its branches
  // By participant: whether the member has an effective pass (P1).
  std::vector<bool> passed_clean;
  std::vector<bool> passed;
  std::vector<std::vector<LiveBreak>> live_breaks;  // in the order of the author's branches
  std::vector<std::uint32_t> associated;            // partners, by name
};

// Cost: n log n in the entries that name the silence.
SilenceRecord record_of(const Ledger& ledger, const View& view, Number silence);

// The record of the silence that was asked for last, for as long as nothing was said since.
struct RecordMemory {
  Number silence = no_number;
  std::uint64_t version = 0;  // View::statements_version()
  SilenceRecord record;
  const SilenceRecord& of(const Ledger& ledger, const View& view, Number asked);
};

inline bool is_break(const Entry& entry) {
  return entry.kind == Kind::position && entry.stance == Stance::break_silence;
}

}  // namespace tocsin::consult
