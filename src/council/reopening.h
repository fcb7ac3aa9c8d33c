// Reopening: a new item says that it takes up an ended one again, which decision that was, and what is known now that
// was not known then. The ended item does not change; whoever has it at hand recomputes what is said of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/acts.h"
#include "council/paper.h"

namespace tocsin::council {

struct ReopeningWords {
  std::vector<std::string> evidence;  // STIX ids
  std::string text;                   // what is new
};
// By members and the chair, where `ended` is adopted and none of its papers up to the close names one of the evidence.
// Error usage.
Result<PaperPlan> reopening_paper(const Situation& situation, const ReopeningWords& words, Item& ended);

struct ReopeningCheck {
  enum class Answer : std::uint8_t { stands, wrong, cannot_be_checked };
  Answer answer = Answer::cannot_be_checked;
  std::string words;  // a sentence
};
// `ended` null: it is not at hand. It is another item than the paper names: the same.
ReopeningCheck check_reopening(const Item& item, const Paper& paper, Item* ended, Seconds now);

// "CHECKED: …", "WRONG: …" or "cannot be checked here: …", for every reopening of the item.
std::vector<std::string> reopening_rows(const Item& item, Item* ended, Seconds now);

}  // namespace tocsin::council
