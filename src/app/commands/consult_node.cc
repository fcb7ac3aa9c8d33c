// tocsin consult send and receive: a consultation's entries through a collection of a node.
#include <fmt/format.h>

#include <map>

#include "app/command.h"
#include "app/commands/consult_exchange.h"
#include "app/commands/consult_node.h"
#include "app/consult_desk.h"
#include "app/node.h"
#include "app/node_logs.h"
#include "app/standard_output.h"
#include "council/courier.h"
#include "policy/terms.h"
#include "store/log_proofs.h"
#include "taxii/object_header.h"
#include "taxii/release.h"

namespace tocsin::app {
namespace {

// Whoever reads the collection sees this as the writer's name.
constexpr std::string_view writer = "consult";
constexpr std::size_t put_at_once = 1'000;

struct Place {
  NodeData node;
  store::Collection collection;
  store::CollectionName name() const { return {collection.root, collection.id}; }
};

// --data and --collection: a path as 'collection list' prints it, an id, an alias or a title; the only one where none
// is named.
Result<Place> open_collection(const Arguments& arguments) {
  Place out;
  TRY(out.node, open_node(arguments.value("--data").value_or(std::string(data_folder_default))));
  const std::string named = arguments.value("--collection").value_or("");
  std::size_t found = 0;
  TRY(const std::vector<store::ApiRoot> roots, out.node.store->roots());
  for (const store::ApiRoot& root : roots) {
    TRY(const std::vector<store::Collection> collections, out.node.store->collections(root.name));
    for (const store::Collection& one : collections) {
      if (named.empty() || named == one.id || named == one.title || (!one.alias.empty() && named == one.alias) ||
          named == fmt::format("/{}/collections/{}/", one.root, one.id)) {
        out.collection = one;
        ++found;
      }
    }
  }
  if (found != 1) {
    return failure(ErrorCode::usage,
                   found == 0 ? "the node has no such collection" : "several collections could be meant", {},
                   "--collection ID; 'tocsin collection list' shows them");
  }
  return out;
}

Result<void> remember_node(const Arguments& arguments) {
  return go_through_node(*arguments.value("--journal"),
                         arguments.value("--data").value_or(std::string(data_folder_default)));
}

Result<int> send(const Arguments& arguments) {
  TRY(const auto read, read_item(arguments));
  TRY(const Place place, open_collection(arguments));
  // A node that has logs keeps what it is given in them.
  taxii::LogNames logs;
  if (const auto keys = read_log_keys(arguments.value("--data").value_or(std::string(data_folder_default)))) {
    logs = keys->names();
  } else if (keys.error().code != ErrorCode::not_found) {
    return std::unexpected(keys.error());
  }
  SystemRandom random;
  const std::vector<std::string> audience = council::audience_of(read->item->roster());
  std::vector<store::NewVersion> versions;
  std::size_t stored = 0;
  std::size_t there = 0;
  const auto put = [&]() -> Result<void> {
    TRY(const std::vector<store::Put> done, place.node.store->put(place.name(), versions, SystemClock().now()));
    for (const store::Put each : done) {
      stored += each == store::Put::stored ? 1U : 0U;
      there += each == store::Put::known || each == store::Put::present ? 1U : 0U;
      if (each == store::Put::too_large || each == store::Put::over_quota) {
        return failure(ErrorCode::limit, "an object is larger than the node keeps, or its quota is used up");
      }
    }
    versions.clear();
    return {};
  };
  for (const std::string& object : council::objects_of(*read->item)) {
    taxii::ObjectHeader header;
    TRY_VOID(taxii::read_header(object, header));
    // Not more readers than the roster, whoever may read the collection; and not fewer, whatever its markings say.
    const std::string terms = policy::terms_text(
        {.type = header.type, .markings = header.markings, .audience = audience, .embargo_until = ""});
    const std::string log = taxii::log_for(header, logs);
    store::NewVersion version = taxii::new_version(object, std::move(header), std::string(writer));
    version.log = log;
    if (!log.empty()) {
      random.fill(version.salt);
    }
    version.release = terms;
    version.only_new = true;
    versions.push_back(std::move(version));
    if (versions.size() == put_at_once) {
      TRY_VOID(put());
    }
  }
  if (!versions.empty()) {
    TRY_VOID(put());
  }
  TRY_VOID(remember_node(arguments));
  print_out("{} sent, {} were there\n", stored, there);
  return finish_out(exit_nothing_found);
}

}  // namespace

Result<std::vector<std::string>> proofs_of(const Arguments& arguments, const council::Item& item) {
  TRY(const Place place, open_collection(arguments));
  std::vector<std::string> out;
  for (const std::string& object : council::objects_of(item)) {
    taxii::ObjectHeader header;
    TRY_VOID(taxii::read_header(object, header));
    TRY(const std::vector<store::RecordPointer> records, place.node.store->versions(place.name(), header.id));
    for (const store::RecordPointer& record : records) {
      const auto proof = record->bytes == object ? store::prove(*place.node.store, *record)
                                                 : Result<stix::ObjectProof>(failure(ErrorCode::not_found, {}));
      if (proof) {
        out.push_back(stix::text_of(*proof));
        break;
      }
    }
  }
  return out;
}

namespace {

int run_send(const Arguments& arguments) {
  const auto exit = send(arguments);
  return exit ? *exit : report_error(exit.error());
}

// The item that is meant: the folder's, else --item, else the only one that the collection holds.
Result<int> receive(const Arguments& arguments) {
  TRY(const Place place, open_collection(arguments));
  TRY(const std::vector<store::ReleaseClass> classes, place.node.store->classes(place.name()));
  std::vector<std::uint32_t> all;
  for (const store::ReleaseClass& one : classes) {
    all.push_back(one.id);
  }
  const std::vector<std::string> types = council::courier_types();
  std::map<council::Hash, council::Gathering> items;
  TRY_VOID(place.node.store->scan(place.name(), 0, {.classes = all, .types = types},
                                  [&](const store::RecordPointer& record) {
                                    if (const auto item = council::item_of_object(record->bytes)) {
                                      items.try_emplace(*item, *item).first->second.add(record->bytes);
                                    }
                                    return true;
                                  }));
  std::optional<council::Hash> wanted;
  if (const auto named = arguments.value("--item")) {
    wanted = consult::parse_hash(*named);
  } else if (const auto held = read_item(arguments)) {
    wanted = (*held)->item->id();
  } else if (items.size() == 1) {
    wanted = items.begin()->first;
  } else if (held.error().code != ErrorCode::not_found && held.error().code != ErrorCode::unreadable) {
    return std::unexpected(held.error());
  }
  const auto found = wanted ? items.find(*wanted) : items.end();
  if (found == items.end()) {
    for (const auto& [id, gathering] : items) {
      message("the collection holds item " + consult::hex(id));
    }
    return failure(ErrorCode::not_found, "the collection does not hold this item", {},
                   "--item ID names one; 'tocsin consult send' brings it there");
  }
  Importer importer(arguments);
  TRY_VOID(importer.take(place.collection.title, found->second.take()));
  const int exit = importer.finish();
  TRY_VOID(remember_node(arguments));
  return exit;
}

int run_receive(const Arguments& arguments) {
  const auto exit = receive(arguments);
  return exit ? *exit : report_error(exit.error());
}

constexpr Option data_option{"--data", "DIR", "The node's folder (default: ./tocsin-data)"};
constexpr Option collection_option{"--collection", "ID", "The collection (default: the only one)"};

}  // namespace

extern const Command command_consult_send;
const Command command_consult_send = {
    .name = "consult send",
    .doc = "Put an item into a collection of a node",
    .about =
        "Every entry travels as an object of its own (tocsin-entry) that carries it as its author signed it; roster, "
        "keys and texts as tocsin-consultation-part; what lies beside the text as it is. From there they go wherever "
        "the node's objects go. Their audience is the whole roster and nobody else: users and peers see them whose "
        "organisation is named as on the roster. What is there already is not put again, so it can be run by a timer, "
        "also while the node serves.",
    .example = "tocsin consult send --journal item --data node --collection consultations",
    .positional = "",
    .positional_min = 0,
    .options = {journal_option(), data_option, collection_option},
    .run = run_send,
};

extern const Command command_consult_receive;
const Command command_consult_receive = {
    .name = "consult receive",
    .doc = "Merge what a collection of a node holds of an item",
    .about =
        "Reads what others brought to the collection, as 'consult import' reads a file: in any order, any number of "
        "times; nothing is believed for having come this way. The first one makes the folder and needs --roster HASH, "
        "the hash of the roster as you got it by another way. Prints the status. Exit code 1 says that something was "
        "not taken.",
    .example = "tocsin consult receive --journal item --data node --roster 3fa1c0de…",
    .positional = "",
    .positional_min = 0,
    .options = {journal_option(),
                data_option,
                collection_option,
                {"--item", "ID", "Which item, where the collection holds several"},
                {"--roster", "HASH", "The roster that is trusted: needed for the first time"}},
    .run = run_receive,
};

}  // namespace tocsin::app
