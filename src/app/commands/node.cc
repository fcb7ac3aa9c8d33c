// tocsin node, serve, user, collection: a node that keeps and shares STIX objects over TAXII 2.1.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "app/command.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "net/server.h"
#include "report/visible.h"
#include "taxii/medallion.h"
#include "taxii/route.h"
#include "taxii/service.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

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
  if (certificate) {
    options.tls = net::TlsOptions{.certificate_file = *certificate,
                                  .key_file = *key,
                                  .allow_tls_1_2 = arguments.has("--tls-1.2"),
                                  .client_ca_file = arguments.value("--tls-client-ca").value_or(""),
                                  .client_certificate_required = arguments.has("--tls-client-ca")};
  }
  auto node = open_node(folder_of(arguments));
  if (!node) {
    return report_error(node.error());
  }
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
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
  (*server)->stop(std::chrono::seconds(10));
  return exit_nothing_found;
}

// "*", "ROOT/*" or "ROOT/COLLECTION".
Result<store::Grant> parse_grant(std::string_view text, const std::vector<store::ApiRoot>& roots) {
  if (text == "*") {
    return store::Grant{"*", "*", false, false};
  }
  const std::size_t slash = text.find('/');
  store::Grant out;
  out.root = text.substr(0, slash);
  out.collection = slash == std::string_view::npos ? "*" : std::string(text.substr(slash + 1));
  if (std::ranges::find(roots, out.root, &store::ApiRoot::name) == roots.end() || out.collection.empty()) {
    return failure(ErrorCode::usage, fmt::format("'{}' names no API root of this node", text), {},
                   "'*', ROOT/* or ROOT/COLLECTION; tocsin collection list shows them");
  }
  return out;
}

int run_user_add(const Arguments& arguments) {
  const std::string& name = arguments.positional[0];
  if (name.empty() || name.size() > 256 || name.find(':') != std::string::npos || !valid_utf8(name)) {
    return report_error({ErrorCode::usage, "a user's name has 1 to 256 bytes and no colon", {}, ""});
  }
  auto node = open_node(folder_of(arguments));
  const auto roots = node ? node->store->roots() : std::unexpected<Error>(node.error());
  if (!roots) {
    return report_error(roots.error());
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
  for (const auto& [option, write] : {std::pair{"--read", false}, std::pair{"--write", true}}) {
    for (const std::string& text : arguments.values(option)) {
      auto grant = parse_grant(text, *roots);
      if (!grant) {
        return report_error(grant.error());
      }
      (write ? grant->write : grant->read) = true;
      user.grants.push_back(*grant);
    }
  }
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
  const auto put = user.password_hash.empty()
                       ? Result<void>(failure(ErrorCode::limit, "there is not enough memory to hash the password"))
                       : node->store->put_user(user);
  if (!put) {
    return report_error(put.error());
  }
  print_out("added user {}\n", report::visible(name));
  return exit_nothing_found;
}

int run_user_remove(const Arguments& arguments) {
  auto node = open_node(folder_of(arguments));
  const auto removed = node ? node->store->remove_user(arguments.positional[0]) : std::unexpected<Error>(node.error());
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
      grants +=
          fmt::format("  {}{} {}/{}", grant.read ? "r" : "-", grant.write ? "w" : "-", grant.root, grant.collection);
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
  Result<void> done;
  if (std::ranges::find(*roots, collection.root, &store::ApiRoot::name) == roots->end()) {
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
        "and bodies; --quiet leaves them out.",
    .example = "tocsin serve --listen 0.0.0.0:8443 --tls-certificate node.pem --tls-key node.key",
    .positional = "",
    .positional_min = 0,
    .options = {data_option,
                {"--listen", "ADDRESS:PORT", "Where to listen (default 127.0.0.1:8030)"},
                {"--tls-certificate", "FILE", "Certificate chain, PEM"},
                {"--tls-key", "FILE", "Its private key, PEM"},
                {"--tls-1.2", "", "Allow TLS 1.2 beside 1.3"},
                {"--tls-client-ca", "FILE", "Clients must show a certificate that one of these signed"}},
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
        "release of marked objects goes by (TLP).",
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
    .about = "What the user put in stays. A server that runs knows at once.",
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
