// tocsin proof verify: one object, with public keys and without a network.
#include "app/command.h"
#include "app/proof_keys.h"

namespace tocsin::app {
namespace {

int run_verify(const Arguments& arguments) {
  const auto exit = verify_proofs(arguments, arguments.positional);
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
