// Roster: who takes part in a consultation, with which rights and keys, and how many witnesses prove a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consult/hash.h"
#include "trust/ed25519.h"

namespace tocsin::consult {

enum class Role : std::uint8_t { member, chair, partner };

struct Participant {
  std::string name;
  Role role = Role::member;
  trust::Ed25519Key key{};
  bool witness = false;
};

// A valid roster (journal contract, section 2); one that is not valid counts as not given and is never made.
struct Roster {
  Hash hash;                              // SHA-256 of its RFC 8785 form
  std::vector<Participant> participants;  // by name
  std::uint32_t chair = 0;                // of participants
  std::uint32_t witnesses = 0;            // w
  std::uint32_t quorum = 0;               // q
  Seconds challenge = 0;                  // C
  std::map<std::string, Seconds, std::less<>> minimum_period;

  // Acknowledgements that a close with presumed members needs: w - q + 1.
  std::uint32_t acknowledgements() const { return witnesses - quorum + 1; }
  std::optional<std::uint32_t> find(std::string_view name) const;
};

struct RosterReading {
  std::optional<Roster> roster;
  std::string problem;    // why there is none, for people
  bool not_json = false;  // whoever sent it is told so
};
RosterReading read_roster(std::string_view json);

}  // namespace tocsin::consult
