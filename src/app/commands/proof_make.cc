// tocsin proof make: the proof that a node's log holds an object, as a file that needs no node to be verified.
#include <algorithm>

#include "app/command.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "report/visible.h"
#include "store/log_proofs.h"

namespace tocsin::app {
namespace {

// In whichever collections it is, every version of that name; the newest first.
Result<std::vector<store::RecordPointer>> find(const store::Store& store, std::string_view id,
                                               const std::optional<std::string>& version) {
  std::vector<store::RecordPointer> out;
  const std::optional<stix::Instant> at = version ? stix::parse_timestamp(*version) : std::nullopt;
  if (version && !at) {
    return failure(ErrorCode::usage, "'" + *version + "' is no version", {}, "--version 2026-01-01T00:00:00.000Z");
  }
  TRY(const std::vector<store::ApiRoot> roots, store.roots());
  for (const store::ApiRoot& root : roots) {
    TRY(const std::vector<store::Collection> collections, store.collections(root.name));
    for (const store::Collection& collection : collections) {
      TRY(const std::vector<store::RecordPointer> records, store.versions({root.name, collection.id}, id));
      std::ranges::copy_if(records, std::back_inserter(out),
                           [&](const store::RecordPointer& one) { return !at || one->version_at == *at; });
    }
  }
  if (out.empty()) {
    return failure(ErrorCode::not_found,
                   version ? "this node has no such version of the object" : "this node has no such object",
                   {std::string(id)});
  }
  std::ranges::stable_sort(out, [](const auto& a, const auto& b) { return a->version_at > b->version_at; });
  return out;
}

Result<void> write_to(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if ((file != nullptr && std::fclose(file) != 0) || !written) {
    return failure(ErrorCode::io, "the proof cannot be written", {.source = path});
  }
  return {};
}

Result<void> make(const Arguments& arguments) {
  TRY(const NodeData node, open_node(arguments.value("--data").value_or(std::string(data_folder_default))));
  const std::string& id = arguments.positional[0];
  const std::optional<std::string> version = arguments.value("--version");
  TRY(const std::vector<store::RecordPointer> found, find(*node.store, id, version));
  // Of the newest version, in whichever collection a log holds it.
  Result<stix::ObjectProof> proof = store::prove(*node.store, *found.front());
  for (const store::RecordPointer& record : found) {
    if (proof || record->version_at != found.front()->version_at) {
      break;
    }
    proof = store::prove(*node.store, *record);
  }
  if (!proof) {
    return std::unexpected(proof.error());
  }
  if (arguments.has("--without-cosignatures")) {
    TRY(proof->checkpoint, store::without_cosignatures(proof->checkpoint));
  }
  const std::string text = stix::text_of(*proof);
  if (const auto out = arguments.value("--out")) {
    return write_to(*out, text);
  }
  write_out(text);
  return {};
}

int run_make(const Arguments& arguments) {
  const auto done = make(arguments);
  return done ? exit_nothing_found : report_error(done.error());
}

}  // namespace

extern const Command command_proof_make;
const Command command_proof_make = {
    .name = "proof make",
    .doc = "Write the proof that a node's log holds an object",
    .about =
        "Writes a file with the object, the salt of its entry, the way to the root of the log, and the log's last "
        "checkpoint with the cosignatures it has: 'proof verify' reads it, with the log's public key ('tocsin node "
        "logs') "
        "and without a network. The node may serve meanwhile. What was stored before the node had logs cannot be "
        "proven, "
        "and what was stored just now only after the next checkpoint.\n\nThe file holds the object: give it only to "
        "whom "
        "you may give that. The number of its entry tells how many were logged before it, and cosignatures tell who "
        "watches the log.",
    .example = "tocsin proof make indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f --out indicator.tlog-proof",
    .positional = "ID",
    .positional_min = 1,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--version", "TIME", "Which version (default: the newest)"},
                {"--without-cosignatures", "", "Leave out who cosigned the checkpoint"},
                {"--out", "FILE", "Where it goes (default: standard output)"}},
    .run = run_make,
};

}  // namespace tocsin::app
