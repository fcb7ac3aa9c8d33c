// Acts: what a delegation or the chair can sign, each made together with the words that tell what it says, so that what
// people read is what is signed. Each refuses what the roster does not allow or what could never count.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "council/item.h"
#include "council/signer.h"
#include "council/time_words.h"

namespace tocsin::council {

// Who wants to act, when, and where the item stands for them.
struct Situation {
  Item& item;
  std::string author;
  consult::State state;
  Seconds now = 0;
  const TimeWords& time;
};
Situation situation_of(Item& item, std::string_view author, Seconds now, const TimeWords& time);

// The error of all acts: usage, why, and what would help.
std::unexpected<Error> refuse(std::string why, std::string hint = {});

// The first text, or an amendment of `parent`; `manifest` names the texts.
Result<Act> draft_act(const Situation& situation, const Manifest& manifest, const std::optional<Hash>& parent);
// The newest draft where none is named.
struct SilencePlan {
  std::optional<Hash> draft = {};
  Seconds deadline = 0;
  std::string name_of_class;
};
Result<Act> silence_act(const Situation& situation, const SilencePlan& plan);
Result<Act> extend_act(const Situation& situation, Seconds deadline);
Result<Act> suspend_act(const Situation& situation);
Result<Act> withdraw_act(const Situation& situation);
Result<Act> position_act(const Situation& situation, consult::Stance stance, std::string_view text);
Result<Act> retract_act(const Situation& situation, const Hash& position);
Result<Act> pass_act(const Situation& situation);
// Names those presumed silent, who passed, who can acknowledge, and that it cannot be taken back.
// What a close would be now, also while it is too early for it: a warning says so then.
Result<Act> close_preview(const Situation& situation);
Result<Act> close_act(const Situation& situation);

// Warnings about a deadline: at night or on a free day for more than a third of the members whose zone the roster
// gives, or between two working days of theirs.
std::vector<std::string> deadline_warnings(const Item& item, Seconds from, Seconds deadline);

// How many witnesses may be absent, and what a reader of the roster should think about before it is agreed.
struct RosterCheck {
  std::vector<std::string> says;
  std::vector<std::string> warnings;
};
RosterCheck check_roster(const Roster& roster);
// Each participant in a line: role, zone where one is known, and the key's fingerprint, to be compared by another way.
std::vector<std::string> participant_words(std::string_view roster_json, const Roster& roster);

// An id, or the beginning of one (8 digits or more) that only one held entry has.
Result<Hash> find_id(const Item& item, std::string_view text);
std::optional<consult::Stance> parse_stance(std::string_view text);

// "EST, NOR and POL"; "nobody".
std::string listed(const std::vector<std::string>& names);

}  // namespace tocsin::council
