// tocsin peer add, poll, refused: TAXII servers of others that a node reads.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "app/audit.h"
#include "app/command.h"
#include "app/duration.h"
#include "app/node.h"
#include "app/node_logs.h"
#include "app/standard_output.h"
#include "app/taxii_peers.h"
#include "base/text.h"
#include "exchange/ledger.h"
#include "report/visible.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::chrono::seconds every_min{5};
constexpr std::chrono::seconds every_max{7 * 86'400};
constexpr std::chrono::milliseconds progress_every{2'000};

const Option data_option = {"--data", "DIR", "The node's folder (default ./tocsin-data)"};
const Option json_option = {"--json", "", "One JSON object a line"};

std::string folder_of(const Arguments& arguments) {
  return arguments.value("--data").value_or(std::string(data_folder_default));
}

std::unexpected<Error> no_such_peer(std::string_view name) {
  return failure(ErrorCode::not_found, fmt::format("there is no peer {}", report::visible(name)), {},
                 "tocsin peer list");
}

int exit_of(const Result<void>& done) { return done ? exit_nothing_found : report_error(done.error()); }

// A file that a server that is started elsewhere later finds as well.
Result<std::string> lasting_path(const Arguments& arguments, std::string_view option) {
  const auto given = arguments.value(option);
  if (!given) {
    return std::string();
  }
  std::error_code error;
  const auto path = std::filesystem::absolute(*given, error);
  if (error || !std::filesystem::exists(path, error)) {
    return failure(ErrorCode::not_found, "there is no such file", {.source = *given});
  }
  return path.string();
}

// How the server is asked: everything but what is read of it.
Result<std::string> fill_access(const Arguments& arguments, TaxiiPeer& peer) {
  const auto user = arguments.value("--user");
  const auto password_file = arguments.value("--password-file");
  const auto token_file = arguments.value("--token-file");
  std::string secret;
  if (user.has_value() != password_file.has_value()) {
    return failure(ErrorCode::usage, "a user goes with a password", {},
                   "--user NAME --password-file FILE, or - for stdin");
  }
  if (token_file && user) {
    return failure(ErrorCode::usage, "either a user with a password, or a token");
  }
  if (user) {
    if (user->find(':') != std::string::npos || !valid_utf8(*user) ||
        std::ranges::any_of(*user, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; })) {
      return failure(ErrorCode::usage, "a user's name holds no colon and no control characters");
    }
    peer.user = *user;
    peer.secret = PeerSecret::password;
    TRY(secret, read_secret_line(*password_file));
  }
  if (token_file) {
    peer.secret = PeerSecret::token;
    TRY(secret, read_secret_line(*token_file));
    if (std::ranges::any_of(secret, [](char c) { return c <= ' ' || static_cast<unsigned char>(c) > '~'; })) {
      return failure(ErrorCode::usage, "a token is printable ASCII without spaces", {.source = *token_file});
    }
  }
  if (arguments.has("--client-certificate") != arguments.has("--client-key")) {
    return failure(ErrorCode::usage, "a certificate goes with its key", {},
                   "--client-certificate FILE --client-key FILE");
  }
  TRY(peer.certificate_file, lasting_path(arguments, "--client-certificate"));
  TRY(peer.key_file, lasting_path(arguments, "--client-key"));
  TRY(peer.ca_file, lasting_path(arguments, "--ca"));
  if (const auto proxy = arguments.value("--proxy")) {
    TRY(const net::Proxy read, net::parse_proxy(*proxy));
    if (!read.user.empty() || !read.password.empty()) {
      return failure(ErrorCode::usage, "others on this machine can read a command line, and so the proxy's password",
                     {}, "set https_proxy in the environment of this command and of the server");
    }
    peer.proxy = *proxy;
  }
  TRY(peer.every, parse_duration(arguments.value("--every").value_or(duration_text(poll_every_default))));
  if (peer.every < every_min || peer.every > every_max) {
    return failure(ErrorCode::usage,
                   fmt::format("--every takes {} to {}", duration_text(every_min), duration_text(every_max)));
  }
  return secret;
}

// People paste the URL of a collection as well.
std::pair<net::Url, std::string> root_and_collection(net::Url url) {
  constexpr std::string_view mark = "/collections/";
  const std::size_t at = url.target.find(mark);
  std::string collection;
  if (at != std::string::npos) {
    collection = url.target.substr(at + mark.size());
    collection.resize(std::min(collection.find_first_of("/?"), collection.size()));
    url.target.resize(at + 1);
  }
  return {std::move(url), std::move(collection)};
}

struct Choice {
  net::Url root;
  taxii::RemoteCollection collection;
};

void offer(const taxii::RemoteRoot& root, const std::vector<taxii::RemoteCollection>& collections) {
  print_out("{}  {}\n", report::visible(root.url.text()), report::visible(root.title));
  for (const taxii::RemoteCollection& one : collections) {
    print_out("  {}  {}{}  {}\n", report::visible(one.id), one.can_read ? "r" : "-", one.can_write ? "w" : "-",
              report::visible(one.title));
  }
}

Error error_of(taxii::Refusal refusal) { return std::move(refusal.error); }

// The collection that is meant; nothing where none is named: what is there is then listed.
Result<std::optional<Choice>> choose(taxii::Remote& remote, const net::Url& url, const std::string& wanted) {
  auto roots = remote.roots(url);
  if (!roots) {
    return std::unexpected(error_of(std::move(roots).error()));
  }
  std::vector<Choice> found;
  std::optional<Error> last;
  for (const taxii::RemoteRoot& root : *roots) {
    auto collections = remote.collections(root.url);
    if (!collections) {
      last = error_of(std::move(collections).error());
      continue;
    }
    if (wanted.empty()) {
      offer(root, *collections);
    }
    for (taxii::RemoteCollection& one : *collections) {
      if (one.id == wanted || (!one.alias.empty() && one.alias == wanted)) {
        found.push_back({root.url, std::move(one)});
      }
    }
  }
  if (wanted.empty()) {
    return last && roots->size() == 1 ? Result<std::optional<Choice>>(std::unexpected(*std::move(last)))
                                      : Result<std::optional<Choice>>(std::nullopt);
  }
  if (found.empty() && last) {
    return std::unexpected(*std::move(last));
  }
  if (found.size() != 1) {
    return failure(
        ErrorCode::not_found,
        found.empty() ? fmt::format("the server shows no collection {} to this user", report::visible(wanted))
                      : fmt::format("several of its API roots have a collection {}", report::visible(wanted)),
        {}, found.empty() ? "without --collection, what is there is listed" : "give the URL of one API root");
  }
  if (!found.front().collection.can_read) {
    return failure(ErrorCode::usage, "this user may not read that collection");
  }
  return std::optional<Choice>(std::move(found.front()));
}

Result<void> add(const Arguments& arguments) {
  TaxiiPeer peer;
  TRY(const std::string secret, fill_access(arguments, peer));
  TRY(net::Url given, net::parse_url(arguments.positional[0]));
  auto [url, pasted] = root_and_collection(std::move(given));
  const std::string wanted = arguments.value("--collection").value_or(pasted);
  SystemClock clock;
  TRY(const auto client, start_peer_client(peer, net::limits::answer_bytes_max));
  taxii::Remote remote(*client, clock, authorization(peer.secret, peer.user, secret));
  if (wanted.empty()) {
    TRY_VOID(choose(remote, url, ""));
    message("to read one of them: tocsin peer add URL --name NAME --collection ID --into ROOT/COLLECTION");
    return {};
  }
  peer.name = arguments.value("--name").value_or("");
  if (!legal_peer_name(peer.name)) {
    return failure(ErrorCode::usage, "a peer has a name of 1 to 64 letters, digits, '.', '_' and '-'", {},
                   "--name NAME");
  }
  if (!arguments.has("--into")) {
    return failure(ErrorCode::usage, "it is not said where what comes is put", {},
                   "--into ROOT/COLLECTION; tocsin collection list shows them");
  }
  const std::string folder = folder_of(arguments);
  TRY(const NodeData node, open_node(folder));
  TRY(const auto notes, open_node_notes(folder));
  TRY(const store::Collection into, local_collection(*node.store, *arguments.value("--into")));
  TRY(const auto known, taxii_peer(*notes, peer.name));
  if (known && !arguments.has("--replace")) {
    return failure(ErrorCode::usage, fmt::format("there is a peer {}", peer.name), {},
                   "--replace changes how it is asked; what is remembered of it stays");
  }
  TRY(const std::vector<exchange::Peer> nodes, exchange::Ledger(*notes).peers());
  if (std::ranges::any_of(nodes, [&](const exchange::Peer& one) { return one.relation.name == peer.name; })) {
    return failure(ErrorCode::usage, fmt::format("a node that objects are exchanged with is called {}", peer.name));
  }
  TRY(const std::vector<exchange::Peer> others, exchange::Ledger(*notes).peers());
  if (std::ranges::any_of(others, [&](const exchange::Peer& one) { return one.relation.name == peer.name; })) {
    return failure(ErrorCode::usage, fmt::format("a node that objects are exchanged with is called {}", peer.name));
  }
  TRY(const std::vector<TaxiiPeer> all, taxii_peers(*notes));
  if (!known && all.size() >= taxii_peers_max) {
    return failure(ErrorCode::limit, fmt::format("a node reads at most {} TAXII servers", taxii_peers_max));
  }
  TRY(const std::optional<Choice> chosen, choose(remote, url, wanted));
  peer.root = chosen->root.text();
  peer.collection = chosen->collection.id;
  peer.title = chosen->collection.title;
  peer.local_root = into.root;
  peer.local_id = into.id;
  peer.added = known ? known->added : clock.now();
  peer.paused = known && known->paused;
  if (!known) {
    TRY_VOID(taxii::forget_peer(*notes, peer.name));
  }
  TRY_VOID(record_act(folder, "peer-add", {{"peer", peer.name}, {"url", peer.root}}));
  TRY_VOID(put_taxii_peer(folder, *notes, peer, secret));
  print_out("{} reads \"{}\" of {} into {}/{}, every {}\n", peer.name, report::visible(peer.title),
            report::visible(peer.root), peer.local_root, peer.local_id, duration_text(peer.every));
  message(fmt::format("a server that runs begins by itself; tocsin peer poll {} reads it now", peer.name));
  return {};
}

void show_counts(const TaxiiPeer& peer, const taxii::PollResult& result) {
  print_out("{}: {} objects came in {} pages: {} new, {} known, {} refused\n", peer.name, result.received, result.pages,
            result.stored, result.present, result.refused);
  for (const auto& [id, reason] : result.reasons) {
    print_out("  refused {}: {}\n", id.empty() ? "an object" : report::visible(id), report::visible(reason));
  }
  if (result.refused > result.reasons.size()) {
    print_out("  and {} more; tocsin peer refused {} shows those that are kept\n",
              result.refused - result.reasons.size(), peer.name);
  }
  if (result.conflicts != 0) {
    print_out("  {} came with other content under an id and version that {} gave before; the first is served\n",
              result.conflicts, peer.name);
  }
  if (result.gaps != 0) {
    print_out(
        "  in {} places the server gives more objects with one date than it gives in a page: some may be missing\n",
        result.gaps);
  }
  if (result.undated) {
    print_out("  the server does not say when objects were added: the next poll begins where this one did\n");
  }
}

void show_counts_json(const TaxiiPeer& peer, const taxii::PollResult& result) {
  std::string line;
  wire::JsonWriter json(line);
  json.begin_object().member("name", peer.name).key("pages").number(result.pages);
  json.key("received").number(result.received).key("new").number(result.stored).key("known").number(result.present);
  json.key("refused").number(result.refused).key("conflicts").number(result.conflicts);
  json.key("gaps").number(result.gaps).key("undated").boolean(result.undated).key("reasons").begin_array();
  for (const auto& [id, reason] : result.reasons) {
    json.begin_object().member("id", id).member("reason", reason).end_object();
  }
  json.end_array().member("error", result.refusal ? result.refusal->error.text() : "").end_object();
  write_out(line + "\n");
}

// Returns whether it could be read.
Result<bool> poll_one(const Arguments& arguments, PeerReader& reader, const taxii::LogNames& logs) {
  TRY_VOID(reader.resume());
  taxii::PollResult all;
  auto told = std::chrono::steady_clock::now();
  do {
    taxii::PollHooks hooks;
    hooks.logs = logs;
    hooks.progress = [&](const taxii::PollResult& so_far) {
      const auto now = std::chrono::steady_clock::now();
      if (now - told >= progress_every) {
        told = now;
        message(fmt::format("{}: {} pages, {} objects, {} new", reader.peer().name, all.pages + so_far.pages,
                            all.received + so_far.received, all.stored + so_far.stored));
      }
    };
    taxii::PollResult one = reader.poll(std::move(hooks), 1, [](net::Client*) {});
    one.pages += all.pages;
    one.received += all.received;
    one.stored += all.stored;
    one.present += all.present;
    one.refused += all.refused;
    one.conflicts += all.conflicts;
    one.gaps += all.gaps;
    std::ranges::copy(one.reasons, std::back_inserter(all.reasons));
    if (all.reasons.size() > taxii::limits::reasons_max) {
      all.reasons.resize(taxii::limits::reasons_max);
    }
    one.reasons = std::move(all.reasons);
    all = std::move(one);
  } while (all.unfinished && !all.refusal);
  (arguments.has("--json") ? show_counts_json : show_counts)(reader.peer(), all);
  if (all.refusal) {
    report_error({all.refusal->error.code, fmt::format("{}: {}", reader.peer().name, all.refusal->error.message),
                  all.refusal->error.where, all.refusal->error.hint});
  }
  return !all.refusal;
}

Result<bool> poll(const Arguments& arguments) {
  const std::string folder = folder_of(arguments);
  TRY(const NodeData node, open_node(folder));
  TRY(const auto notes, open_node_notes(folder));
  std::vector<TaxiiPeer> peers;
  if (arguments.positional.empty()) {
    TRY(peers, taxii_peers(*notes));
    std::erase_if(peers, [](const TaxiiPeer& peer) { return peer.paused; });
  }
  for (const std::string& name : arguments.positional) {
    TRY(auto peer, taxii_peer(*notes, name));
    if (!peer) {
      return no_such_peer(name);
    }
    peers.push_back(*std::move(peer));
  }
  if (peers.empty()) {
    message("there is no TAXII server to read: tocsin peer add URL");
  }
  // What is read here is logged like what a server reads.
  TRY(const LogKeys keys, log_keys_for_serving(folder, *notes));
  SystemClock clock;
  SystemRandom random;
  bool all_read = true;
  for (TaxiiPeer& peer : peers) {
    PeerReader reader(folder, std::move(peer), *node.store, *notes, clock, random);
    TRY(const bool read, poll_one(arguments, reader, keys.names()));
    all_read = all_read && read;
  }
  return all_read;
}

Result<void> refused(const Arguments& arguments) {
  const std::string folder = folder_of(arguments);
  const std::string& name = arguments.positional[0];
  TRY(const NodeData node, open_node(folder));
  TRY(const auto notes, open_node_notes(folder));
  TRY(const auto peer, taxii_peer(*notes, name));
  if (!peer) {
    return no_such_peer(name);
  }
  return taxii::visit_aside(*notes, name, [&](const taxii::Aside& one) {
    if (arguments.has("--json")) {
      std::string line;
      wire::JsonWriter(line)
          .begin_object()
          .member("at", rfc3339(one.at))
          .member("id", one.id)
          .member("reason", one.reason)
          .member("object", one.bytes)
          .end_object();
      return write_out(line + "\n");
    }
    return print_out("{} {}: {}\n", rfc3339(one.at), one.id.empty() ? "an object" : report::visible(one.id),
                     report::visible(one.reason));
  });
}

}  // namespace

extern const Command command_peer_add;
const Command command_peer_add = {
    .name = "peer add",
    .doc = "Read a collection of another TAXII 2.1 server, again and again",
    .about =
        "The URL is that of a discovery document, of an API root or of a collection. Without --collection it lists "
        "what "
        "is there. With it, 'tocsin serve' reads the collection into one of this node's from then on, and 'tocsin peer "
        "poll' reads it once. What comes is kept under the name of the peer, with its markings, and released like what "
        "users put in.\n\nPasswords and tokens come from files, never from the command line, and are kept in the "
        "node's "
        "folder where only its owner may read them. Certificates are always checked: --ca names who signs the server's "
        "where the system does not know. A proxy is taken from --proxy or from https_proxy, one with a password only "
        "from there.",
    .example =
        "tocsin peer add https://taxii.example.org/taxii2/ --name example --collection "
        "91a7b528-80eb-42ed-a74d-c6fbd5a26116 --into api/shared --user node7 --password-file -",
    .positional = "URL",
    .positional_min = 1,
    .options = {data_option,
                {"--name", "NAME", "What this node calls it"},
                {"--collection", "ID", "The collection there, by id or alias"},
                {"--into", "WHERE", "The collection here: ROOT/COLLECTION, an id or an alias"},
                {"--user", "NAME", "User there"},
                {"--password-file", "FILE", "First line is the password; - is stdin"},
                {"--token-file", "FILE", "First line is a bearer token; - is stdin"},
                {"--client-certificate", "FILE", "PEM: a certificate to show to the server"},
                {"--client-key", "FILE", "PEM: its key"},
                {"--ca", "FILE", "PEM: who signs the server's certificate (default: the system's)"},
                {"--proxy", "URL", "Ask through this proxy"},
                {"--every", "TIME", "How often, such as 30s, 5m, 1h (default 5m)"},
                {"--replace", "", "Change a peer that is there"}},
    .run = [](const Arguments& arguments) { return exit_of(add(arguments)); },
};

extern const Command command_peer_poll;
const Command command_peer_poll = {
    .name = "peer poll",
    .doc = "Read what is new on the TAXII servers of others, once",
    .about =
        "Reads one peer, or all that are not paused, from where the last time ended, and says how many objects came, "
        "were "
        "new, were known and were refused, and why. What came is kept as far as it came: after an interruption the "
        "next "
        "time goes on there. Exit code 2 where one could not be read.",
    .example = "tocsin peer poll example",
    .positional = "[NAME]",
    .positional_min = 0,
    .options = {data_option, json_option},
    .run =
        [](const Arguments& arguments) {
          const auto read = poll(arguments);
          return !read ? report_error(read.error()) : *read ? exit_nothing_found : exit_failed;
        },
};

extern const Command command_peer_refused;
const Command command_peer_refused = {
    .name = "peer refused",
    .doc = "Show what a TAXII server gave and this node did not take",
    .about =
        "One object a line: when it came first, its identifier, and why it was refused: no valid STIX 2.1, too large, "
        "or "
        "a version by somebody else than the creator. With --json the object itself as well. At most 1,000 are kept of "
        "a "
        "peer.",
    .example = "tocsin peer refused example",
    .positional = "NAME",
    .positional_min = 1,
    .options = {data_option, json_option},
    .run = [](const Arguments& arguments) { return exit_of(refused(arguments)); },
};

}  // namespace tocsin::app
