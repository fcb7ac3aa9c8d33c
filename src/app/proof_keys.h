// The public keys that a reader of proofs believes, as they are named on the command line: typed, or in files.
#pragma once

#include "app/command.h"
#include "stix/object_proof.h"

namespace tocsin::app {

// --key: a log's verifier key (name+hash+key), or a file with such keys and public documents of authors ('tocsin key
// new') and their revocations, one a line. --witness: a witness's key (name+hash+key), or a file of them. Error usage
// where there is no --key.
Result<stix::ProofKeys> read_proof_keys(const Arguments& arguments);
inline constexpr Option proof_key_option = {"--key", "KEY|FILE", "Of the log, and of authors: name+hash+key, or a file",
                                            true};
inline constexpr Option proof_witness_option = {"--witness", "KEY|FILE", "A witness that must have cosigned", true};

// One line of text, or of JSON, and some more lines of text. Returns whether it is proven.
bool tell_proof(const std::string& name, const stix::ProofCheck& check, bool json);
// The same for a file that could not be read as a proof.
void tell_unreadable(const std::string& name, const Error& error, bool json);

// Reads proofs by the keys of the command line (--key, --witness) and tells of each, as --format says. The exit code: 0
// all proven, 1 one refused, 2 one that is none. Error usage.
Result<int> verify_proofs(const Arguments& arguments, const std::vector<std::string>& proofs);

}  // namespace tocsin::app
