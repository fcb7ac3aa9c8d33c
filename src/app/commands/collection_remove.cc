// tocsin collection remove: a collection with all it holds, in small commits beside a running server.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "app/audit.h"
#include "app/command.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "app/taxii_peers.h"
#include "exchange/ledger.h"
#include "report/visible.h"

namespace tocsin::app {
namespace {

// In one commit, while which nobody else writes; and the pause behind it, in which others do.
constexpr std::size_t versions_at_once = 256;
constexpr std::chrono::milliseconds pause{5};
constexpr std::uint64_t told_every = 100'000;

std::string place_of(const store::Collection& one) { return one.root + "/" + one.id; }

// Peers that read a collection or bring objects into it.
struct Involved {
  std::vector<exchange::Peer> peers;
  std::vector<TaxiiPeer> servers;
};

bool is(const exchange::CollectionRef& ref, const store::Collection& one) {
  return ref.root == one.root && ref.id == one.id;
}

Result<Involved> involved_in(store::Notes& notes, const store::Collection& one) {
  Involved out;
  const exchange::Ledger ledger(notes);
  TRY(out.peers, ledger.peers());
  std::erase_if(out.peers, [&](const exchange::Peer& peer) {
    return !is(peer.relation.inbox, one) &&
           std::ranges::none_of(peer.relation.collections, [&](const auto& ref) { return is(ref, one); });
  });
  TRY(out.servers, taxii_peers(notes));
  std::erase_if(out.servers,
                [&](const TaxiiPeer& peer) { return peer.local_root != one.root || peer.local_id != one.id; });
  return out;
}

Result<void> check_peers(const Involved& involved, bool with_peers) {
  std::string names;
  for (const exchange::Peer& peer : involved.peers) {
    names += (names.empty() ? "" : ", ") + report::visible(peer.relation.name);
  }
  for (const TaxiiPeer& peer : involved.servers) {
    names += (names.empty() ? "" : ", ") + peer.name;
  }
  if (names.empty() || with_peers) {
    return {};
  }
  return failure(ErrorCode::usage, "peers read this collection or bring objects into it: " + names, {},
                 "'tocsin peer change' gives them another; --with-peers takes it from them");
}

// What it is read of goes from their relations; who brings objects into it is paused, because nothing can be taken.
Result<void> part_from(store::Notes& notes, Involved involved, const store::Collection& one) {
  exchange::Ledger::Changes changes;
  for (exchange::Peer& peer : involved.peers) {
    std::erase_if(peer.relation.collections, [&](const auto& ref) { return is(ref, one); });
    const bool paused = is(peer.relation.inbox, one);
    peer.relation.paused = peer.relation.paused || paused;
    exchange::Ledger::put_peer(changes, peer);
    print_out("{} {}\n", report::visible(peer.relation.name),
              paused ? "is paused: 'tocsin peer change' gives it another --inbox" : "does not read it any more");
  }
  if (!changes.empty()) {
    exchange::Ledger::put_generation(changes, new_uuid());
    TRY_VOID(exchange::Ledger(notes).write(changes));
  }
  for (const TaxiiPeer& peer : involved.servers) {
    TRY([[maybe_unused]] const bool there, pause_taxii_peer(notes, peer.name, true));
    print_out("{} is paused: 'tocsin peer add URL --replace --into' gives it another\n", peer.name);
  }
  return {};
}

Result<void> ask(const store::Collection& one) {
  if (isatty(STDIN_FILENO) != 1) {
    return failure(ErrorCode::usage, "removing a collection wants a word of consent", {}, "--yes says it");
  }
  message(
      fmt::format("{} \"{}\" goes with all it holds, for ever, from this node. What peers have of it they keep.\n"
                  "Type yes to go on:",
                  place_of(one), report::visible(one.title)));
  std::array<char, 16> answer{};
  const bool said = std::fgets(answer.data(), static_cast<int>(answer.size()), stdin) != nullptr;
  return said && std::string_view(answer.data()) == "yes\n"
             ? Result<void>()
             : Result<void>(failure(ErrorCode::usage, "nothing was removed"));
}

// What collections that are gone left behind, now or at a time that was cut short.
Result<void> empty_closed(store::Store& store) {
  std::uint64_t gone = 0;
  for (;;) {
    TRY(const std::size_t now, store.remove_closed(versions_at_once));
    gone += now;
    if (now < versions_at_once) {
      break;
    }
    if (gone / told_every != (gone - now) / told_every) {
      message(fmt::format("{} versions are gone", gone));
    }
    std::this_thread::sleep_for(pause);
  }
  print_out("{} version{} removed\n", gone, gone == 1 ? "" : "s");
  return {};
}

Result<void> remove(const Arguments& arguments) {
  const std::string folder = arguments.value("--data").value_or(std::string(data_folder_default));
  if (arguments.positional.empty() != arguments.has("--finish")) {
    return failure(ErrorCode::usage, "it is not said what to remove", {}, "a collection, or --finish alone");
  }
  TRY(const NodeData node, open_node(folder));
  if (arguments.has("--finish")) {
    return empty_closed(*node.store);
  }
  TRY(const store::Collection one, local_collection(*node.store, arguments.positional[0]));
  TRY(const auto notes, open_node_notes(folder));
  TRY(Involved involved, involved_in(*notes, one));
  TRY_VOID(check_peers(involved, arguments.has("--with-peers")));
  if (!arguments.has("--yes")) {
    TRY_VOID(ask(one));
  }
  TRY_VOID(record_act(folder, "collection-remove",
                      {{"collection", place_of(one)}, {"with_peers", arguments.has("--with-peers") ? "yes" : "no"}}));
  TRY_VOID(part_from(*notes, std::move(involved), one));
  TRY(const bool closed, node.store->close_collection({one.root, one.id}));
  if (!closed) {
    return failure(ErrorCode::not_found, "somebody else removed it in this moment", {place_of(one)});
  }
  print_out("removed {}: nobody is told of it any more\n", place_of(one));
  return empty_closed(*node.store);
}

int run_remove(const Arguments& arguments) {
  const auto done = remove(arguments);
  return done ? exit_nothing_found : report_error(done.error());
}

}  // namespace

extern const Command command_collection_remove;
const Command command_collection_remove = {
    .name = "collection remove",
    .doc = "Remove a collection of a node with all it holds",
    .about =
        "From one moment on the collection is gone for everyone, also while the node runs; what users might do in it "
        "is forgotten. Then its objects go in small commits, with the salts of their entries in logs, beside whoever "
        "else writes. Where that is cut short, nothing of the collection is served, and --finish takes the rest.\n\n"
        "Removing stays local: what peers were given they keep. While a peer reads the collection, or a peer or a "
        "TAXII server brings objects into it, nothing is removed without --with-peers: it is then read no more, and "
        "those that bring objects into it are paused. It is asked for consent on the terminal, or --yes gives it.",
    .example = "tocsin collection remove api/shared --data /var/lib/tocsin",
    .positional = "[WHERE]",
    .positional_min = 0,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--yes", "", "Do not ask"},
                {"--with-peers", "", "Also where peers use it"},
                {"--finish", "", "Only take the rest of what was removed before"}},
    .run = run_remove,
};

}  // namespace tocsin::app
