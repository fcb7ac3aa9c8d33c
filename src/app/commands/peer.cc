// tocsin node identity, peer: whose node this is, and the nodes that objects are exchanged with.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include <fmt/format.h>

#include "app/audit.h"
#include "app/command.h"
#include "app/exchange_host.h"
#include "app/node.h"
#include "app/node_identity.h"
#include "app/passphrase.h"
#include "app/peer_transport.h"
#include "app/standard_output.h"
#include "app/taxii_peers.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "report/visible.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::size_t code_bytes_max = 8'192;
constexpr std::uint64_t days_default = 7, days_max = 90;
constexpr std::chrono::seconds accept_time_max{60};

const Option data_option = {"--data", "DIR", "The node's folder (default ./tocsin-data)"};
const Option json_option = {"--json", "", "One JSON object a line"};

std::string folder_of(const Arguments& arguments) {
  return arguments.value("--data").value_or(std::string(data_folder_default));
}

// A node's exchange for one command. What it changes a running server notices by itself.
struct Desk final : exchange::Transport {
  SystemClock clock;
  SystemRandom random;
  NodeData node;
  std::unique_ptr<store::Notes> notes;
  std::unique_ptr<exchange::Exchange> exchange;

  // A command that only looks or changes relations sends nothing.
  void send(const std::string&, std::uint64_t, std::string) override {}

  Result<void> open(const Arguments& arguments) {
    const std::string folder = folder_of(arguments);
    TRY(node, open_node(folder));
    TRY(notes, open_node_notes(folder));
    return {};
  }
  Result<void> open_exchange(exchange::Options options, exchange::Transport& transport) {
    TRY(exchange, exchange::Exchange::open(*node.store, *notes, clock, random, transport, std::move(options)));
    return {};
  }
  // Without the secret: for what signs nothing.
  Result<void> open_to_look(const Arguments& arguments) {
    TRY_VOID(open(arguments));
    TRY(const auto identity, node_identity(folder_of(arguments), *notes));
    exchange::Options options;
    if (!identity) {
      return failure(ErrorCode::not_found, "nobody said yet whose node this is", {folder_of(arguments)},
                     "tocsin node identity --name NAME --url https://HOST:PORT");
    }
    options.key = identity->key;
    options.key_document = identity->key_document;
    options.url = identity->url;
    return open_exchange(std::move(options), *this);
  }
  Result<exchange::Peer> find(std::string_view name) const {
    for (exchange::Peer& peer : exchange->peers()) {
      if (peer.relation.name == name || peer.kid == name) {
        return std::move(peer);
      }
    }
    return failure(ErrorCode::not_found, fmt::format("there is no peer {}", report::visible(name)), {},
                   "tocsin peer list");
  }
};

template <std::size_t Size>
void fill_randomly(std::array<std::uint8_t, Size>& out) {
  SystemRandom().fill(out);
}

Result<void> make_identity(const Arguments& arguments, const std::string& folder) {
  SystemClock clock;
  stix::AuthorKey key;
  key.identity = arguments.value("--identity").value_or("identity--" + new_uuid());
  key.name = arguments.value("--name").value_or("");
  key.nation = arguments.value("--nation").value_or("");
  key.valid_from = rfc3339(Time::from_seconds(clock.now().ticks / Time::ticks_per_second));
  trust::Ed25519Seed seed{};
  fill_randomly(seed);
  key.key = trust::ed25519_public_key(seed);
  key.kid = stix::key_id(key.key);
  TRY(const std::string document, stix::write_author_key(key, seed));
  TRY(std::string passphrase,
      new_passphrase(arguments, "Passphrase of this node's key", exchange_passphrase_path(folder)));
  trust::PassphraseParameters parameters;
  fill_randomly(parameters.salt);
  fill_randomly(parameters.nonce);
  auto text = stix::write_secret_key(document, seed, passphrase, parameters);
  trust::wipe(passphrase);
  seed.fill(0);
  if (!text) {
    return std::unexpected(std::move(text).error());
  }
  return write_secret_file(exchange_key_path(folder), *text + "\n");
}

// A key that the organisation has already: objects that it signed are then the node's own.
Result<void> take_identity(const Arguments& arguments, const std::string& folder) {
  TRY(const std::string text, read_whole(*arguments.value("--key"), 65'536));
  TRY(const wire::Json json, wire::parse_json(text));
  if (json.string_or("type", "") != "tocsin-secret-key") {
    return failure(ErrorCode::usage, "this is no secret key", {.source = *arguments.value("--key")},
                   "a file that 'tocsin key new --out FILE' wrote");
  }
  return write_secret_file(exchange_key_path(folder), text);
}

Result<void> identity(const Arguments& arguments) {
  const std::string folder = folder_of(arguments);
  Desk desk;
  TRY_VOID(desk.open(arguments));
  std::string url;
  if (const auto given = arguments.value("--url")) {
    TRY(url, exchange_url(*given));
  }
  TRY(auto known, node_identity(folder, *desk.notes));
  const bool names_one = arguments.has("--name") || arguments.has("--identity") || arguments.has("--key");
  if (known && names_one) {
    return failure(ErrorCode::usage, "it is said already whose node this is: peers know it by its key", {folder},
                   "tocsin node identity alone shows it; --url alone changes where peers reach it");
  }
  if (!known && !names_one) {
    return failure(ErrorCode::not_found, "nobody said yet whose node this is", {folder},
                   "tocsin node identity --name NAME --url https://HOST:PORT");
  }
  if (!known && arguments.has("--key") == arguments.has("--name")) {
    return failure(ErrorCode::usage, "either --key, or --name for a new key", {}, "");
  }
  if (!known) {
    TRY_VOID(arguments.has("--key") ? take_identity(arguments, folder) : make_identity(arguments, folder));
  }
  if (!url.empty()) {
    TRY_VOID(set_exchange_url(*desk.notes, url));
  }
  TRY(known, node_identity(folder, *desk.notes));
  if (arguments.has("--json")) {
    std::string line;
    wire::JsonWriter json(line);
    json.begin_object().member("organisation", known->key.identity).member("name", known->key.name);
    json.member("nation", known->key.nation).member("kid", known->key.kid).member("url", known->url);
    json.key("key").raw(known->key_document).end_object();
    write_out(line + "\n");
    return {};
  }
  print_out("{}{}\n  organisation {}\n  key          {}\n  fingerprint  {}\n  url          {}\n",
            report::visible(known->key.name), known->key.nation.empty() ? "" : ", " + known->key.nation,
            known->key.identity, known->key.kid, stix::fingerprint(known->key.key),
            known->url.empty() ? "none: peers cannot reach this node, it asks them" : known->url);
  return {};
}

Result<void> fill_relation(const Arguments& arguments, const store::Store& store, exchange::Relation& out) {
  const auto list = [&](const char* option, std::vector<std::string>& into) {
    if (arguments.has(option)) {
      into = arguments.values(option);
      std::erase(into, "");
    }
  };
  list("--client-of", out.client_of);
  list("--community", out.communities);
  list("--type", out.subscription.types);
  list("--marking", out.subscription.markings);
  if (arguments.has("--collection")) {
    out.collections.clear();
    for (const std::string& text : arguments.values("--collection")) {
      if (!text.empty()) {
        TRY(const store::Collection one, local_collection(store, text));
        out.collections.push_back({one.root, one.id});
      }
    }
  }
  if (const auto inbox = arguments.value("--inbox")) {
    TRY(const store::Collection one, local_collection(store, *inbox));
    out.inbox = {one.root, one.id};
  }
  if (!out.inbox.id.empty()) {
    return {};
  }
  if (!out.collections.empty()) {
    out.inbox = out.collections.front();
    return {};
  }
  return failure(ErrorCode::usage, "it is not said where what the peer brings is put", {},
                 "--inbox ROOT/COLLECTION; tocsin collection list shows them");
}

void tell_relation(const exchange::Relation& relation) {
  std::string gives;
  for (const exchange::CollectionRef& one : relation.collections) {
    gives += fmt::format("{}{}/{}", gives.empty() ? "" : ", ", one.root, one.id);
  }
  message(fmt::format("{} {}; what it brings goes to {}/{}", report::visible(relation.name),
                      gives.empty() ? std::string("is given nothing (--collection says what it may read)")
                                    : "reads " + gives + ", as far as markings allow",
                      relation.inbox.root, relation.inbox.id));
}

// One name, one peer: also among the TAXII servers that are read.
Result<void> check_name(const store::Notes& notes, std::string_view name) {
  TRY(const auto known, taxii_peer(notes, name));
  return known ? failure(ErrorCode::usage, fmt::format("a TAXII server that this node reads is called {}", name))
               : Result<void>();
}

Result<void> invite(const Arguments& arguments) {
  Desk desk;
  TRY_VOID(desk.open_to_look(arguments));
  TRY_VOID(check_name(*desk.notes, arguments.positional[0]));
  exchange::Relation relation;
  relation.name = arguments.positional[0];
  TRY_VOID(fill_relation(arguments, *desk.node.store, relation));
  const auto days = parse_uint64(arguments.value("--days").value_or(std::to_string(days_default)));
  if (!days || *days == 0 || *days > days_max) {
    return failure(ErrorCode::usage, fmt::format("--days takes 1 to {}", days_max));
  }
  TRY(const auto identity, node_identity(folder_of(arguments), *desk.notes));
  if (identity->url.empty()) {
    return failure(ErrorCode::usage, "an invitation says where this node is reached", {},
                   "tocsin node identity --url https://HOST:PORT; or let the other side invite");
  }
  TRY(const std::string code,
      desk.exchange->invite(relation, static_cast<std::int64_t>(*days) * 86'400 * Time::ticks_per_second));
  tell_relation(relation);
  message(
      fmt::format("give this code to the operator of the other node by a way that nobody else reads, for "
                  "'tocsin peer accept'. It works once, for {} day{}:",
                  *days, *days == 1 ? "" : "s"));
  write_out(code + "\n");
  return {};
}

// Posts the introduction and waits for the answer.
Result<void> accept(const Arguments& arguments) {
  const std::string folder = folder_of(arguments);
  std::string code;
  if (const auto file = arguments.value("--code-file")) {
    TRY(code, read_whole(*file, code_bytes_max));
  } else {
    TRY(code, read_hidden_line("Code: ", "--code-file FILE, or - for stdin"));
  }
  std::erase_if(code, [](char c) { return ascii_space(c); });
  TRY(const exchange::Invitation invitation, exchange::read_code(code));
  Desk desk;
  TRY_VOID(desk.open(arguments));
  exchange::Relation relation;
  relation.name = arguments.positional[0];
  TRY_VOID(check_name(*desk.notes, relation.name));
  TRY_VOID(fill_relation(arguments, *desk.node.store, relation));
  TRY(exchange::Options options, exchange_options(arguments, folder, *desk.notes));
  TRY(net::ClientOptions client, peer_client_options(arguments));
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<std::string>> answer;
  std::uint64_t answered = 0;
  TRY(const auto transport, PeerTransport::start(client, [&](std::uint64_t ticket, Result<std::string> reply) {
        const std::scoped_lock lock(mutex);
        answered = ticket;
        answer = std::move(reply);
        changed.notify_one();
      }));
  TRY_VOID(desk.open_exchange(std::move(options), *transport));
  const auto meet = [&]() -> Result<void> {
    TRY_VOID(desk.exchange->accept(code, relation));
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, accept_time_max, [&] { return answer.has_value(); })) {
      return failure(ErrorCode::io, "the other node does not answer", {.source = invitation.url},
                     "the same code can be given again");
    }
    if (!*answer) {
      Error error = answer->error();
      if (error.hint.empty()) {
        error.hint = "the same code can be given again";
      }
      return std::unexpected(std::move(error));
    }
    desk.exchange->answered(answered, *std::move(answer));
    return {};
  };
  TRY_VOID(meet());
  const auto peer = desk.find(invitation.kid());
  if (!peer) {
    return failure(ErrorCode::damaged, "the answer does not prove the invitation", {.source = invitation.url},
                   "is the code whole? Has this organisation another node as peer already?");
  }
  tell_relation(peer->relation);
  print_out("{} is a peer now: {} at {}\n  fingerprint  {}\n", report::visible(peer->relation.name), peer->organisation,
            report::visible(peer->url), stix::fingerprint(peer->key));
  return {};
}

Result<void> list(const Arguments& arguments) {
  Desk desk;
  TRY_VOID(desk.open(arguments));
  TRY(const auto identity, node_identity(folder_of(arguments), *desk.notes));
  if (!identity) {
    return list_taxii_peers(*desk.notes, arguments.has("--json"));  // no identity, no exchange
  }
  Desk look;
  TRY_VOID(look.open_to_look(arguments));
  std::vector<exchange::PeerReport> reports = look.exchange->reports();
  TRY_VOID(read_peer_reports(*look.notes, reports));
  for (const exchange::Peer& peer : look.exchange->peers()) {
    const exchange::PeerReport& report = *std::ranges::find(reports, peer.kid, &exchange::PeerReport::kid);
    if (arguments.has("--json")) {
      std::string line;
      wire::JsonWriter json(line);
      json.begin_object().member("name", peer.relation.name).member("organisation", peer.organisation);
      json.member("kid", peer.kid).member("url", peer.url).key("paused").boolean(peer.relation.paused);
      json.member("last_contact", rfc3339(report.last_contact));
      json.member("waiting_since", rfc3339(report.waiting_since));
      json.key("failures").number(std::uint64_t{report.failures});
      json.key("deliveries_sent").number(report.deliveries_sent);
      json.key("objects_received").number(report.objects_received);
      json.key("refused_here").number(report.items_refused_here);
      json.key("refused_there").number(report.items_refused_there);
      json.key("relation").raw(exchange::write_relation(peer.relation)).end_object();
      write_out(line + "\n");
      continue;
    }
    std::string gives;
    for (const exchange::CollectionRef& one : peer.relation.collections) {
      gives += fmt::format(" {}/{}", one.root, one.id);
    }
    print_out("{}{}\n  organisation {}\n  url          {}\n  fingerprint  {}\n  reads       {}\n  inbox        {}/{}\n",
              report::visible(peer.relation.name), peer.relation.paused ? " (paused)" : "", peer.organisation,
              report::visible(peer.url), stix::fingerprint(peer.key), gives.empty() ? " nothing" : gives,
              peer.relation.inbox.root, peer.relation.inbox.id);
    print_out(
        "  contact      {}{}\n  traffic      {} deliveries sent, {} objects received, {} refused here, {} there\n",
        report.last_contact.known() ? rfc3339(report.last_contact) : "none since the start",
        report.failures == 0 ? std::string()
                             : fmt::format(", {} attempts failed since, waiting since {}", report.failures,
                                           rfc3339(report.waiting_since)),
        report.deliveries_sent, report.objects_received, report.items_refused_here, report.items_refused_there);
  }
  return {};
}

// A TAXII server that is read has no relation: it is paused or not.
Result<bool> change_taxii_peer(const Arguments& arguments, store::Notes& notes) {
  const std::string& name = arguments.positional[0];
  TRY(const auto known, taxii_peer(notes, name));
  if (!known) {
    return false;
  }
  const bool only_pauses = std::ranges::all_of(arguments.options, [](const auto& option) {
    return option.first == "--pause" || option.first == "--resume" || option.first == "--data";
  });
  if (!only_pauses || !(arguments.has("--pause") || arguments.has("--resume"))) {
    return failure(ErrorCode::usage, fmt::format("{} is a TAXII server that this node reads", name), {},
                   "--pause and --resume; 'tocsin peer add URL --replace' changes how it is asked");
  }
  TRY(const bool there, pause_taxii_peer(notes, name, arguments.has("--pause")));
  print_out("changed {}{}\n", name, arguments.has("--pause") ? ": it is paused" : "");
  return there;
}

Result<void> change(const Arguments& arguments) {
  if (arguments.has("--pause") && arguments.has("--resume")) {
    return failure(ErrorCode::usage, "either --pause or --resume");
  }
  Desk desk;
  TRY_VOID(desk.open(arguments));
  TRY(const bool changed, change_taxii_peer(arguments, *desk.notes));
  if (changed) {
    return {};
  }
  TRY_VOID(desk.open_to_look(arguments));
  TRY(exchange::Peer peer, desk.find(arguments.positional[0]));
  if (const auto name = arguments.value("--name")) {
    TRY_VOID(check_name(*desk.notes, *name));
    peer.relation.name = *name;
  }
  if (arguments.has("--pause") || arguments.has("--resume")) {
    peer.relation.paused = arguments.has("--pause");
  }
  TRY_VOID(fill_relation(arguments, *desk.node.store, peer.relation));
  TRY_VOID(desk.exchange->change(peer.kid, peer.relation));
  tell_relation(peer.relation);
  print_out("changed {}{}\n", report::visible(peer.relation.name), peer.relation.paused ? ": it is paused" : "");
  return {};
}

Result<void> remove(const Arguments& arguments) {
  Desk desk;
  TRY_VOID(desk.open(arguments));
  TRY(const bool removed, remove_taxii_peer(folder_of(arguments), *desk.notes, arguments.positional[0]));
  if (removed) {
    print_out("removed {}: nothing is read from it any more; what it brought stays\n", arguments.positional[0]);
    return {};
  }
  TRY_VOID(desk.open_to_look(arguments));
  TRY(const exchange::Peer peer, desk.find(arguments.positional[0]));
  TRY_VOID(desk.exchange->remove(peer.kid));
  print_out("removed {}: nothing is sent to it and nothing taken from it any more\n",
            report::visible(peer.relation.name));
  return {};
}

int exit_of(const Result<void>& done) { return done ? exit_nothing_found : report_error(done.error()); }

// What changes who a peer is, or what it may have, is told in the audit log before it is done: the peer, and which
// options were given.
Result<void> tell(std::string_view act, const Arguments& arguments) {
  std::string options;
  for (const auto& [name, values] : arguments.options) {
    options += (options.empty() ? "" : " ") + name;
  }
  AuditDetails details = {{"options", options}};
  if (!arguments.positional.empty()) {
    details.emplace_back("peer", arguments.positional[0]);
  }
  return record_act(folder_of(arguments), act, std::move(details));
}

int run_told(std::string_view act, const Arguments& arguments, Result<void> (*what)(const Arguments&)) {
  const auto told = tell(act, arguments);
  return exit_of(told ? what(arguments) : told);
}

int run_identity(const Arguments& arguments) {
  const bool changes =
      arguments.has("--name") || arguments.has("--identity") || arguments.has("--key") || arguments.has("--url");
  return changes ? run_told("node-identity", arguments, identity) : exit_of(identity(arguments));
}
int run_invite(const Arguments& arguments) { return run_told("peer-invite", arguments, invite); }
int run_accept(const Arguments& arguments) { return run_told("peer-accept", arguments, accept); }
int run_list(const Arguments& arguments) { return exit_of(list(arguments)); }
int run_change(const Arguments& arguments) { return run_told("peer-change", arguments, change); }
int run_remove(const Arguments& arguments) { return run_told("peer-remove", arguments, remove); }

std::vector<Option> relation_options(std::vector<Option> more) {
  std::vector<Option> out = {
      data_option,
      {"--collection", "WHERE", "It reads this one, ROOT/COLLECTION, as far as markings allow", true},
      {"--inbox", "WHERE", "Where what it brings is put (default: the first --collection)"},
      {"--client-of", "ID", "Organisation whose client it is, for TLP:AMBER", true},
      {"--community", "ID", "Community that it belongs to, for TLP:GREEN", true},
      {"--type", "TYPE", "It wants objects of this type only", true},
      {"--marking", "ID", "It wants objects with this marking only", true},
  };
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

extern const Command command_node_identity;
const Command command_node_identity = {
    .name = "node identity",
    .doc = "Say whose node this is and where peers reach it, or show it",
    .about =
        "A node that exchanges objects with others speaks for one organisation and signs what it says. This makes its "
        "Ed25519 key (or takes one that 'tocsin key new' made, with --key), sealed under a passphrase in the node's "
        "folder, and keeps the address at which peers reach the node. Without options it shows them.\n\nThe passphrase "
        "is asked for on the terminal, or taken from --passphrase-file or $TOCSIN_PASSPHRASE. Where there is none of "
        "them, a random one is written to exchange.key.passphrase in the folder: keep it out of backups. 'serve' needs "
        "it at each start.",
    .example = "tocsin node identity --name 'CERT Example' --nation NO --url https://node.example.org:8443",
    .positional = "",
    .positional_min = 0,
    .options = {data_option,
                {"--name", "NAME", "What people call the organisation"},
                {"--identity", "ID", "Its STIX identity (default: a new one)"},
                {"--nation", "CODE", "ISO 3166-1 code of its nation"},
                {"--key", "FILE", "Its secret key, instead of a new one"},
                {"--url", "URL", "Where peers reach this node"},
                passphrase_option(),
                json_option},
    .run = run_identity,
};

extern const Command command_peer_invite;
const Command command_peer_invite = {
    .name = "peer invite",
    .doc = "Make a code with which another node becomes a peer",
    .about =
        "Prints a code for the operator of the other node, who gives it to 'tocsin peer accept'. It holds a secret: "
        "give "
        "it by a way that nobody else reads. It works once. From then on each node pushes to the other, as soon as it "
        "is there, what the other may have: NAME is what people here call it, --collection says what it may read of "
        "this node, and the markings of each object decide (docs/release.md). Nothing named: nothing is given.",
    .example = "tocsin peer invite 'CERT Beta' --collection api/shared",
    .positional = "NAME",
    .positional_min = 1,
    .options = relation_options({{"--days", "N", "How long the code works (default 7)"}}),
    .run = run_invite,
};

extern const Command command_peer_accept;
const Command command_peer_accept = {
    .name = "peer accept",
    .doc = "Become the peer of a node that gave a code",
    .about =
        "Calls the node that made the code, and proves to each other that both hold their keys. The code is typed, or "
        "read from --code-file; never from the command line. What the other node may read of this one is said here, as "
        "for 'peer invite'. A server that runs notices by itself.",
    .example = "tocsin peer accept 'CERT Alpha' --code-file - --collection api/shared",
    .positional = "NAME",
    .positional_min = 1,
    .options = relation_options({{"--code-file", "FILE", "Read the code from FILE; - is stdin"},
                                 {"--peer-ca", "FILE", "PEM: who signs the other node's certificate, or it itself"},
                                 {"--peer-certificate", "FILE", "PEM: a certificate to show to it"},
                                 {"--peer-key", "FILE", "PEM: its key"},
                                 passphrase_option()}),
    .run = run_accept,
};

extern const Command command_peer_list;
const Command command_peer_list = {
    .name = "peer list",
    .doc = "List peers: who they are, what they read, how it goes with them",
    .about =
        "Nodes that objects are exchanged with, then TAXII servers that are read. What the running server last noted "
        "of "
        "each stands beside it; /metrics has the same figures up to the second.",
    .example = "tocsin peer list --json",
    .positional = "",
    .positional_min = 0,
    .options = {data_option, json_option},
    .run = run_list,
};

extern const Command command_peer_change;
const Command command_peer_change = {
    .name = "peer change",
    .doc = "Change what a peer reads, or pause it",
    .about =
        "Replaces what is named and keeps the rest; an empty value empties a list. What the peer may have now and did "
        "not have before is sent. While it is paused nothing is sent and nothing taken, and nothing is lost. A TAXII "
        "server that is read can be paused the same way.",
    .example = "tocsin peer change 'CERT Beta' --type indicator --type sighting",
    .positional = "NAME",
    .positional_min = 1,
    .options = relation_options({{"--name", "NAME", "A new name"},
                                 {"--pause", "", "Send nothing and take nothing"},
                                 {"--resume", "", "Go on"}}),
    .run = run_change,
};

extern const Command command_peer_remove;
const Command command_peer_remove = {
    .name = "peer remove",
    .doc = "Remove a peer",
    .about =
        "Nothing is sent to it and nothing taken from it any more, at once. What it brought stays; what it was sent, "
        "it "
        "has.",
    .example = "tocsin peer remove 'CERT Beta'",
    .positional = "NAME",
    .positional_min = 1,
    .options = {data_option},
    .run = run_remove,
};

}  // namespace tocsin::app
