// tocsin node, serve, user, collection: a node that keeps and shares STIX objects over TAXII 2.1.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "app/alarm_book.h"
#include "app/audit.h"
#include "app/command.h"
#include "app/cosignatures.h"
#include "app/duration.h"
#include "app/exchange_host.h"
#include "app/grants.h"
#include "app/node.h"
#include "app/node_identity.h"
#include "app/node_logs.h"
#include "app/passphrase.h"
#include "app/standard_output.h"
#include "app/taxii_polling.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "net/server.h"
#include "report/visible.h"
#include "taxii/credentials.h"
#include "taxii/log_routes.h"
#include "taxii/medallion.h"
#include "taxii/rates.h"
#include "taxii/route.h"
#include "taxii/service.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

// Open files that are not connections: the store's, the logs', and those to peers.
constexpr rlim_t files_kept_free = 256;
// Failed logins that the audit log tells of: in a second, kept up for long, and at once.
constexpr double failures_told_per_second = 1;
constexpr double failures_told_burst = 60;
constexpr std::uint64_t medallion_bytes_max = std::uint64_t{16} << 20;
const Option data_option = {"--data", "DIR", "The node's folder (default ./tocsin-data)"};

std::string folder_of(const Arguments& arguments) {
  return arguments.value("--data").value_or(std::string(data_folder_default));
}

Result<void> fill_from_medallion(const Arguments& arguments, NodeData& node) {
  SystemClock clock;
  SystemRandom random;
  const taxii::MoveOptions options{.now = clock.now()};
  TRY(const std::string data, read_whole(*arguments.value("--from-medallion"), medallion_bytes_max));
  TRY(taxii::Moved moved, taxii::move_medallion_data(data, *node.store, options));
  if (const auto config = arguments.value("--medallion-config")) {
    TRY(const std::string text, read_whole(*config, medallion_bytes_max));
    TRY(const taxii::Moved users, taxii::move_medallion_users(text, *node.store, random, options));
    moved.users = users.users;
    moved.skipped.insert(moved.skipped.end(), users.skipped.begin(), users.skipped.end());
  }
  for (const std::string& one : moved.skipped) {
    message("skipped " + report::visible(one));
  }
  print_out("moved {} API roots, {} collections, {} versions of objects, {} status resources, {} users\n", moved.roots,
            moved.collections, moved.versions, moved.statuses, moved.users);
  return {};
}

Result<void> fill_new(NodeData& node) {
  TRY_VOID(node.store->set_discovery({.title = "Tocsin", .description = "", .contact = "", .default_root = "api"}));
  TRY_VOID(node.store->put_root({.name = "api", .title = "Tocsin", .description = "", .max_content_length = 0}));
  store::Collection collection;
  collection.root = "api";
  collection.id = new_uuid();
  collection.title = "Shared";
  collection.alias = "shared";
  collection.media_types = {"application/stix+json;version=2.1"};
  TRY_VOID(node.store->put_collection(collection));
  print_out("API root /api/, collection {} \"{}\"\n", collection.id, collection.title);
  return {};
}

int run_init(const Arguments& arguments) {
  if (arguments.has("--medallion-config") && !arguments.has("--from-medallion")) {
    return report_error({ErrorCode::usage, "--medallion-config needs --from-medallion", {}, ""});
  }
  auto node = create_node(folder_of(arguments));
  if (!node) {
    return report_error(node.error());
  }
  const auto filled = arguments.has("--from-medallion") ? fill_from_medallion(arguments, *node) : fill_new(*node);
  if (!filled) {
    return report_error(filled.error());
  }
  const auto notes = open_node_notes(folder_of(arguments));
  const auto logs = notes ? make_log_keys(folder_of(arguments), **notes) : std::unexpected<Error>(notes.error());
  if (!logs) {
    return report_error(logs.error());
  }
  if (const auto told = record_act(folder_of(arguments), "node-init",
                                   {{"from", arguments.has("--from-medallion") ? "medallion" : "nothing"}});
      !told) {
    return report_error(told.error());
  }
  print_out("node in {}; next: tocsin user add NAME --read '*' --write '*', then tocsin serve\n", folder_of(arguments));
  return exit_nothing_found;
}

void log_access(const taxii::Access& access) {
  std::string line;
  if (verbosity().json) {
    wire::JsonWriter json(line);
    json.begin_object().member("time", rfc3339(access.at)).member("client", access.client_address);
    json.member("user", access.user).member("method", access.method.substr(0, 16));
    json.member("resource", taxii::name_of(access.resource)).key("status").number(access.status);
    json.key("bytes_in").number(static_cast<std::uint64_t>(access.bytes_in));
    json.key("bytes_out").number(static_cast<std::uint64_t>(access.bytes_out));
    json.key("milliseconds").raw(fmt::format("{:.3f}", access.milliseconds)).end_object();
  } else {
    line = fmt::format("{} {} {} {} {} {} {} bytes, {:.1f} ms", rfc3339(access.at), access.client_address,
                       access.user.empty() ? "-" : report::visible(access.user),
                       report::visible(access.method.substr(0, 16)), taxii::name_of(access.resource), access.status,
                       access.bytes_out, access.milliseconds);
  }
  line += '\n';
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  std::fputs(line.c_str(), stderr);
}

// Nothing where nobody said whose node this is: it then exchanges nothing.
Result<std::unique_ptr<ExchangeHost>> start_exchange(const Arguments& arguments, const NodeData& node,
                                                     store::Notes& notes, const Clock& clock, Random& random,
                                                     const taxii::LogNames& logs) {
  const std::string folder = folder_of(arguments);
  TRY(const auto identity, node_identity(folder, notes));
  if (!identity) {
    return std::unique_ptr<ExchangeHost>();
  }
  TRY(exchange::Options options, exchange_options(arguments, folder, notes));
  TRY(options.author_keys, read_author_keys(arguments));
  options.logs = logs;
  TRY(net::ClientOptions client, peer_client_options(arguments));
  return ExchangeHost::start(*node.store, notes, clock, random, std::move(options), std::move(client));
}

// What the service does goes into the audit log. Failed logins at a bounded pace, so that strangers can neither fill
// the disk nor keep it busy: the next line says how many were left out.
bool told_in_audit(AuditLog& audit, const taxii::AuditedAct& act, taxii::Rates& told,
                   std::atomic<std::uint64_t>& untold, const Clock& clock) {
  const bool login = act.act == "login-failed";
  if (login && told.take("", clock.now()) != 0) {
    ++untold;
    return true;
  }
  AuditDetails details = {{"client", std::string(act.client_address)}, {"user", std::string(act.user)}};
  if (login) {
    details.emplace_back("how", act.how);
    if (const std::uint64_t left_out = untold.exchange(0); left_out != 0) {
      details.emplace_back("left_out_before", std::to_string(left_out));
    }
  } else {
    details.emplace_back("collection", act.collection);
    details.emplace_back("object", audit.mark(act.object));
    details.emplace_back("versions", std::to_string(act.versions));
  }
  const auto recorded = audit.record(act.act, details);
  if (!recorded) {
    message(recorded.error().message);
  }
  return recorded.has_value();
}

int run_serve(const Arguments& arguments) {
  auto listen = net::parse_listen_address(arguments.value("--listen").value_or("127.0.0.1:8030"));
  if (!listen) {
    return report_error(listen.error());
  }
  net::ServerOptions options;
  options.listen = *listen;
  options.body_bytes_max = std::uint64_t{16} << 20;
  options.worker_threads = std::max(4U, std::thread::hardware_concurrency());
  const auto certificate = arguments.value("--tls-certificate");
  const auto key = arguments.value("--tls-key");
  if (certificate.has_value() != key.has_value() ||
      (!certificate && (arguments.has("--tls-1.2") || arguments.has("--tls-client-ca")))) {
    return report_error(
        {ErrorCode::usage, "TLS needs both a certificate and its key", {}, "--tls-certificate FILE --tls-key FILE"});
  }
  const std::string how = arguments.value("--tls-client-certificate").value_or("required");
  if ((how != "required" && how != "optional") ||
      (arguments.has("--tls-client-certificate") && !arguments.has("--tls-client-ca"))) {
    return report_error({ErrorCode::usage,
                         "--tls-client-certificate is required or optional, beside --tls-client-ca",
                         {},
                         "--tls-client-ca FILE --tls-client-certificate optional"});
  }
  if (certificate) {
    options.tls = net::TlsOptions{.certificate_file = *certificate,
                                  .key_file = *key,
                                  .allow_tls_1_2 = arguments.has("--tls-1.2"),
                                  .client_ca_file = arguments.value("--tls-client-ca").value_or(""),
                                  .client_certificate_required = how == "required"};
  }
  auto node = open_node(folder_of(arguments));
  if (!node) {
    return report_error(node.error());
  }
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const std::uint64_t allowed =
        files.rlim_cur > 2 * files_kept_free ? files.rlim_cur - files_kept_free : files_kept_free;
    if (allowed < options.connections_max) {
      options.connections_max = static_cast<std::size_t>(allowed);
      message(fmt::format("at most {} connections: the system allows {} open files", allowed, files.rlim_cur));
    }
  }
  // Blocked before the first thread begins, so that none of them takes a signal: this one waits for it.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  SystemClock clock;
  SystemRandom random;
  taxii::ServiceOptions service_options{.key = node->key};
  if (!verbosity().quiet) {
    service_options.log = log_access;
  }
  const auto notes = open_node_notes(folder_of(arguments));
  if (!notes) {
    return report_error(notes.error());
  }
  const auto pace = parse_duration(arguments.value("--checkpoint-every").value_or("10s"));
  if (!pace || *pace < std::chrono::seconds(1)) {
    return report_error(pace ? Error{ErrorCode::usage, "--checkpoint-every takes 1s and more", {}, ""} : pace.error());
  }
  auto log_keys = log_keys_for_serving(folder_of(arguments), **notes);
  if (!log_keys) {
    return report_error(log_keys.error());
  }
  service_options.logs = log_keys->names();
  service_options.witness = taxii::WitnessKey{log_keys->witness.origin, log_keys->witness.seed};
  service_options.notes = notes->get();
  AuditLog audit(folder_of(arguments), **notes, node->key, clock);
  taxii::Rates failures_told(failures_told_per_second, failures_told_burst);
  std::atomic<std::uint64_t> failures_untold = 0;
  service_options.audit = [&](const taxii::AuditedAct& act) {
    return told_in_audit(audit, act, failures_told, failures_untold, clock);
  };
  const auto exchange = start_exchange(arguments, *node, **notes, clock, random, service_options.logs);
  if (!exchange) {
    return report_error(exchange.error());
  }
  ExchangeHost* const host = exchange->get();
  if (host != nullptr) {
    service_options.exchange = [host](std::string_view text) { return host->receive(text); };
    service_options.committed = [host] { host->committed(); };
  }
  const auto alarms = AlarmBook::open(arguments, folder_of(arguments), *node->store, **notes, clock);
  if (!alarms) {
    return report_error(alarms.error());
  }
  AlarmBook* const book = alarms->get();
  service_options.conflict = [book](store::CollectionName collection, const store::NewVersion& came) {
    book->conflict(collection, came);
  };
  TaxiiPolling polling(
      folder_of(arguments), *node->store, **notes, clock, random,
      {.logs = service_options.logs, .committed = service_options.committed, .conflict = service_options.conflict});
  auto client_options = peer_client_options(arguments);
  if (!client_options) {
    return report_error(client_options.error());
  }
  const auto cosignatures = Cosignatures::start(*node->store, log_keys->names(), *std::move(client_options));
  if (!cosignatures) {
    return report_error(cosignatures.error());
  }
  Cosignatures* const witnesses = cosignatures->get();
  LogSigner signer(*node->store, *std::move(log_keys), *pace);
  service_options.operator_metrics = [&polling, &signer, book, witnesses, host] {
    return polling.metrics() + signer.metrics() + book->metrics() + witnesses->metrics() +
           (host == nullptr ? std::string() : host->metrics());
  };
  const auto told = audit.record("serve-start", {{"listen", listen->text()}, {"tls", options.tls ? "yes" : "no"}});
  if (!told) {
    return report_error(told.error());
  }
  taxii::Service service(*node->store, clock, random, std::move(service_options));
  auto server = net::Server::start(options, service);
  if (!server) {
    return report_error(server.error());
  }
  listen->port = (*server)->port();
  print_out("serving {} on {}://{}/taxii2/\n", folder_of(arguments), options.tls ? "https" : "http", listen->text());
  (void)flush_out();
  int signal = 0;
  sigwait(&signals, &signal);
  message("stopping: running requests may end");
  service.set_ready(false);
  polling.stop();
  (*server)->stop(std::chrono::seconds(10));
  if (const auto ended = audit.record("serve-stop", {}); !ended) {
    return report_error(ended.error());
  }
  return exit_nothing_found;
}

int run_user_add(const Arguments& arguments) {
  const std::string& name = arguments.positional[0];
  if (name.empty() || name.size() > 256 || name.find(':') != std::string::npos || !valid_utf8(name)) {
    return report_error({ErrorCode::usage, "a user's name has 1 to 256 bytes and no colon", {}, ""});
  }
  auto node = open_node(folder_of(arguments));
  if (!node) {
    return report_error(node.error());
  }
  const auto known = node->store->user(name);
  if (known && *known) {
    return report_error(
        {ErrorCode::usage, fmt::format("there is a user {}", name), {}, "tocsin user remove NAME first"});
  }
  store::User user;
  user.name = name;
  user.organisation = arguments.value("--organisation").value_or("");
  user.communities = arguments.values("--community");
  auto grants = grants_of(arguments, *node->store);
  if (!grants) {
    return report_error(grants.error());
  }
  user.grants = std::move(*grants);
  if (user.grants.empty()) {
    return report_error({ErrorCode::usage,
                         "this user could neither read nor write",
                         {},
                         "--read '*' and --write '*' allow both everywhere"});
  }
  const auto password = read_new_password(arguments.value("--password-file").value_or(""));
  if (!password) {
    return report_error(password.error());
  }
  trust::PasswordSalt salt{};
  SystemRandom().fill(salt);
  user.password_hash = trust::hash_password(*password, salt);
  AuditDetails act = {{"user", name}};
  for (const store::Grant& grant : user.grants) {
    act.emplace_back("may", grant_text(grant));
  }
  auto put = user.password_hash.empty()
                 ? Result<void>(failure(ErrorCode::limit, "there is not enough memory to hash the password"))
                 : record_act(folder_of(arguments), "user-add", act);
  if (put) {
    put = node->store->put_user(user);
  }
  if (!put) {
    return report_error(put.error());
  }
  print_out("added user {}\n", report::visible(name));
  return exit_nothing_found;
}

int run_user_remove(const Arguments& arguments) {
  auto node = open_node(folder_of(arguments));
  const auto notes = node ? open_node_notes(folder_of(arguments)) : std::unexpected<Error>(node.error());
  auto forgotten = notes ? record_act(folder_of(arguments), "user-remove", {{"user", arguments.positional[0]}})
                         : Result<void>(std::unexpected<Error>(notes.error()));
  if (forgotten) {
    forgotten = taxii::forget_credentials(**notes, arguments.positional[0]);
  }
  const auto removed =
      forgotten ? node->store->remove_user(arguments.positional[0]) : std::unexpected<Error>(forgotten.error());
  if (!removed) {
    return report_error(removed.error());
  }
  if (!*removed) {
    return report_error({ErrorCode::not_found, "there is no such user", {arguments.positional[0]}, "tocsin user list"});
  }
  print_out("removed user {}\n", report::visible(arguments.positional[0]));
  return exit_nothing_found;
}

int run_user_list(const Arguments& arguments) {
  auto node = open_node(folder_of(arguments));
  const auto users = node ? node->store->users() : std::unexpected<Error>(node.error());
  if (!users) {
    return report_error(users.error());
  }
  for (const store::User& user : *users) {
    std::string grants;
    for (const store::Grant& grant : user.grants) {
      grants += "  " + grant_text(grant);
    }
    print_out("{}{}{}\n", report::visible(user.name), grants,
              user.organisation.empty() ? "" : "  of " + report::visible(user.organisation));
  }
  return exit_nothing_found;
}

int run_collection_add(const Arguments& arguments) {
  auto node = open_node(folder_of(arguments));
  const auto roots = node ? node->store->roots() : std::unexpected<Error>(node.error());
  if (!roots) {
    return report_error(roots.error());
  }
  store::Collection collection;
  collection.root = arguments.value("--root").value_or(roots->empty() ? "api" : roots->front().name);
  collection.title = arguments.positional[0];
  collection.id = new_uuid();
  collection.description = arguments.value("--description").value_or("");
  collection.alias = arguments.value("--alias").value_or("");
  collection.can_read = !arguments.has("--write-only");
  collection.can_write = !arguments.has("--read-only");
  collection.media_types = {"application/stix+json;version=2.1"};
  if (!taxii::legal_root_name(collection.root) ||
      (!collection.alias.empty() && !taxii::legal_root_name(collection.alias))) {
    return report_error({ErrorCode::usage, "a root and an alias hold letters, digits, '-', '_' and '.'", {}, ""});
  }
  Result<void> done =
      record_act(folder_of(arguments), "collection-add", {{"collection", collection.root + "/" + collection.id}});
  if (done && std::ranges::find(*roots, collection.root, &store::ApiRoot::name) == roots->end()) {
    done = node->store->put_root(
        {.name = collection.root, .title = collection.root, .description = "", .max_content_length = 0});
  }
  if (done) {
    done = node->store->put_collection(collection);
  }
  if (!done) {
    return report_error(done.error());
  }
  print_out("/{}/collections/{}/\n", collection.root, collection.id);
  return exit_nothing_found;
}

int run_collection_list(const Arguments& arguments) {
  auto node = open_node(folder_of(arguments));
  const auto roots = node ? node->store->roots() : std::unexpected<Error>(node.error());
  if (!roots) {
    return report_error(roots.error());
  }
  for (const store::ApiRoot& root : *roots) {
    const auto collections = node->store->collections(root.name);
    if (!collections) {
      return report_error(collections.error());
    }
    for (const store::Collection& one : *collections) {
      print_out("/{}/collections/{}/  {}{}  {}\n", root.name, one.id, one.can_read ? "r" : "-",
                one.can_write ? "w" : "-", report::visible(one.title));
    }
  }
  return exit_nothing_found;
}

}  // namespace

extern const Command command_node_init;
const Command command_node_init = {
    .name = "node init",
    .doc = "Make a node: a folder that keeps objects, users and collections",
    .about =
        "Makes the folder of a node with an API root and a collection. With --from-medallion it takes over discovery, "
        "API "
        "roots, collections, objects with their date_added and status resources from the data file of the OASIS "
        "reference "
        "server, and with --medallion-config its users, whose passwords are kept as Argon2id hashes.",
    .example = "tocsin node init --data /var/lib/tocsin",
    .positional = "",
    .positional_min = 0,
    .options = {data_option,
                {"--from-medallion", "FILE", "Data file of the OASIS reference server"},
                {"--medallion-config", "FILE", "Its configuration, for the users"}},
    .run = run_init,
};

extern const Command command_serve;
const Command command_serve = {
    .name = "serve",
    .doc = "Serve a node's collections over TAXII 2.1",
    .about =
        "Serves until it gets SIGINT or SIGTERM; running requests then may end. Without TLS it listens on loopback "
        "only. "
        "/healthz says that it runs, /readyz that it takes requests, /metrics (loopback, or a user) counts for "
        "Prometheus. Every request is one line on stderr, as JSON with --log-format json, without queries, passwords "
        "and bodies; --quiet leaves them out.\n\nTAXII servers of others that 'tocsin peer add' named are read "
        "meanwhile. A node that has an identity ('tocsin node identity') exchanges objects with its peers ('tocsin "
        "peer "
        "invite'). It needs the passphrase of its key at the start: --passphrase-file, $TOCSIN_PASSPHRASE, the file "
        "that 'node identity' wrote where nobody typed one, or the terminal.",
    .example = "tocsin serve --listen 0.0.0.0:8443 --tls-certificate node.pem --tls-key node.key",
    .positional = "",
    .positional_min = 0,
    .options = {data_option,
                {"--listen", "ADDRESS:PORT", "Where to listen (default 127.0.0.1:8030)"},
                {"--tls-certificate", "FILE", "Certificate chain, PEM"},
                {"--tls-key", "FILE", "Its private key, PEM"},
                {"--tls-1.2", "", "Allow TLS 1.2 beside 1.3"},
                {"--tls-client-ca", "FILE", "Clients must show a certificate that one of these signed"},
                author_keys_option,
                {"--checkpoint-every", "TIME", "Pace of the logs' checkpoints (default 10s)"},
                {"--tls-client-certificate", "HOW", "required (default) or optional: one that is shown must be signed"},
                {"--peer-ca", "FILE", "PEM: who signs the certificates of peers (default: the system's)"},
                {"--peer-certificate", "FILE", "PEM: a certificate to show to peers"},
                {"--peer-key", "FILE", "PEM: its key"},
                passphrase_option()},
    .run = run_serve,
};

extern const Command command_user_add;
const Command command_user_add = {
    .name = "user add",
    .doc = "Add a user of a node",
    .about =
        "The password is asked for on the terminal, or read from the first line of a file. What the user may do is "
        "said by "
        "--read and --write: '*' for everywhere, ROOT/* or ROOT/COLLECTION. Organisation and communities are what the "
        "release of marked objects goes by (TLP).\n\n--read tocsin/restricted-log lets a user read the restricted "
        "transparency log as well, which '*' does not (docs/log.md).",
    .example = "tocsin user add alice --read '*' --write api/91a7b528-80eb-42ed-a74d-c6fbd5a26116",
    .positional = "NAME",
    .positional_min = 1,
    .options = {data_option,
                {"--read", "WHERE", "May read there", true},
                {"--write", "WHERE", "May write there", true},
                {"--organisation", "ID", "Identifier of the user's organisation"},
                {"--community", "ID", "Identifier of a community of the user", true},
                {"--password-file", "FILE", "First line is the password; - is stdin"}},
    .run = run_user_add,
};

extern const Command command_user_remove;
const Command command_user_remove = {
    .name = "user remove",
    .doc = "Remove a user of a node",
    .about = "What the user put in stays; tokens and certificates of the user go. A server that runs knows at once.",
    .example = "tocsin user remove alice",
    .positional = "NAME",
    .positional_min = 1,
    .options = {data_option},
    .run = run_user_remove,
};

extern const Command command_user_list;
const Command command_user_list = {
    .name = "user list",
    .doc = "List the users of a node and what they may do",
    .about = "One user a line: name, then r and w for each place where the user may read and write.",
    .example = "tocsin user list",
    .positional = "",
    .positional_min = 0,
    .options = {data_option},
    .run = run_user_list,
};

extern const Command command_collection_add;
const Command command_collection_add = {
    .name = "collection add",
    .doc = "Add a collection to a node",
    .about = "Prints the path of the new collection. An API root that is not there is made.",
    .example = "tocsin collection add 'Phishing this week' --read-only",
    .positional = "TITLE",
    .positional_min = 1,
    .options = {data_option,
                {"--root", "NAME", "API root (default: the first one)"},
                {"--alias", "NAME", "A second name for its path"},
                {"--description", "TEXT", "What it is for"},
                {"--read-only", "", "Nobody may write"},
                {"--write-only", "", "Nobody may read"}},
    .run = run_collection_add,
};

extern const Command command_collection_list;
const Command command_collection_list = {
    .name = "collection list",
    .doc = "List the collections of a node",
    .about = "One collection a line: path, r and w where it may be read and written at all, title.",
    .example = "tocsin collection list",
    .positional = "",
    .positional_min = 0,
    .options = {data_option},
    .run = run_collection_list,
};

}  // namespace tocsin::app
