// Peer: another node that objects are exchanged with, as this node's operator knows it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/author_key.h"
#include "store/store.h"

namespace tocsin::exchange {

struct CollectionRef {
  std::string root, id;
  store::CollectionName name() const { return {root, id}; }
  auto operator<=>(const CollectionRef&) const = default;
};

// What a peer wants of what it may have. An empty list wants all.
struct Subscription {
  std::vector<std::string> types;
  std::vector<std::string> markings;  // objects that carry one of these
};

// What this node's operator says of a peer; none of it comes from the peer.
struct Relation {
  std::string name;                        // what people here call it; unique
  std::vector<std::string> client_of;      // organisations whose client it is, for TLP:AMBER
  std::vector<std::string> communities;    // that it belongs to
  std::vector<CollectionRef> collections;  // that it reads: nothing else is ever told to it
  Subscription subscription;
  CollectionRef inbox;  // where what it brings is put
  bool paused = false;  // nothing is sent and nothing taken
};

struct Peer {
  std::string kid;           // of its node's key, which says whose node it is: `organisation`
  std::string organisation;  // an identity's id
  std::string key_document;  // as stix::KeyRing reads it
  trust::Ed25519Key key{};
  std::string url;
  Relation relation;

  std::string writer() const { return "peer:" + kid; }  // of what it brought, in the store
};

std::string write_relation(const Relation& relation);
Result<Relation> read_relation(std::string_view json);
std::string write_peer(const Peer& peer);
Result<Peer> read_peer(std::string_view json);
// A key document that signs itself, as a peer without relation. Error damaged.
Result<Peer> peer_of_document(std::string_view key_document, std::string_view url);

}  // namespace tocsin::exchange
