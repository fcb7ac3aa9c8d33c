// What a nation can say about who did it: attributions, and six other acts that are each a type of their own.
//
// Only an Attribution has an object of blame. The others point at what somebody else said and have no room for one, so
// that an acknowledgement can never be read, stored or exported as an attribution.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace tocsin::attribution {

// What all acts share. An act is never changed: a change is a new act with `supersedes`, a withdrawal an act.
struct Header {
  std::string id;
  std::string digest;      // SHA-256 of the object's RFC 8785 form, hexadecimal
  std::string created_by;  // who wrote the object down; may be empty
  std::string created;     // as given
  std::string supersedes;  // may be empty
  std::vector<std::string> markings;
  std::string source;  // file and line, for people
};

// A likelihood or an analytic confidence: the words come first, figures only where the claimant gave figures.
struct Judgement {
  std::string words;  // as given; empty where only figures were
  std::optional<double> low, high;
};

// Who says so with which standing: three different claims with three different owners.
enum class Level : std::uint8_t {
  technical,
  political,
  legal,
  unstated,  // only where a source that relays the claim does not say
};
inline constexpr std::array<std::string_view, 4> level_names = {"technical", "political", "legal", "unstated"};

// Whom or what a claim blames, and how far it goes: from a territory to the State itself.
enum class Granularity : std::uint8_t {
  territory,
  non_state_actor,
  contractor,
  organ_affiliated,
  organ,
  state,
  unstated,  // the source does not say
  other,     // a word of none of these
};
inline constexpr std::array<std::string_view, 8> granularity_names = {
    "territory", "non-state-actor", "contractor", "organ-affiliated", "organ", "state", "unstated", "other"};

struct BlameObject {
  std::string ref;
  std::string granularity_words;  // as given
  Granularity granularity = Granularity::other;
  // Territory is where it came from, not who did it: a granularity of its own, or a location blamed.
  bool territory = false;
};

// "We say that this did it."
struct Attribution {
  Header header;
  std::string claimant;
  std::vector<std::string> activities;
  BlameObject object;
  Level level = Level::technical;
  std::string verb;
  std::string words;
  std::optional<Judgement> likelihood;           // how probable it is that it is so
  std::optional<Judgement> analytic_confidence;  // how much the judgement is worth
  std::string scale;
  std::string state_role;
  std::vector<std::string> evidence;
  std::string relays;  // what it repeats; empty: it is the claimant's own
  std::vector<std::string> norms;
  std::string released;  // as given
};

// How an act on others' statements receives them. None of these commits to what they say.
enum class Reception : std::uint8_t { acknowledge, recognise, note, welcome, dissociate };
inline constexpr std::array<std::string_view, 5> reception_names = {"acknowledge", "recognise", "note", "welcome",
                                                                    "dissociate"};

// "They said so": only that another's act exists.
struct Acknowledgement {
  Header header;
  std::string by;
  std::vector<std::string> targets;
  std::string reason;
  Reception reception = Reception::acknowledge;
  std::optional<bool> list_complete;  // false: "such as"
};
// "We are behind those who said so."
struct Support {
  Header header;
  std::string by;
  std::vector<std::string> targets;
  std::string reason;
};
// "We know of it and say nothing."
struct NoPosition {
  Header header;
  std::string by;
  std::vector<std::string> targets;
  std::string reason;
};
// "It is not so", with a reason.
struct Contest {
  Header header;
  std::string by;
  std::vector<std::string> targets;
  std::string reason;
};
// "We found it too": evidence of one's own for what another said.
struct Corroboration {
  Header header;
  std::string by;
  std::vector<std::string> targets;
  std::string reason;
  std::vector<std::string> evidence;
};
// "We no longer say so": of one's own acts only.
struct Withdrawal {
  Header header;
  std::string by;
  std::vector<std::string> targets;
  std::string reason;
};

using SpeechAct = std::variant<Attribution, Acknowledgement, Support, NoPosition, Contest, Corroboration, Withdrawal>;

template <class Act>
concept CanBlame = requires(Act act) { act.object; } || requires(Act act) { act.activities; } || requires(Act act) {
  act.claimant;
} || requires(Act act) { act.level; } || std::is_convertible_v<Act, Attribution>;
static_assert(CanBlame<Attribution>);
static_assert(!CanBlame<Acknowledgement> && !CanBlame<Support> && !CanBlame<NoPosition> && !CanBlame<Contest> &&
              !CanBlame<Corroboration> && !CanBlame<Withdrawal>);

const Header& header_of(const SpeechAct& act);
// Who performs it: the claimant of an attribution, else who acts.
const std::string& speaker_of(const SpeechAct& act);
// What it is about; of an attribution none.
const std::vector<std::string>& targets_of(const SpeechAct& act);
std::string_view reason_of(const SpeechAct& act);
// "attribution", "acknowledgement", "support", "no-position", "contest", "corroboration", "withdrawal".
std::string_view kind_of(const SpeechAct& act);
// The verb: as worded for an attribution, else that of the vocabulary.
std::string_view verb_of(const SpeechAct& act);

}  // namespace tocsin::attribution
