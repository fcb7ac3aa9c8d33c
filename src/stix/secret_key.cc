#include "stix/secret_key.h"

#include <algorithm>
#include <charconv>

#include "trust/digest.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::stix {
namespace {

constexpr std::string_view type = "tocsin-secret-key";
constexpr std::string_view sealed_member[] = {"sealed"};
constexpr std::size_t file_bytes_max = 65'536;

std::unexpected<Error> wrong(std::string_view what) {
  return failure(ErrorCode::syntax, "the secret key's " + std::string(what) + " is missing or wrong");
}

Result<std::uint32_t> number(const wire::Json& json, std::string_view name) {
  const wire::Json* value = json.find(name);
  std::uint32_t out = 0;
  if (value == nullptr || value->kind != wire::Json::Kind::number ||
      std::from_chars(value->text.data(), value->text.data() + value->text.size(), out).ptr !=
          value->text.data() + value->text.size()) {
    return wrong(name);
  }
  return out;
}

}  // namespace

Result<std::string> write_secret_key(std::string_view document, const trust::Ed25519Seed& seed,
                                     std::string_view passphrase, const trust::PassphraseParameters& parameters) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("type", type).key("version").number(1).key("key").raw(document);
  json.member("kdf", "argon2id").key("passes").number(std::uint64_t{parameters.passes});
  json.key("memory_kib").number(std::uint64_t{parameters.memory_kib}).member("salt", trust::to_hex(parameters.salt));
  json.member("cipher", "xchacha20-poly1305").member("nonce", trust::to_hex(parameters.nonce)).end_object();
  TRY(const std::string associated, wire::canonical_json(out));
  std::string secret(reinterpret_cast<const char*>(seed.data()), seed.size());
  auto sealed = trust::lock_with_passphrase(secret, passphrase, associated, parameters);
  trust::wipe(secret);
  if (!sealed) {
    return std::unexpected(std::move(sealed).error());
  }
  out.pop_back();
  return out + ",\"sealed\":\"" + trust::to_hex(*sealed) + "\"}";
}

Result<SecretKey> read_secret_key(std::string_view text, std::string_view passphrase) {
  if (text.size() > file_bytes_max) {
    return failure(ErrorCode::limit, "a secret key's file is longer than 64 KiB");
  }
  TRY(const wire::Json json, wire::parse_json(text));
  const wire::Json* document = json.find("key");
  if (json.string_or("type", "") != type || document == nullptr) {
    return failure(ErrorCode::syntax, "this is no secret key", {}, "'tocsin key new' makes one");
  }
  TRY(const std::uint32_t version, number(json, "version"));
  if (version != 1 || json.string_or("kdf", "") != "argon2id" || json.string_or("cipher", "") != "xchacha20-poly1305") {
    return wrong("version, kdf or cipher");
  }
  trust::PassphraseParameters parameters;
  TRY(parameters.passes, number(json, "passes"));
  TRY(parameters.memory_kib, number(json, "memory_kib"));
  if (!trust::from_hex(json.string_or("salt", ""), parameters.salt)) {
    return wrong("salt");
  }
  if (!trust::from_hex(json.string_or("nonce", ""), parameters.nonce)) {
    return wrong("nonce");
  }
  const std::string_view digits = json.string_or("sealed", "");
  std::string sealed(digits.size() / 2, '\0');
  if (!trust::from_hex(digits, {reinterpret_cast<std::uint8_t*>(sealed.data()), sealed.size()})) {
    return wrong("sealed secret");
  }
  SecretKey out;
  wire::JsonWriter writer(out.document);
  wire::write_json(*document, writer);
  KeyRing ring;
  TRY_VOID(ring.add(out.document));
  const AuthorKey* key = ring.find(document->string_or("kid", ""));
  if (key == nullptr) {
    return wrong("key document");
  }
  out.key = *key;
  TRY(const std::string associated, wire::canonical_json(text, sealed_member));
  TRY(std::string secret, trust::unlock_with_passphrase(sealed, passphrase, associated, parameters));
  const bool right_size = secret.size() == out.seed.size();
  if (right_size) {
    std::copy(secret.begin(), secret.end(), out.seed.begin());
  }
  trust::wipe(secret);
  if (!right_size || trust::ed25519_public_key(out.seed) != out.key.key) {
    return failure(ErrorCode::damaged, "the secret belongs to another key than the file says");
  }
  return out;
}

}  // namespace tocsin::stix
