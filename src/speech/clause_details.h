// What stands inside a clause: hedges, citations, to whom it is addressed, whose attribution it is about.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "speech/clause.h"
#include "speech/sentence_grammar.h"

namespace tocsin::speech {

// Words that limit or open a commitment, as worded and in order (consultation.md §1.3).
std::vector<std::string> find_hedges(std::string_view text);
// Names of agreed texts that are cited: "Brussels Summit Communiqué".
std::vector<std::string> find_citations(std::string_view text);
// Splits an addressee ("all States, including China") into the set and who is named in it.
void read_addressee(std::string_view text, Clause& out);
// "A, B and C" as its members.
std::vector<std::string> split_list(std::string_view text);
// Fills the members about attributions from a clause's text, where it speaks of one.
void read_attribution(std::string_view text, Clause& out);
// A noun phrase that is understood as the subject of another clause, in brackets: without indefinite article, hedges,
// participles before the noun, and what is attached to it.
std::string understood(std::string_view noun_phrase);

}  // namespace tocsin::speech
