// Publication: the agreed text as a statement that the chair publishes, bound to the decision that it stands on, and
// the page that readers get.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/acts.h"
#include "council/paper.h"
#include "council/verdict.h"

namespace tocsin::council {

struct PublicationWords {
  std::string title;   // empty: the item's
  std::string issuer;  // in whose name, such as "North Atlantic Council"
  stix::TlpColor color = stix::TlpColor::clear;
};
// Only of the chair, only where the text is adopted and final and all its language versions are held. Error usage.
Result<PaperPlan> publication_paper(const Situation& situation, const PublicationWords& words);

// Why a published statement is not what was decided; empty where it is. Decision, texts and paragraph hashes are
// computed anew.
std::vector<std::string> publication_problems(const Item& item, const consult::State& state, const Paper& paper);

// The statement as readers get it: texts, interpretative statements and reservations, who associates, and how to check
// it. Error usage where the verdict has no good publication.
struct PageOptions {
  std::string_view roster;  // the hash that was trusted
  const TimeWords& time;
};
Result<std::string> statement_text(const Verdict& verdict, const PageOptions& options);
Result<std::string> statement_html(const Verdict& verdict, const PageOptions& options);

// The text of the published statement in a language; empty language: the only one, else English, else the first. Error
// usage, also in an exercise: it proves no decision.
Result<std::string> published_text(const Verdict& verdict, std::string_view language);

}  // namespace tocsin::council
