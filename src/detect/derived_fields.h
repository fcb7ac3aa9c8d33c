// Derived fields: values that a rule's field means but that an event holds only in pieces or inside other fields, such
// as the registry path of Security 4657.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "event/event.h"

namespace tocsin::detect {

enum class Derivation : std::uint8_t {
  none,
  subject_user,        // SubjectDomainName\SubjectUserName; well-known SIDs by their English names, as Sysmon has them
  process_user,        // 4688: the target user, or the subject where the event says that there is no other
  registry_path,       // 4657: ObjectName\ObjectValueName, as Sysmon's TargetObject and as written
  registry_details,    // 4657: NewValue, and as Sysmon's Details where its type is known
  classic_powershell,  // the field's own name as a key in the `key=value` lines of Data or Message
  sysmon_hash,         // the field's own name as a key in Hashes
  position,            // one of several values of a field
};

// The fields that a derivation reads, as names of the event; for `position` the row of the table says which.
std::span<const std::string_view> sources(Derivation derivation);

// The first values of `sources`, in the same order; absent ones are nullptr. All values of the last one are in
// `packed`.
struct DerivationInput {
  std::string_view rule_field;
  std::size_t position = 0;
  std::vector<const event::Value*> values;
  std::vector<const event::Value*> packed;
};

// Appends the texts that the derivation makes; they live in `arena` or in the event.
void derive(Derivation derivation, const DerivationInput& input, Arena& arena, std::vector<std::string_view>& out);

}  // namespace tocsin::detect
