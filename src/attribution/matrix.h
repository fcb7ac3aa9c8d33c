// The claim matrix: which nation says what about whom for each activity, and the views on it. Computed from a record
// each time, never stored: it decides nothing, counts no majority and merges nobody's words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attribution/read.h"

namespace tocsin::attribution {

// One act on one claim. For the claim itself both are the same. Indices into Record::acts.
struct Entry {
  std::uint32_t act = 0;
  std::uint32_t claim = 0;
  auto operator<=>(const Entry&) const = default;
};

struct Cell {
  std::string nation;
  std::vector<Entry> entries;
};

// One activity and one object of blame at one granularity: two granularities of one organisation are two objects.
struct Row {
  std::string activity;
  std::string object;
  std::string granularity;
  bool territory = false;
  std::vector<Cell> cells;
  // Claims that stand, echoes and what they repeat being one. Says how many spoke for themselves, not who is right.
  std::uint64_t independent_claims = 0;
  bool partial = false, conflict = false, echo = false, self_inconsistent = false;
};

// Why an act no longer stands.
enum class Ended : std::uint8_t { no, withdrawn, superseded };

struct ActState {
  Ended ended = Ended::no;
  std::uint32_t ended_by = 0;  // the act that ended it
  bool echo = false;           // only relays: names what it repeats, and has no evidence of its own
  std::string origin;          // of an echo: what it repeats in the end
};

// Two rows of one activity with different objects.
struct ObjectPair {
  std::uint32_t first = 0, second = 0;  // rows
  // Partial: `first` is a kind or a part of `second`; the way between them. Empty for one object at two granularities.
  std::vector<std::string> path;
  std::string claimant;  // self-inconsistent: who says both
  bool one_claimant = false;
};

struct Contested {
  std::uint32_t claim = 0, contest = 0;  // acts
};

struct Unresolved {
  std::uint32_t act = 0;
  std::string target;
};

struct Matrix {
  std::vector<std::string> nations;
  std::vector<Row> rows;         // by activity, object, granularity
  std::vector<ActState> states;  // one for each act
  std::vector<ObjectPair> partial, disjoint, self_inconsistent;
  std::vector<Contested> contested;
  std::vector<std::uint32_t> echoes;   // acts
  std::vector<Unresolved> unresolved;  // targets that are not there
  std::vector<Entry> without_effect;   // withdrawals and successors of what another said: act, and what it names
  std::uint64_t left_out = 0;          // entries, pairs and findings beyond the limits
};

// Depends on the record alone: not on the order in which it was read, nor on any clock. `record` has at most
// limits::acts_max acts; cost about linear, within the limits on pairs and paths.
Matrix claim_matrix(const Record& record);

// The name of something, or its reference where nobody names it.
std::string name_of(const Record& record, const std::string& ref);

}  // namespace tocsin::attribution
