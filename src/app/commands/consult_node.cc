// tocsin consult send and receive: a consultation's entries through a collection of a node.
#include <fmt/format.h>

#include <map>

#include "app/command.h"
#include "app/commands/consult_exchange.h"
#include "app/commands/consult_node.h"
#include "app/consult_desk.h"
#include "app/standard_output.h"
#include "app/tied_node.h"
#include "council/courier.h"
#include "store/log_proofs.h"
#include "taxii/object_header.h"

namespace tocsin::app {
namespace {

Result<int> send(const Arguments& arguments) {
  TRY(const auto read, read_item(arguments));
  TRY(ItemPlace place, open_place(arguments));
  TRY(const Sent sent, send_item(place, *read->item));
  TRY_VOID(tie(*arguments.value("--journal"), place));
  print_out("{} sent, {} were there\n", sent.stored, sent.there);
  return finish_out(exit_nothing_found);
}

}  // namespace

Result<std::vector<std::string>> proofs_of(const Arguments& arguments, const council::Item& item) {
  TRY(const ItemPlace place, open_place(arguments));
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
  TRY(const ItemPlace place, open_place(arguments));
  std::map<council::Hash, council::Gathering> items;
  TRY_VOID(each_object(place, 0, [&](const store::Record& record) {
    if (const auto item = council::item_of_object(record.bytes)) {
      items.try_emplace(*item, *item).first->second.add(record.bytes);
    }
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
  TRY_VOID(tie(*arguments.value("--journal"), place));
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
