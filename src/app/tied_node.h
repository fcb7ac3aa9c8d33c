// Tied node: the node that a consultation's folder goes through, as the folder remembers it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/node.h"
#include "council/item.h"
#include "council/ports.h"
#include "store/store.h"

namespace tocsin::app {

// A collection of a node, open.
struct ItemPlace {
  NodeData node;
  std::string data;  // the node's folder
  store::Collection collection;
  store::CollectionName name() const { return {collection.root, collection.id}; }
};

// Options --data and --collection: a path as 'collection list' prints it, an id, an alias or a title; the only one
// where none is named. Error usage.
Result<ItemPlace> open_place(const Arguments& arguments);
// The one that the folder remembers; nothing where it goes through none.
Result<std::optional<ItemPlace>> tied_place(const std::string& journal);

// Puts everything that the item holds into the collection; what is there already is not put again.
struct Sent {
  std::size_t stored = 0, there = 0;
};
Result<Sent> send_item(ItemPlace& place, const council::Item& item);

// Objects of consultations that came to the collection behind `after`, in order. Returns the last sequence.
Result<store::Sequence> each_object(const ItemPlace& place, store::Sequence after,
                                    const std::function<void(const store::Record&)>& visit);

// The folder goes through this node from now on. Error io.
Result<void> tie(const std::string& journal, const ItemPlace& place);

// What the folder's node knows before something is signed.
struct TiedNode {
  std::vector<council::PeerClock> clocks;  // of its peers
  // The node was restored from a backup since the folder was tied to it, or since it was noticed last; which time.
  std::string restored;
};
// Says on stderr where the node cannot be looked at.
TiedNode look_at_tied_node(const std::string& journal);
// That it was restored is known in the journal now.
Result<void> restored_is_noticed(const std::string& journal);

}  // namespace tocsin::app
