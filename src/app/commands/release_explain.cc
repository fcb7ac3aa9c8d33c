// tocsin release explain: what of a node's object a user or a peer would be told, and why.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "app/alarm_book.h"
#include "app/command.h"
#include "app/node.h"
#include "app/node_identity.h"
#include "app/standard_output.h"
#include "exchange/exchange.h"
#include "policy/release_json.h"
#include "report/visible.h"
#include "stix/timestamp.h"
#include "taxii/credentials.h"
#include "taxii/release.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

// Sends nothing.
struct Nowhere final : exchange::Transport {
  void send(const std::string&, std::uint64_t, std::string) override {}
};

struct Node {
  SystemClock clock;
  SystemRandom random;
  Nowhere transport;
  NodeData data;
  std::unique_ptr<store::Notes> notes;
  std::unique_ptr<exchange::Exchange> exchange;  // null: nobody said yet whose node this is, so it has no peers
};

Result<void> open(const Arguments& arguments, Node& node) {
  const std::string folder = arguments.value("--data").value_or(std::string(data_folder_default));
  TRY(node.data, open_node(folder));
  TRY(node.notes, open_node_notes(folder));
  TRY(const auto identity, node_identity(folder, *node.notes));
  if (identity) {
    exchange::Options options;
    options.key = identity->key;
    options.key_document = identity->key_document;
    options.url = identity->url;
    TRY(options.author_keys, read_author_keys(arguments));
    TRY(node.exchange, exchange::Exchange::open(*node.data.store, *node.notes, node.clock, node.random, node.transport,
                                                std::move(options)));
  }
  return {};
}

// Who is asked about: one of the two.
struct Asked {
  std::optional<store::User> user;
  std::optional<exchange::Peer> peer;
  std::string name() const { return user ? user->name : peer->relation.name; }
};

Result<std::vector<Asked>> who(const Arguments& arguments, const Node& node) {
  std::vector<Asked> all;
  TRY(const std::vector<store::User> users, node.data.store->users());
  for (const store::User& user : users) {
    all.push_back({.user = user, .peer = {}});
  }
  if (node.exchange) {
    for (const exchange::Peer& peer : node.exchange->peers()) {
      all.push_back({.user = {}, .peer = peer});
    }
  }
  const auto named = arguments.value("--to");
  if (!named) {
    return all;
  }
  const bool only_users = named->starts_with("user:");
  const bool only_peers = named->starts_with("peer:");
  const std::string name = only_users || only_peers ? named->substr(5) : *named;
  std::erase_if(all, [&](const Asked& one) {
    return (one.user ? only_peers : only_users) || (one.name() != name && (one.user || one.peer->kid != name));
  });
  if (all.empty()) {
    return failure(ErrorCode::not_found, fmt::format("there is no user or peer {}", report::visible(*named)), {},
                   "tocsin user list, tocsin peer list");
  }
  if (all.size() > 1) {
    return failure(ErrorCode::usage, fmt::format("a user and a peer are called {}", report::visible(name)), {},
                   fmt::format("user:{} or peer:{}", name, name));
  }
  return all;
}

struct Said {
  bool allowed = false;
  std::string step;      // stable, for scripts
  std::string sentence;  // empty: the reasons of policy say it
  std::optional<policy::Release> release;
};

Result<Said> ask_user(const Node& node, const store::Collection& collection, const store::User& user,
                      const store::Record& record) {
  if (!taxii::rights_in(user.grants, collection).read) {
    return Said{false, "no-right", "May not read the collection (--read of the user).", {}};
  }
  TRY(taxii::View view,
      taxii::View::open(*node.data.store, {collection.root, collection.id}, user, stix::from_time(node.clock.now())));
  TRY(taxii::Explanation explained, view.explain(record));
  using Step = taxii::Explanation::Step;
  switch (explained.step) {
    case Step::shown:
      return Said{true, "shown", "", std::move(explained.release)};
    case Step::refused:
      return Said{false, "refused", "", std::move(explained.release)};
    case Step::names_hidden:
      return Said{false, "names-hidden", "It names an object that is hidden from this user (rule 16).", {}};
    case Step::not_used:
      return Said{false, "not-used", "Nothing that this user may see uses it (rule 15).", {}};
    case Step::another_counts:
      return Said{false,
                  "another-counts",
                  "Another of this version came first, or its writer is not the object's creator (rule 17).",
                  {}};
  }
  return failure(ErrorCode::damaged, "an unknown step");
}

Result<Said> ask_peer(const Node& node, const store::Collection& collection, const exchange::Peer& peer,
                      const store::Record& record) {
  TRY(exchange::Explanation explained, node.exchange->explain(peer.kid, {collection.root, collection.id}, record));
  using Step = exchange::Explanation::Step;
  switch (explained.step) {
    case Step::goes:
      return Said{true, "shown",
                  peer.relation.paused ? "It waits: the peer is paused (tocsin peer change --resume)." : "",
                  std::move(explained.release)};
    case Step::goes_with_use:
      return Said{true, "with-its-use", "It goes together with an object that uses it, not alone.",
                  std::move(explained.release)};
    case Step::unreadable:
      return Said{false, "unreadable", "It was taken in under other rules and does not travel.", {}};
    case Step::theirs:
      return Said{true, "theirs", "The peer made it or brought it.", {}};
    case Step::not_given:
      return Said{false, "no-right", "The collection is not given to this peer (tocsin peer change --collection).", {}};
    case Step::refused:
      return Said{false, "refused", "", std::move(explained.release)};
    case Step::names_hidden:
      return Said{false, "names-hidden", fmt::format("It names {}, which this peer may not have.", explained.hidden),
                  std::move(explained.release)};
    case Step::not_subscribed:
      return Said{false, "not-subscribed", "It might have it, and does not want it (--type, --marking of the peer).",
                  std::move(explained.release)};
    case Step::sighting:
      return Said{false, "sighting", "A sighting goes to the author of what was seen alone (docs/exchange.md).",
                  std::move(explained.release)};
  }
  return failure(ErrorCode::damaged, "an unknown step");
}

std::string_view decision_of(const Said& said) {
  return policy::name_of(said.allowed                                         ? policy::Decision::allow
                         : !said.release                                      ? policy::Decision::deny
                         : said.release->decision == policy::Decision::redact ? policy::Decision::redact
                                                                              : policy::Decision::deny);
}

void tell(const store::Collection& collection, const store::Record& record, const Asked& asked, const Said& said,
          bool as_json) {
  const std::string where = collection.root + "/" + collection.id;
  if (as_json) {
    std::string line;
    wire::JsonWriter json(line);
    json.begin_object().member("collection", where).member("id", record.id).member("version", record.version);
    json.member("writer", record.writer).member(asked.user ? "user" : "peer", asked.name());
    json.member("decision", decision_of(said)).member("step", said.step);
    if (!said.sentence.empty()) {
      json.member("because_text", said.sentence);
    }
    if (said.release) {
      json.key("policy").begin_object();
      policy::write_release(*said.release, json);
      json.end_object();
    }
    json.end_object();
    write_out(line + "\n");
    return;
  }
  print_out("  {} {}: {}\n", asked.user ? "user" : "peer", report::visible(asked.name()), decision_of(said));
  if (!said.sentence.empty()) {
    print_out("    {}\n", report::visible(said.sentence));
  }
  // Where something else decided, that markings would allow it is beside the point.
  if (said.release && (said.allowed || said.step == "refused")) {
    for (const policy::Reason& reason : said.release->because) {
      print_out("    {}{}\n", policy::sentence(reason.code),
                reason.marking.empty() ? "" : " (" + report::visible(reason.marking) + ")");
    }
    if (decision_of(said) == policy::name_of(policy::Decision::redact)) {
      print_out("    A redacted copy is the author's to make: as it stands, nothing is given.\n");
    }
  }
}

Result<int> explain(const Arguments& arguments) {
  const std::string& id = arguments.positional[0];
  Node node;
  TRY_VOID(open(arguments, node));
  TRY(const std::vector<Asked> asked, who(arguments, node));
  const auto version = arguments.value("--version");
  bool found = false;
  TRY(const std::vector<store::ApiRoot> roots, node.data.store->roots());
  for (const store::ApiRoot& root : roots) {
    TRY(const std::vector<store::Collection> collections, node.data.store->collections(root.name));
    for (const store::Collection& collection : collections) {
      TRY(const std::vector<store::RecordPointer> versions,
          node.data.store->versions({collection.root, collection.id}, id));
      for (const store::RecordPointer& record : versions) {
        if (version && record->version != *version) {
          continue;
        }
        found = true;
        if (!arguments.has("--json")) {
          print_out("{}{} in {}/{}{}\n", report::visible(record->id),
                    record->version.empty() ? "" : " of " + report::visible(record->version), collection.root,
                    collection.id, record->writer.empty() ? "" : ", from " + report::visible(record->writer));
        }
        for (const Asked& one : asked) {
          TRY(const Said said, one.user ? ask_user(node, collection, *one.user, *record)
                                        : ask_peer(node, collection, *one.peer, *record));
          tell(collection, *record, one, said, arguments.has("--json"));
        }
      }
    }
  }
  if (!found) {
    return failure(ErrorCode::not_found, fmt::format("the node does not hold {}", report::visible(id)), {},
                   "tocsin node find");
  }
  return finish_out(exit_nothing_found);
}

int run_explain(const Arguments& arguments) {
  const auto exit = explain(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_release_explain;
const Command command_release_explain = {
    .name = "release explain",
    .doc = "Say who may be told of a node's object, and why",
    .about =
        "Asks the very code that answers users and feeds peers, for every version of OBJECT that the node holds: may "
        "this user read it, would it go to this peer, and which rule of docs/release.md decides. Without --to it goes "
        "through all users and peers. It looks and sends nothing, also while the node runs.\n\nThe decision is allow, "
        "redact (its markings foresee a redacted copy, which is the author's to make: nothing is given as it stands) "
        "or deny. With --json one line for each version and recipient: `decision`, `step` (shown, with-its-use, "
        "theirs, refused, names-hidden, not-used, another-counts, not-subscribed, sighting, no-right, unreadable) and "
        "`policy`, the decision about markings and audience.",
    .example = "tocsin release explain indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f --to 'CERT Beta'",
    .positional = "OBJECT",
    .positional_min = 1,
    .options = {{"--to", "NAME", "A user or a peer (user:NAME or peer:NAME where both have the name)"},
                {"--version", "TIME", "Only this version, as the object writes it"},
                {"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                author_keys_option,
                {"--json", "", "One JSON object a line"}},
    .run = run_explain,
};

}  // namespace tocsin::app
