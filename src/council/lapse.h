// Lapse: the chair says after how many days without an entry an item is to be shown as lapsed. A view of one moment;
// the state does not change, and any entry takes the item up again.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "council/acts.h"
#include "council/paper.h"

namespace tocsin::council {

// Of the chair, for an item that has not ended. Error usage.
Result<PaperPlan> lapse_paper(const Situation& situation, std::size_t days);

struct Lapse {
  std::size_t days = 0;
  Seconds last = 0;  // the last entry that counts, or the chair's order where it is later; by their authors' clocks
  Seconds at = 0;    // when the item lapses
  bool lapsed = false;
  bool soon = false;  // a quarter of the time is left, or a day
};
// By the newest order at this moment. Nothing where there is none, or where the item is not open any more.
std::optional<Lapse> lapse_of(const Item& item, const consult::State& state, Seconds as_of);
// "LAPSED since …" or "it lapses …", as a sentence.
std::string lapse_words(const Lapse& lapse, const TimeWords& time);

}  // namespace tocsin::council
