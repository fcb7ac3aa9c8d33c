// Paper acts: papers made together with the words that tell what they say. Options and measures ask the gate; what it
// refuses becomes a refusal that names the rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "council/acts.h"
#include "council/paper.h"
#include "gate/gate.h"
#include "wire/json.h"

namespace tocsin::council {

// Errors of all: usage, with a hint.

struct ConcernWords {
  std::string text;
  std::vector<std::string> asks;
  std::vector<std::string> evidence;  // STIX ids
};
Result<PaperPlan> concern_paper(const Situation& situation, const ConcernWords& words);

// What somebody wants to do, on whose systems, on which ground: what gate and form ask about.
struct Deed {
  std::string action;
  std::string scope;                                         // own, other, third-party
  std::string owner;                                         // empty: the author
  std::string consent;                                       // id of a consent, or its beginning; empty: none
  std::string basis;                                         // legal_bases.def
  std::vector<std::pair<std::string, std::string>> answers;  // question code, answer
};
struct MeasureWords {
  std::string phase;  // planned, done, ended
  std::string text;
  Deed deed;
  std::optional<Seconds> started;
  std::optional<Seconds> ended;
  std::vector<std::string> courses_of_action;  // STIX ids
  std::string follows;                         // an earlier measure of the same author; both are kept
};
// The refusal instead where the gate refuses.
Result<PaperPlan> measure_paper(const Situation& situation, const MeasureWords& words);

// The form of an option as JSON, with the questions for this basis in law and nothing answered. Error usage where there
// is no such basis.
Result<std::string> option_form(std::string_view basis);
// A form that was filled in. The refusal instead where the gate refuses.
Result<PaperPlan> option_paper(const Situation& situation, std::string_view form);

// What stays of a document of `type` ("cacao", "openc2", "misp", "text") that the gate refused at import: its digest
// and the rule. Error usage where it was not refused.
Result<PaperPlan> import_refusal_paper(const Situation& situation, std::string_view type, std::string_view text,
                                       const gate::Verdict& verdict);

struct ConsentWords {
  std::vector<std::string> scope;  // actions, hosts, "other": as the gate reads them
  Seconds until = 0;
  std::string text;
};
Result<PaperPlan> consent_paper(const Situation& situation, const ConsentWords& words);
Result<PaperPlan> revocation_paper(const Situation& situation, std::string_view consent);

// A paper as one sentence, with what the gate says of it at this moment.
std::string paper_words(const Item& item, const Paper& paper, Seconds now, const TimeWords& time);

}  // namespace tocsin::council
