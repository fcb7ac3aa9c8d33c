// Clause table: what the clauses of a statement do as a person confirmed it, bound to the words that it is about.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "speech/manifestation.h"
#include "wire/json.h"

namespace tocsin::speech {

// The table for one text as a JSON object, from a document of statement_json() that a person went over: {"work",
// "language","text_l1","paragraphs":[{"n","l1","l2"}],"clauses":[…]}. Members that no clause has are left out, and so
// is the confidence: a person answers for it now. Error usage, naming the clause, where one is not of this text, names
// an act or a class that the lexicon does not have, or lets anything but an attribution attribute.
Result<std::string> confirmed_clauses(const Manifestation& text, const wire::Json& document);

// Why a table is not one of this text: other words (L2), or clauses that are not in it. Empty where it is. Typography
// alone is no reason.
std::vector<std::string> clause_table_problems(const Manifestation& text, const wire::Json& table);

// Each clause as one line for people.
std::vector<std::string> clause_table_words(const wire::Json& table);

}  // namespace tocsin::speech
