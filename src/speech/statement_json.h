// A statement as one JSON document: the work, its manifestations, its clauses, and how the manifestations differ.
#pragma once

#include <string>
#include <vector>

#include "speech/clause.h"
#include "speech/compare.h"
#include "speech/manifestation.h"

namespace tocsin::speech {

struct StatementParts {
  const std::vector<Manifestation>& manifestations;
  const std::vector<Clauses>* clauses = nullptr;  // one per manifestation; null: not asked for
  const Comparison* comparison = nullptr;         // of the first two; null: not asked for
};

// One line without a line end.
std::string statement_json(const StatementParts& parts);

// A clause of one work as its manifestations have it: clauses of all of them, paired where they say the same act at the
// same place. files[i] is null where manifestation i does not have it.
struct MergedClause {
  std::string id;
  std::vector<const Clause*> files;
};
std::vector<MergedClause> merge_clauses(const std::vector<Clauses>& clauses);

// The id of the clause in which a difference stands, or empty.
std::string clause_of(const Difference& difference, const std::vector<Manifestation>& manifestations,
                      const std::vector<MergedClause>& clauses);

}  // namespace tocsin::speech
