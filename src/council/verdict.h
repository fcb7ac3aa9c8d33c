// Verdict: what an exported consultation proves to somebody who trusts one roster and nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "council/bundle.h"
#include "council/item.h"
#include "council/time_words.h"

namespace tocsin::council {

enum class Outcome : std::uint8_t {
  adopted,           // final, everybody passed
  adopted_presumed,  // final, with members presumed silent
  provisional,
  broken,
  disputed,
  voided,
  withdrawn,
  announced,
  cannot_vouch,
};

struct Verdict {
  Outcome outcome = Outcome::cannot_vouch;
  std::string headline;                // "Adopted, final"; "EXERCISE: Adopted, final"
  std::string exercise;                // the mark of an exercise: nothing of it is a decision
  std::vector<std::string> because;    // sentences
  std::vector<std::string> findings;   // what is wrong with the bundle, whatever the outcome
  bool cut_or_changed = false;         // its last line does not match the rest
  bool other_text = false;             // it holds a text that no draft names
  std::string decision;                // digest in hex; empty where there is none
  std::vector<std::string> published;  // ids of published statements that are what was decided, by time
  consult::State state;
  std::unique_ptr<Item> item;  // null where there was no trusted roster

  bool final() const {
    return exercise.empty() && (outcome == Outcome::adopted || outcome == Outcome::adopted_presumed);
  }
};

// What a reader of the headline must know of the file; empty: nothing is wrong with it.
std::string caution_of(const Verdict& verdict);
// The headline with the caution: what stands in the first line wherever a verdict is shown.
std::string first_line(const Verdict& verdict);

// Who signed two histories, from which entries on, and what that means: a sentence for each.
std::vector<std::string> fork_words(const Item& item, const consult::State& state);

// The sentence that tells what "final" promises.
std::string_view promise_of_final();

// The outcome that a state means, with its reasons.
Verdict judge(Item& item, const consult::State& state, const TimeWords& time);

struct Trust {
  Hash roster;            // the one that is believed
  Seconds as_of = 0;      // a final verdict does not depend on it
  Item* ended = nullptr;  // the item that this one takes up again, where it is at hand
};
// Recomputes everything: signatures, chains, state, digests of texts. The verifier is borrowed by the verdict's item.
Verdict verify_bundle(const Bundle& bundle, const Trust& trust, consult::Verifier& verifier, const TimeWords& time);

// The document for scripts, "verdict" being "exercise" in an exercise:
// {"verdict","headline","caution","exercise","because":[…],"findings":[…],"decision","published":[…],"papers":[…],
// "state":{…}}.
std::string to_json(const Verdict& verdict);
std::string_view text_of(Outcome outcome);

}  // namespace tocsin::council
