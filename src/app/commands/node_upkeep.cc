// tocsin node status, backup, restore, verify, doctor: what an operator does beside the running node.
#include <atomic>
#include <chrono>
#include <csignal>

#include <fmt/format.h>

#include "app/audit.h"
#include "app/command.h"
#include "app/node.h"
#include "app/node_backup.h"
#include "app/node_doctor.h"
#include "app/node_identity.h"
#include "app/proof_keys.h"
#include "app/standard_output.h"
#include "app/taxii_peers.h"
#include "exchange/ledger.h"
#include "report/visible.h"
#include "stix/signature.h"
#include "store/log_proofs.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/upkeep.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::chrono::seconds progress_every{2};

const Option data_option = {"--data", "DIR", "The node's folder (default ./tocsin-data)"};
const Option json_option = {"--json", "", "One JSON object a line"};

std::string folder_of(const Arguments& arguments) {
  return arguments.value("--data").value_or(std::string(data_folder_default));
}

std::atomic<bool> stopped = false;
void stop_on_signal() {
  struct sigaction action{};
  action.sa_handler = [](int) { stopped = true; };
  action.sa_flags = SA_RESETHAND;  // the second one ends the program at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// "copied 34 %" now and then; ends where the user asked for it.
std::function<bool(std::uint64_t, std::uint64_t)> told_progress(std::string_view verb) {
  return [verb, last = std::chrono::steady_clock::now()](std::uint64_t done, std::uint64_t all) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - last >= progress_every && all != 0) {
      last = now;
      message(fmt::format("{} {} %", verb, done * 100 / all));
    }
    return !stopped;
  };
}

Result<void> status(const Arguments& arguments) {
  const std::string folder = folder_of(arguments);
  TRY(const NodeData node, open_node(folder));
  TRY(const auto notes, open_node_notes(folder));
  TRY(const store::FileFigures figures, store::file_figures(database_path(folder)));
  TRY(const auto identity, node_identity(folder, *notes));
  TRY(const auto peers, exchange::Ledger(*notes).peers());
  TRY(const auto servers, taxii_peers(*notes));
  struct Row {
    std::string root;
    store::Collection collection;
    std::size_t classes = 0;
  };
  std::vector<Row> rows;
  TRY(const std::vector<store::ApiRoot> roots, node.store->roots());
  for (const store::ApiRoot& root : roots) {
    TRY(const std::vector<store::Collection> collections, node.store->collections(root.name));
    for (const store::Collection& one : collections) {
      TRY(const auto classes, node.store->classes({root.name, one.id}));
      rows.push_back({root.name, one, classes.size()});
    }
  }
  if (arguments.has("--json")) {
    std::string line;
    wire::JsonWriter json(line);
    json.begin_object().member("folder", folder).key("schema").number(figures.schema);
    json.key("versions").number(figures.versions).key("object_bytes").number(figures.object_bytes);
    json.member("last_added", rfc3339(figures.last_added)).key("conflicts").number(figures.conflicts);
    json.key("file_bytes").number(figures.file_bytes).key("free_bytes").number(figures.free_bytes);
    json.key("log_bytes").number(figures.log_bytes).key("users").number(figures.users);
    json.member("organisation", identity ? identity->key.identity : "").member("url", identity ? identity->url : "");
    json.key("peers").number(std::uint64_t{peers.size()}).key("taxii_servers").number(std::uint64_t{servers.size()});
    json.key("collections").begin_array();
    for (const Row& row : rows) {
      json.begin_object().member("root", row.root).member("id", row.collection.id);
      json.member("title", row.collection.title).key("release_classes").number(std::uint64_t{row.classes}).end_object();
    }
    json.end_array().key("transparency_logs").begin_array();
    for (const std::string& log : figures.logs) {
      TRY(const std::uint64_t size, node.store->log_size(log));
      json.begin_object().member("name", log).key("size").number(size).end_object();
    }
    json.end_array().end_object();
    write_out(line + "\n");
    return {};
  }
  print_out("{}{}\n", folder,
            identity ? ": " + report::visible(identity->key.name) + ", " + identity->key.identity : "");
  print_out("  objects      {} versions, {:.1f} MB, the newest added {}\n", figures.versions,
            static_cast<double>(figures.object_bytes) / 1e6,
            figures.last_added.known() ? rfc3339(figures.last_added) : "never");
  print_out("  database     {:.1f} MB (schema {}), {:.1f} MB of it free, write-ahead log {:.1f} MB\n",
            static_cast<double>(figures.file_bytes) / 1e6, figures.schema,
            static_cast<double>(figures.free_bytes) / 1e6, static_cast<double>(figures.log_bytes) / 1e6);
  print_out("  people       {} users, {} peers, {} TAXII servers that are read\n", figures.users, peers.size(),
            servers.size());
  if (figures.conflicts != 0) {
    print_out("  conflicts    {} times other content came for an id and version that was there\n", figures.conflicts);
  }
  for (const std::string& log : figures.logs) {
    TRY(const std::uint64_t size, node.store->log_size(log));
    print_out("  log          {}: {} entries\n", report::visible(log), size);
  }
  for (const Row& row : rows) {
    print_out("  collection   /{}/collections/{}/  {}{}  {}\n", row.root, row.collection.id,
              row.collection.can_read ? "r" : "-", row.collection.can_write ? "w" : "-",
              report::visible(row.collection.title));
  }
  return {};
}

Result<void> backup(const Arguments& arguments) {
  const auto to = arguments.value("--to");
  if (!to) {
    return failure(ErrorCode::usage, "it is not said where the backup goes", {},
                   "--to DIR, a folder that is not there");
  }
  stop_on_signal();
  SystemClock clock;
  const std::string folder = folder_of(arguments);
  TRY([[maybe_unused]] const store::FileFigures figures, store::file_figures(database_path(folder)));
  TRY_VOID(record_act(folder, "node-backup", {{"to", *to}}));
  TRY(const Backup made, make_backup(folder, *to, clock.now(), told_progress("copied")));
  std::uint64_t bytes = 0;
  for (const BackupFile& file : made.files) {
    bytes += file.bytes;
  }
  for (const std::string& name : made.left_out) {
    message("not in it: " + report::visible(name));
  }
  print_out("{} files, {:.1f} MB in {}, as of {}\n", made.files.size(), static_cast<double>(bytes) / 1e6, *to,
            rfc3339(made.made));
  return {};
}

Result<void> restore(const Arguments& arguments) {
  const auto from = arguments.value("--from");
  if (!from || !arguments.has("--data")) {
    return failure(ErrorCode::usage, "it is not said what is restored, and where to", {}, "--from BACKUP --data NEW");
  }
  SystemClock clock;
  TRY(const Backup restored, restore_backup(*from, folder_of(arguments), clock.now()));
  TRY_VOID(record_act(folder_of(arguments), "node-restore", {{"from", *from}, {"as-of", rfc3339(restored.made)}}));
  print_out("{} holds the node as of {}\n", folder_of(arguments), rfc3339(restored.made));
  message(
      "clients begin their pages anew, and two new transparency logs begin: what was proven by the old ones stays "
      "proven, new proofs of it cannot be made. What came after that moment is not in it. Never run it beside the node "
      "that was lost: both would speak with one key");
  return {};
}

// Every log against the versions; empty where it holds.
Result<std::string> check_logs(const std::string& folder, const store::FileFigures& figures) {
  TRY(const auto moment, store::open_sqlite_moment(database_path(folder)));
  const auto checked = store::verify_logs(*moment, figures.logs);
  if (!checked && checked.error().code != ErrorCode::damaged) {
    return std::unexpected(checked.error());
  }
  return checked ? std::string() : checked.error().message;
}

// Returns whether all is well.
Result<bool> verify_folder(const Arguments& arguments) {
  stop_on_signal();
  const std::string folder = folder_of(arguments);
  const std::string path = database_path(folder);
  TRY(const store::FileFigures figures, store::file_figures(path));
  stix::KeyRing ring;
  TRY(const auto notes, open_node_notes(folder));
  TRY(const auto identity, node_identity(folder, *notes));
  if (identity) {
    TRY_VOID(ring.add(identity->key_document));
  }
  TRY(const std::vector<std::string> keys, exchange::Ledger(*notes).keys());
  for (const std::string& key : keys) {
    TRY_VOID(ring.add(key));
  }
  std::uint64_t valid = 0;
  std::uint64_t unknown = 0;
  store::VerifyHooks hooks;
  hooks.progress = told_progress("verified");
  hooks.version = [&](const store::StoredVersion& version) -> std::string {
    const auto tree = wire::parse_json(version.bytes);
    if (!tree) {
      return "it cannot be read as JSON: " + tree.error().message;
    }
    if (tree->string_or("id", "") != version.id || tree->string_or("type", "") != version.type) {
      return "it stands under another id or type than it says";
    }
    const stix::SignatureCheck check = stix::check_signature(version.bytes, ring);
    valid += check.answer == stix::SignatureCheck::Answer::valid ? 1 : 0;
    unknown += check.answer == stix::SignatureCheck::Answer::unknown_key ? 1 : 0;
    return check.answer == stix::SignatureCheck::Answer::refused ? "its signature does not hold: " + check.reason
                                                                 : std::string();
  };
  TRY(store::Verified verified, store::verify_file(path, hooks));
  if (!figures.logs.empty()) {
    TRY(std::string wrong, check_logs(folder, figures));
    if (!wrong.empty()) {
      ++verified.found;
      verified.findings.push_back(std::move(wrong));
    }
  }
  if (arguments.has("--json")) {
    std::string line;
    wire::JsonWriter json(line);
    json.begin_object().key("versions").number(verified.versions).key("bytes").number(verified.bytes);
    json.key("signatures_valid").number(valid).key("signatures_of_unknown_keys").number(unknown);
    json.key("logs").number(std::uint64_t{figures.logs.size()}).key("found").number(verified.found);
    json.key("findings").begin_array();
    for (const std::string& one : verified.findings) {
      json.string(one);
    }
    json.end_array().end_object();
    write_out(line + "\n");
    return verified.found == 0;
  }
  for (const std::string& one : verified.findings) {
    print_out("wrong: {}\n", report::visible(one));
  }
  if (verified.found > verified.findings.size()) {
    print_out("and {} more\n", verified.found - verified.findings.size());
  }
  print_out("{} versions ({:.1f} MB), {} valid signatures, {} of keys that are not known here, {} logs: {}\n",
            verified.versions, static_cast<double>(verified.bytes) / 1e6, valid, unknown, figures.logs.size(),
            verified.found == 0 ? std::string("all is as it was stored")
                                : fmt::format("{} things are wrong", verified.found));
  if (verified.found != 0) {
    message("stop the node, keep a copy of the folder as it is, and restore a backup into another folder");
  }
  return verified.found == 0;
}

// The exit code.
Result<int> verify(const Arguments& arguments) {
  if (arguments.has("--offline")) {
    return verify_proofs(arguments, arguments.values("--offline"));
  }
  if (arguments.has("--key") || arguments.has("--witness")) {
    return failure(ErrorCode::usage, "--key and --witness belong to --offline PROOF");
  }
  TRY(const bool good, verify_folder(arguments));
  return good ? exit_nothing_found : exit_found;
}

int doctor(const Arguments& arguments) {
  SystemClock clock;
  const net::TlsOptions tls{.certificate_file = arguments.value("--tls-certificate").value_or(""),
                            .key_file = arguments.value("--tls-key").value_or("")};
  bool found = false;
  for (const Finding& one : examine_node(folder_of(arguments), tls, clock)) {
    found = found || one.state != Finding::State::good;
    const std::string_view state = one.state == Finding::State::good   ? "good"
                                   : one.state == Finding::State::look ? "look"
                                                                       : "wrong";
    if (arguments.has("--json")) {
      std::string line;
      wire::JsonWriter json(line);
      json.begin_object().member("state", state).member("what", one.what).member("todo", one.todo).end_object();
      write_out(line + "\n");
    } else {
      print_out("{:<6} {}\n", state, one.what);
      if (!one.todo.empty()) {
        print_out("       -> {}\n", one.todo);
      }
    }
  }
  return found ? exit_found : exit_nothing_found;
}

int exit_of(const Result<void>& done) { return done ? exit_nothing_found : report_error(done.error()); }

int run_status(const Arguments& arguments) { return exit_of(status(arguments)); }
int run_backup(const Arguments& arguments) { return exit_of(backup(arguments)); }
int run_restore(const Arguments& arguments) { return exit_of(restore(arguments)); }
int run_verify(const Arguments& arguments) {
  const auto exit = verify(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_node_status;
const Command command_node_status = {
    .name = "node status",
    .doc = "Say what a node holds",
    .about = "Objects, size of the database, users, peers, logs and collections. The node may run.",
    .example = "tocsin node status --data /var/lib/tocsin --json",
    .positional = "",
    .positional_min = 0,
    .options = {data_option, json_option},
    .run = run_status,
};

extern const Command command_node_backup;
const Command command_node_backup = {
    .name = "node backup",
    .doc = "Copy a node's folder while the node runs",
    .about =
        "Makes the folder --to with the database as it is at one moment, the node's sealed keys and a list of every "
        "file with its SHA-256. Passphrases, passwords of other servers and the key of page tokens are not in it, and "
        "are named. The folder gets its name when all of it is on disk: what has the name is whole.",
    .example = "tocsin node backup --data /var/lib/tocsin --to /backup/tocsin-2026-11-23",
    .positional = "",
    .positional_min = 0,
    .options = {data_option, {"--to", "DIR", "Where it goes; must not be there"}},
    .run = run_backup,
};

extern const Command command_node_restore;
const Command command_node_restore = {
    .name = "node restore",
    .doc = "Make a node's folder out of a backup",
    .about =
        "Checks every file of the backup against its list and copies it to --data, which must not be there. Clients "
        "begin their pages anew; peers and TAXII servers give again what came after the backup. The lost node must "
        "not come back beside it.",
    .example = "tocsin node restore --from /backup/tocsin-2026-11-23 --data /var/lib/tocsin",
    .positional = "",
    .positional_min = 0,
    .options = {{"--from", "DIR", "The backup"}, {"--data", "DIR", "The node's new folder"}},
    .run = run_restore,
};

extern const Command command_node_verify;
const Command command_node_verify = {
    .name = "node verify",
    .doc = "Hold everything that a node keeps against everything else, or one object against its proof",
    .about =
        "Looks at every page of the database, the digest of every version, every index, accounts and dates of commits, "
        "the signatures of objects whose authors' keys are known, and the transparency logs with their entries. The "
        "node may run. With --offline it needs no node: it verifies proofs of single objects, as 'tocsin proof verify' "
        "does.\n\nExit code 0: all is well; 1: something is wrong, and is named; 2: it cannot be looked at.",
    .example = "tocsin node verify --data /var/lib/tocsin",
    .positional = "",
    .positional_min = 0,
    .options = {data_option,
                json_option,
                {"--offline", "PROOF", "Verify this proof instead, without a node or network", true},
                proof_key_option,
                proof_witness_option,
                {"--format", "text|json", "Of --offline; json: one object a line for each proof"}},
    .run = run_verify,
};

extern const Command command_node_doctor;
const Command command_node_doctor = {
    .name = "node doctor",
    .doc = "Say what is wrong with a node, or soon will be, and what to do",
    .about =
        "Looks at who can read the folder and its keys, the disk, the certificate that is named, the database and its "
        "clock, users that can do nothing, collections that nobody reaches, and peers that do not answer. Each line is "
        "good, look or wrong, and what is not good says what to do. Changes nothing; the node may run.\n\nExit code 1 "
        "says that something wants a look.",
    .example = "tocsin node doctor --data /var/lib/tocsin --tls-certificate chain.pem --tls-key key.pem",
    .positional = "",
    .positional_min = 0,
    .options = {data_option,
                json_option,
                {"--tls-certificate", "FILE", "Certificate chain that serve is given"},
                {"--tls-key", "FILE", "Its private key"}},
    .run = doctor,
};

}  // namespace tocsin::app
