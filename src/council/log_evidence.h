// Log evidence: what the proofs in a bundle show: which objects of the item stand in a transparency log, and who saw
// the log so.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "council/verdict.h"
#include "stix/object_proof.h"

namespace tocsin::council {

// Adds to the verdict what the bundle's proofs prove with these keys, and as findings what is wrong with them: a proof
// that is refused, or of an object that is not of this item. Without a log's key they are only counted. The outcome
// does not depend on it.
void judge_proofs(Verdict& verdict, const std::vector<std::string>& proofs, const stix::ProofKeys& keys);

}  // namespace tocsin::council
