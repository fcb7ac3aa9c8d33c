#include "app/node_identity.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "app/passphrase.h"
#include "app/whole_file.h"
#include "net/url.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::size_t key_bytes_max = 65'536;
constexpr std::string_view url_key = "exchange/url";
constexpr std::string_view exchange_path = "/tocsin/exchange";

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

std::string exchange_key_path(const std::string& folder) { return folder + "/exchange.key"; }
std::string exchange_passphrase_path(const std::string& folder) { return exchange_key_path(folder) + ".passphrase"; }

Result<std::optional<NodeIdentity>> node_identity(const std::string& folder, const store::Notes& notes) {
  if (!exists(exchange_key_path(folder))) {
    return std::optional<NodeIdentity>();
  }
  TRY(const std::string text, read_whole(exchange_key_path(folder), key_bytes_max));
  TRY(const wire::Json json, wire::parse_json(text));
  NodeIdentity out;
  if (const wire::Json* key = json.find("key"); key != nullptr) {
    wire::JsonWriter writer(out.key_document);
    wire::write_json(*key, writer);
  }
  stix::KeyRing ring;
  TRY_VOID(ring.add(out.key_document));
  ring.each([&](const stix::AuthorKey& key) { out.key = key; });
  TRY(std::optional<std::string> url, notes.get(url_key));
  out.url = url ? *std::move(url) : std::string();
  return std::optional(std::move(out));
}

Result<trust::Ed25519Seed> open_exchange_key(const Arguments& arguments, const std::string& folder) {
  TRY(const std::string text, read_whole(exchange_key_path(folder), key_bytes_max));
  const bool given = arguments.has("--passphrase-file") || std::getenv("TOCSIN_PASSPHRASE") != nullptr;
  std::string passphrase;
  if (!given && exists(exchange_passphrase_path(folder))) {
    TRY(passphrase, read_whole(exchange_passphrase_path(folder), key_bytes_max));
    passphrase.resize(std::min(passphrase.find_first_of("\r\n"), passphrase.size()));
  } else {
    TRY(passphrase, read_passphrase(arguments, "Passphrase of this node's key", false));
  }
  auto secret = stix::read_secret_key(text, passphrase);
  trust::wipe(passphrase);
  if (!secret) {
    Error error = std::move(secret).error();
    error.where.source = exchange_key_path(folder);
    return std::unexpected(std::move(error));
  }
  return secret->seed;
}

Result<std::string> exchange_url(std::string_view text) {
  TRY(net::Url url, net::parse_url(text));
  if (!url.encrypted && !url.loopback()) {
    return failure(ErrorCode::usage, "peers talk over TLS", {}, "an address that begins with https://");
  }
  if (url.target == "/") {
    url.target = exchange_path;
  }
  if (!url.target.ends_with(exchange_path)) {
    return failure(ErrorCode::usage, fmt::format("a node is reached at {}", exchange_path), {},
                   "give scheme, host and port only, or, behind a proxy, a path that ends so");
  }
  return url.text();
}

Result<void> set_exchange_url(store::Notes& notes, const std::string& url) {
  const store::Note note{std::string(url_key), url};
  return notes.put({&note, 1});
}

Result<exchange::Options> exchange_options(const Arguments& arguments, const std::string& folder,
                                           const store::Notes& notes) {
  TRY(std::optional<NodeIdentity> identity, node_identity(folder, notes));
  if (!identity) {
    return failure(ErrorCode::not_found, "nobody said yet whose node this is", {folder},
                   "tocsin node identity --name NAME --url https://HOST:PORT");
  }
  exchange::Options out;
  TRY(out.seed, open_exchange_key(arguments, folder));
  out.key = std::move(identity->key);
  out.key_document = std::move(identity->key_document);
  out.url = std::move(identity->url);
  return out;
}

Result<net::ClientOptions> peer_client_options(const Arguments& arguments) {
  net::ClientOptions out;
  out.ca_file = arguments.value("--peer-ca").value_or("");
  out.certificate_file = arguments.value("--peer-certificate").value_or("");
  out.key_file = arguments.value("--peer-key").value_or("");
  if (out.certificate_file.empty() != out.key_file.empty()) {
    return failure(ErrorCode::usage, "a certificate that is shown to peers needs its key", {},
                   "--peer-certificate FILE --peer-key FILE");
  }
  TRY(out.proxy, net::proxy_from([](const char* name) -> std::optional<std::string> {
        const char* value = std::getenv(name);
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      }));
  return out;
}

}  // namespace tocsin::app
