// tocsin proof verify: one object, with public keys and without a network.
#include "app/command.h"
#include "app/proof_keys.h"
#include "app/whole_file.h"
#include "stix/limits.h"

namespace tocsin::app {
namespace {

Result<int> verify(const Arguments& arguments) {
  const std::string form = arguments.value("--format").value_or("text");
  if (form != "text" && form != "json") {
    return failure(ErrorCode::usage, "--format takes text or json, not '" + form + "'");
  }
  TRY(const stix::ProofKeys keys, read_proof_keys(arguments));
  int exit = exit_nothing_found;
  for (const std::string& path : arguments.positional) {
    auto text = read_whole(path, stix::limits::proof_bytes_max);
    auto proof = text ? stix::parse_object_proof(*text) : Result<stix::ObjectProof>(std::unexpected(text.error()));
    if (!proof) {
      proof.error().where.source = path;
      tell_unreadable(path, proof.error(), form == "json");
      exit = exit_failed;
    } else if (!tell_proof(path, stix::check_object_proof(*proof, keys), form == "json") && exit != exit_failed) {
      exit = exit_found;
    }
  }
  return exit;
}

int run_verify(const Arguments& arguments) {
  const auto exit = verify(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_proof_verify;
const Command command_proof_verify = {
    .name = "proof verify",
    .doc = "Verify that a log holds an object, and who said it, without a network",
    .about =
        "Reads proofs of one object each (C2SP tlog-proof with the object inside) and says what they prove: which log "
        "holds exactly these bytes, who signed the object or vouches for it, and which witnesses saw the log so. Only "
        "keys given here are believed: a key that the proof brings along is named as such. Every --witness must have "
        "cosigned. Everything that is wrong is told, with its code (docs/log.md).\n\nExit code 0: proven; 1: refused; "
        "2: "
        "no proof, or a file cannot be read.",
    .example = "tocsin proof verify indicator.tlog-proof --key node.pub --witness witnesses.pub",
    .positional = "PROOF…",
    .positional_min = 1,
    .options = {proof_key_option,
                proof_witness_option,
                {"--format", "text|json", "json: one object a line for each proof"}},
    .run = run_verify,
};

}  // namespace tocsin::app
