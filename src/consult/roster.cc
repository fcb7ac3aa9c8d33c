#include "consult/roster.h"

#include <algorithm>
#include <set>

#include "consult/entry.h"
#include "consult/limits.h"
#include "consult/strict_json.h"
#include "trust/digest.h"

namespace tocsin::consult {
namespace {

using wire::Json;

std::optional<std::int64_t> number(const Json* value) {
  if (value == nullptr || value->kind != Json::Kind::number || integer_of(*value) < 0) {
    return std::nullopt;
  }
  return integer_of(*value);
}

std::optional<Role> role_of(std::string_view text) {
  return text == "member"    ? std::optional(Role::member)
         : text == "chair"   ? std::optional(Role::chair)
         : text == "partner" ? std::optional(Role::partner)
                             : std::nullopt;
}

std::optional<Participant> read_participant(const Json& json) {
  const Json* witness = json.find("witness");
  const auto role = role_of(json.string_or("role", ""));
  const auto key = parse_hash(json.string_or("key", ""));
  Participant participant;
  participant.name = json.string_or("id", "");
  if (json.kind != Json::Kind::object || !is_name(participant.name) || !role || !key || witness == nullptr ||
      witness->kind != Json::Kind::boolean) {
    return std::nullopt;
  }
  participant.role = *role;
  participant.key = key->bytes;
  participant.witness = witness->boolean;
  return participant;
}

// The problem, or nothing.
std::string_view fill(const Json& json, Roster& out) {
  const Json* members = json.find("members");
  const Json* periods = json.find("min_period_seconds");
  const auto quorum = number(json.find("witness_quorum"));
  const auto challenge = number(json.find("challenge_seconds"));
  if (!number(json.find("version")) || !quorum || !challenge || periods == nullptr ||
      periods->kind != Json::Kind::object || members == nullptr || members->kind != Json::Kind::array) {
    return "a member of it is missing or of the wrong shape";
  }
  for (const auto& [name, value] : periods->members) {
    const auto seconds = number(&value);
    if (!seconds) {
      return "a minimum period is not a number of seconds";
    }
    out.minimum_period[name] = *seconds;
  }
  out.challenge = *challenge;
  std::set<trust::Ed25519Key> keys;
  for (const Json& member : members->items) {
    auto participant = read_participant(member);
    if (!participant) {
      return "a participant is of the wrong shape";
    }
    keys.insert(participant->key);
    out.witnesses += participant->witness ? 1U : 0U;
    out.participants.push_back(*std::move(participant));
  }
  std::ranges::sort(out.participants, {}, &Participant::name);
  if (std::ranges::adjacent_find(out.participants, {}, &Participant::name) != out.participants.end()) {
    return "two participants have one name";
  }
  if (keys.size() != out.participants.size()) {
    return "two participants have one key";
  }
  if (std::ranges::count(out.participants, Role::chair, &Participant::role) != 1) {
    return "there is not exactly one chair";
  }
  if (std::ranges::count(out.participants, Role::member, &Participant::role) == 0) {
    return "there is no member";
  }
  if (*quorum < 1 || *quorum + 1 > out.witnesses) {
    return "the quorum is not between 1 and one less than the witnesses";
  }
  out.quorum = static_cast<std::uint32_t>(*quorum);
  const auto chair = std::ranges::find(out.participants, Role::chair, &Participant::role);
  out.chair = static_cast<std::uint32_t>(chair - out.participants.begin());
  return {};
}

}  // namespace

std::optional<std::uint32_t> Roster::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(participants, name, {}, &Participant::name);
  if (found == participants.end() || found->name != name) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(found - participants.begin());
}

RosterReading read_roster(std::string_view json) {
  if (json.size() > limits::roster_bytes_max) {
    return {std::nullopt, "it is longer than a roster can be", false};
  }
  wire::JsonReader reader;
  Json value;
  const StrictLimits bounds{.levels = limits::entry_levels_max, .values = limits::roster_values_max};
  if (const Refusal refusal = read_strict(reader, json, bounds, value); refusal != Refusal::none) {
    return {std::nullopt, std::string(explain(refusal)), refusal == Refusal::not_json};
  }
  Roster roster;
  if (const std::string_view problem = fill(value, roster); !problem.empty()) {
    return {std::nullopt, std::string(problem), false};
  }
  std::string canonical;
  append_canonical(canonical, value);
  roster.hash.bytes = trust::sha256(canonical);
  return {std::move(roster), {}, false};
}

}  // namespace tocsin::consult
