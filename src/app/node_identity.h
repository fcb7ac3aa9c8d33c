// Whose node it is: the organisation, the key with which the node signs what it says to peers, and where peers reach
// it.
#pragma once

#include <optional>
#include <string>

#include "app/command.h"
#include "exchange/exchange.h"
#include "net/client.h"
#include "stix/secret_key.h"
#include "store/notes.h"

namespace tocsin::app {

struct NodeIdentity {
  stix::AuthorKey key;
  std::string key_document;
  std::string url;  // ends in /tocsin/exchange; empty: none was given, peers cannot reach this node
};

// In the node's folder: the sealed key, and a passphrase that nobody typed.
std::string exchange_key_path(const std::string& folder);
std::string exchange_passphrase_path(const std::string& folder);

// Nothing where nobody said yet whose node it is. Errors: io, damaged.
Result<std::optional<NodeIdentity>> node_identity(const std::string& folder, const store::Notes& notes);
// The seed of the key: with the passphrase of --passphrase-file, the environment, the folder or the terminal. Errors:
// password, damaged.
Result<trust::Ed25519Seed> open_exchange_key(const Arguments& arguments, const std::string& folder);
// "https://node.example.org" -> "https://node.example.org/tocsin/exchange". Errors: syntax, usage.
Result<std::string> exchange_url(std::string_view text);
Result<void> set_exchange_url(store::Notes& notes, const std::string& url);

// What exchange::Exchange::open() is given. Error not_found with a hint to `node identity`.
Result<exchange::Options> exchange_options(const Arguments& arguments, const std::string& folder,
                                           const store::Notes& notes);

// --ca, --client-certificate and --client-key of the commands that call peers; the proxy of the environment.
Result<net::ClientOptions> peer_client_options(const Arguments& arguments);

}  // namespace tocsin::app
