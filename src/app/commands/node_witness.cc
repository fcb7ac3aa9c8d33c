// tocsin node witness: which logs of others this node watches, and who watches its own.
#include <algorithm>

#include <fmt/format.h>

#include "app/command.h"
#include "app/cosignatures.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "net/url.h"
#include "report/visible.h"
#include "taxii/witness_route.h"
#include "trust/note.h"

namespace tocsin::app {
namespace {

std::string size_text(const std::optional<std::string>& note) {
  const auto split = note ? trust::split_note(*note) : std::nullopt;
  const auto said = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(std::unexpected(Error{}));
  return said ? fmt::format("cosigned at {} entries", said->size) : "not cosigned yet";
}

// Returns whether one of them forked.
Result<bool> list(const store::Store& store) {
  bool forked = false;
  TRY(const std::vector<trust::VerifierKey> watched, taxii::watched_logs(store));
  for (const trust::VerifierKey& key : watched) {
    TRY(const std::optional<std::string> last, taxii::last_cosigned(store, key.name));
    TRY(const std::optional<std::string> evidence, taxii::fork_evidence(store, key.name));
    print_out("watches {}: {}{}\n", trust::text_of(key), size_text(last),
              evidence ? "; FORKED: --evidence prints the proof" : "");
    forked = forked || evidence.has_value();
  }
  TRY(const std::vector<AskedWitness> asked, asked_witnesses(store));
  for (const AskedWitness& one : asked) {
    print_out("asks {} at {}{}\n", trust::text_of(one.key), report::visible(one.url),
              one.restricted ? ", also about the restricted log" : "");
  }
  return forked;
}

Result<void> ask(const Arguments& arguments, store::Store& store) {
  const auto key = arguments.value("--key");
  if (!key) {
    return failure(ErrorCode::usage, "--ask needs the witness's --key", {},
                   "it stands in what its 'tocsin node logs' prints");
  }
  AskedWitness witness;
  witness.url = *arguments.value("--ask");
  TRY(const net::Url url, net::parse_url(witness.url));
  if ((!url.encrypted && !url.loopback()) || witness.url.find_first_of(" \n?#") != std::string::npos) {
    return failure(ErrorCode::usage, "a witness is asked over TLS, at an address without a query", {},
                   "--ask https://HOST:PORT/tocsin/log");
  }
  TRY(witness.key, trust::parse_cosigner_key(*key));
  witness.restricted = arguments.has("--restricted");
  return ask_witness(store, witness);
}

Result<int> witness(const Arguments& arguments) {
  TRY(const NodeData node, open_node(arguments.value("--data").value_or(std::string(data_folder_default))));
  if ((arguments.has("--key") || arguments.has("--restricted")) && !arguments.has("--ask")) {
    return failure(ErrorCode::usage, "--key and --restricted belong to --ask");
  }
  if (const auto origin = arguments.value("--evidence")) {
    TRY(const std::optional<std::string> evidence, taxii::fork_evidence(*node.store, *origin));
    if (evidence) {
      write_out(*evidence);
    }
    return evidence ? exit_found : exit_nothing_found;
  }
  for (const std::string& text : arguments.values("--watch")) {
    TRY(const trust::VerifierKey key, trust::parse_verifier_key(text));
    TRY_VOID(taxii::watch_log(*node.store, key));
  }
  if (arguments.has("--ask")) {
    TRY_VOID(ask(arguments, *node.store));
  }
  for (const auto& [option, remove] : {std::pair{"--unwatch", &taxii::unwatch_log}, {"--stop-asking", &stop_asking}}) {
    if (const auto name = arguments.value(option)) {
      TRY(const bool found, remove(*node.store, *name));
      if (!found) {
        return failure(ErrorCode::not_found, "there is none of this name", {*name}, "'tocsin node witness' lists them");
      }
    }
  }
  TRY(const bool forked, list(*node.store));
  return forked ? exit_found : exit_nothing_found;
}

int run_witness(const Arguments& arguments) {
  const auto exit = witness(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_node_witness;
const Command command_node_witness = {
    .name = "node witness",
    .doc = "Cosign the logs of other nodes, and have the own ones cosigned",
    .about =
        "--watch makes this node a witness of another one's log: when that node asks, it cosigns checkpoints that lead "
        "on "
        "from the last one it cosigned, and keeps evidence of a fork. --ask names a witness that 'tocsin serve' asks "
        "about "
        "each new checkpoint of the open log, and with --restricted of the restricted one; it learns their sizes. Both "
        "sides give each other the keys that 'tocsin node logs' prints. Without options, and afterwards, both lists "
        "are "
        "shown (docs/log.md).\n\nExit code 1 says that a log that is watched forked.",
    .example = "tocsin node witness --ask https://ally.example:8443/tocsin/log --key tocsin-5f0c…/witness+8a2b…+BA…",
    .positional = "",
    .positional_min = 0,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--watch", "KEY", "Cosign the log with this key", true},
                {"--unwatch", "NAME", "Do not any more"},
                {"--evidence", "NAME", "Print the evidence that this log forked"},
                {"--ask", "URL", "Ask the witness there; add-checkpoint stands under it"},
                {"--key", "KEY", "Of the witness that --ask names"},
                {"--restricted", "", "Ask it about the restricted log as well"},
                {"--stop-asking", "NAME", "Do not ask this witness any more"}},
    .run = run_witness,
};

}  // namespace tocsin::app
