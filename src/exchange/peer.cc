#include "exchange/peer.h"

#include "exchange/limits.h"
#include "policy/terms.h"
#include "wire/json.h"

namespace tocsin::exchange {
namespace {

using wire::Json;

void write_list(wire::JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.key(name).begin_array();
  for (const std::string& value : values) {
    json.string(value);
  }
  json.end_array();
}

Result<std::vector<std::string>> read_list(const Json& json, std::string_view name) {
  std::vector<std::string> out;
  const Json* list = json.find(name);
  if (list == nullptr) {
    return out;
  }
  for (const Json& item : list->items) {
    if (item.kind != Json::Kind::string || !policy::is_term(item.text)) {
      return failure(ErrorCode::usage, "a name in the list " + std::string(name) + " cannot be used");
    }
    out.push_back(item.text);
  }
  return out;
}

CollectionRef read_collection(const Json& json) {
  return {std::string(json.string_or("root", "")), std::string(json.string_or("id", ""))};
}

void write_collection(wire::JsonWriter& json, const CollectionRef& collection) {
  json.begin_object().member("root", collection.root).member("id", collection.id).end_object();
}

void write(wire::JsonWriter& json, const Relation& relation) {
  json.begin_object().member("name", relation.name);
  write_list(json, "client_of", relation.client_of);
  write_list(json, "communities", relation.communities);
  json.key("collections").begin_array();
  for (const CollectionRef& collection : relation.collections) {
    write_collection(json, collection);
  }
  json.end_array();
  write_list(json, "types", relation.subscription.types);
  write_list(json, "markings", relation.subscription.markings);
  json.key("inbox");
  write_collection(json, relation.inbox);
  json.key("paused").boolean(relation.paused).end_object();
}

Result<Relation> read(const Json& json) {
  Relation out;
  out.name = json.string_or("name", "");
  TRY(out.client_of, read_list(json, "client_of"));
  TRY(out.communities, read_list(json, "communities"));
  if (const Json* collections = json.find("collections"); collections != nullptr) {
    for (const Json& item : collections->items) {
      out.collections.push_back(read_collection(item));
    }
  }
  TRY(out.subscription.types, read_list(json, "types"));
  TRY(out.subscription.markings, read_list(json, "markings"));
  if (const Json* inbox = json.find("inbox"); inbox != nullptr) {
    out.inbox = read_collection(*inbox);
  }
  const Json* paused = json.find("paused");
  out.paused = paused != nullptr && paused->boolean;
  return out;
}

}  // namespace

std::string write_relation(const Relation& relation) {
  std::string out;
  wire::JsonWriter json(out);
  write(json, relation);
  return out;
}

Result<Relation> read_relation(std::string_view text) {
  TRY(const Json json, wire::parse_json(text));
  return read(json);
}

std::string write_peer(const Peer& peer) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("url", peer.url).key("key").raw(peer.key_document).key("relation");
  write(json, peer.relation);
  json.end_object();
  return out;
}

Result<Peer> peer_of_document(std::string_view key_document, std::string_view url) {
  if (key_document.size() + url.size() > limits::peer_bytes_max) {
    return failure(ErrorCode::limit, "the key or the address of the peer is too long");
  }
  TRY(const Json json, wire::parse_json(key_document));
  stix::KeyRing ring;
  TRY_VOID(ring.add(key_document));
  const stix::AuthorKey* key = ring.find(json.string_or("kid", ""));
  if (key == nullptr) {
    return failure(ErrorCode::damaged, "the document holds no key");
  }
  Peer peer;
  peer.kid = key->kid;
  peer.organisation = key->identity;
  peer.key = key->key;
  peer.key_document = key_document;
  peer.url = url;
  return peer;
}

Result<Peer> read_peer(std::string_view text) {
  TRY(const Json json, wire::parse_json(text));
  const Json* key = json.find("key");
  const Json* relation = json.find("relation");
  if (key == nullptr || relation == nullptr) {
    return failure(ErrorCode::damaged, "what is kept of a peer cannot be read");
  }
  std::string document;
  wire::JsonWriter writer(document);
  wire::write_json(*key, writer);
  TRY(Peer peer, peer_of_document(document, json.string_or("url", "")));
  TRY(peer.relation, read(*relation));
  return peer;
}

}  // namespace tocsin::exchange
