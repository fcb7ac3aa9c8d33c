// tocsin node logs: the transparency logs of a node, and the public keys with which its proofs are verified.
#include <filesystem>

#include <fmt/format.h>

#include "app/command.h"
#include "app/node.h"
#include "app/node_logs.h"
#include "app/standard_output.h"
#include "store/log_proofs.h"
#include "trust/cosignature.h"
#include "trust/note.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

Result<void> tell(const store::Store& store, std::string_view name, const LogKey& key, bool json_lines) {
  TRY(const std::uint64_t entries, store.log_size(key.origin));
  TRY(const std::optional<std::string> note, store::last_checkpoint(store, key.origin));
  const auto split = note ? trust::split_note(*note) : std::nullopt;
  const auto checkpoint = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(trust::Checkpoint{});
  if (!checkpoint || (note && !split)) {
    return failure(ErrorCode::damaged, "the last checkpoint of log '" + key.origin + "' cannot be read");
  }
  const std::size_t cosignatures = split ? split->signatures.size() - 1 : 0;
  const std::string public_key = trust::text_of(key.public_key());
  if (json_lines) {
    std::string out;
    wire::JsonWriter json(out);
    json.begin_object().member("log", name).member("origin", key.origin).member("key", public_key);
    json.key("entries").number(entries).key("checkpoint").begin_object().key("made").boolean(note.has_value());
    json.key("size").number(checkpoint->size).key("cosignatures").number(std::uint64_t{cosignatures});
    json.end_object().end_object();
    write_out(out + "\n");
    return {};
  }
  print_out("# {}: {} entries, {}\n{}\n", name, entries,
            !note               ? "no checkpoint yet"
            : cosignatures == 0 ? fmt::format("checkpoint at {}", checkpoint->size)
                                : fmt::format("checkpoint at {}, {} cosignatures", checkpoint->size, cosignatures),
            public_key);
  return {};
}

Result<void> logs(const Arguments& arguments) {
  const std::string form = arguments.value("--format").value_or("text");
  if (form != "text" && form != "json") {
    return failure(ErrorCode::usage, "--format takes text or json, not '" + form + "'");
  }
  const std::string folder = arguments.value("--data").value_or(std::string(data_folder_default));
  TRY(const NodeData node, open_node(folder));
  std::error_code error;
  const bool there = std::filesystem::exists(log_keys_path(folder), error);
  if (arguments.has("--new")) {
    TRY(const auto notes, open_node_notes(folder));
    TRY_VOID(make_log_keys(folder, *notes));
  } else if (!there) {
    return failure(ErrorCode::not_found, "this node has no keys for transparency logs", {log_keys_path(folder)},
                   "'tocsin serve' makes them where there never were any");
  }
  TRY(const LogKeys keys, read_log_keys(folder));
  TRY_VOID(tell(*node.store, "open", keys.open, form == "json"));
  TRY_VOID(tell(*node.store, "restricted", keys.restricted, form == "json"));
  const std::string witness =
      trust::text_of(trust::cosigner_key(keys.witness.origin, trust::ed25519_public_key(keys.witness.seed)));
  if (form == "json") {
    std::string out;
    wire::JsonWriter json(out);
    json.begin_object().member("witness", keys.witness.origin).member("key", witness).end_object();
    write_out(out + "\n");
  } else {
    print_out("# witness: {}\n", witness);
  }
  return {};
}

int run_logs(const Arguments& arguments) {
  const auto done = logs(arguments);
  return done ? exit_nothing_found : report_error(done.error());
}

}  // namespace

extern const Command command_node_logs;
const Command command_node_logs = {
    .name = "node logs",
    .doc = "Show the transparency logs of a node and their public keys",
    .about =
        "A node keeps two logs of what it stores: one of what is marked TLP:CLEAR, one of all else (docs/log.md). "
        "Prints "
        "for each how many entries it has and its public key, as 'proof verify --key' reads it: give the key of the "
        "open "
        "one to everybody, that of the restricted one to whoever gets proofs from it.\n\nThe secret keys stand in "
        "logs.key in the node's folder. Keep a copy: where it is lost the node does not serve, and --new begins two "
        "other "
        "logs under other names; what was stored before then cannot be proven any more.",
    .example = "tocsin node logs > node.pub",
    .positional = "",
    .positional_min = 0,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--new", "", "Begin other logs; only where logs.key is gone"},
                {"--format", "text|json", "json: one object a line for each log"}},
    .run = run_logs,
};

}  // namespace tocsin::app
