// Clause: what one part of a statement does: who, by which act, how strongly, about what, to whom, with which hedges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "speech/manifestation.h"

namespace tocsin::speech {

enum class ClauseKind : std::uint8_t {
  performative,  // the issuer does something by saying it
  platform,      // uses a body, shares, exchanges, considers
  fact,          // asserted or described
  qualifier,     // limits another clause
};
std::string_view clause_kind_text(ClauseKind kind);

struct Clause {
  std::string id;  // "3.5": paragraph and place in it
  std::size_t paragraph = 0;
  ClauseKind kind = ClauseKind::fact;
  std::string actor;           // the grammatical one, as worded; in brackets where it is understood
  std::string verb;            // as worded
  std::string_view act;        // "call-on"; empty: nothing is performed
  std::string_view act_class;  // "directive"
  int strength = 0;            // 1–5; 0: none
  std::string object;
  std::vector<std::string> addressee_set;    // "all States"
  std::vector<std::string> addressee_named;  // "China"
  std::vector<std::string> hedges;           // as worded
  std::vector<std::string> cites;
  Span quote;               // of the canonical paragraph
  double confidence = 0.0;  // how sure the finder is, 0–1: a person confirms
  // On clauses about attributions: whether the issuer itself attributes, whose claims are meant, against whom.
  bool about_attribution = false;
  bool attributes = false;
  std::vector<std::string> claimants;
  bool claimants_open = false;
  std::string attributed_to;
};

// Proposes the clauses of a manifestation in reading order (consultation.md §1.2, §8.4). English only: other languages
// give none. Pure and deterministic; cost linear in the words. Never says that an issuer attributes where it only
// acknowledges. `truncated` says that limits::clauses_max was reached.
struct Clauses {
  std::vector<Clause> clauses;
  bool truncated = false;
};
Clauses find_clauses(const Manifestation& manifestation);

}  // namespace tocsin::speech
