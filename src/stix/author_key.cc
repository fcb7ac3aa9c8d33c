#include "stix/author_key.h"

#include <algorithm>

#include "stix/value_syntax.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::stix {
namespace {

constexpr std::size_t keys_max = 100'000;
constexpr std::size_t document_bytes_max = 16'384;
constexpr std::size_t name_bytes_max = 1'024;
constexpr std::string_view key_type = "tocsin-key";
constexpr std::string_view revocation_type = "tocsin-key-revocation";
constexpr std::string_view sig[] = {"sig"};

bool is_identity(std::string_view text) { return text.starts_with("identity--") && looks_like_identifier(text); }

Result<std::string> signed_document(std::string_view type, std::string document, const trust::Ed25519Seed& seed) {
  TRY(const std::string bytes, signed_bytes(type, document, sig));
  document.pop_back();
  document += ",\"sig\":\"" + trust::to_hex(trust::ed25519_sign(bytes, seed)) + "\"}";
  return document;
}

template <std::size_t Size>
bool digits(std::string_view text, std::array<std::uint8_t, Size>& out) {
  // One spelling only, so that a document has one text.
  return trust::from_hex(text, out) && trust::to_hex(out) == text;
}

Result<void> expect(bool holds, std::string_view what) {
  if (!holds) {
    return failure(ErrorCode::syntax, "the key document's " + std::string(what) + " is missing or wrong");
  }
  return {};
}

Result<void> check_form(const AuthorKey& key) {
  TRY_VOID(expect(is_identity(key.identity), "identity (identity--UUID)"));
  TRY_VOID(expect(!key.name.empty() && key.name.size() <= name_bytes_max, "name"));
  TRY_VOID(expect(key.nation.size() <= 3 &&
                      std::all_of(key.nation.begin(), key.nation.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
                      key.nation.size() != 1,
                  "nation (ISO 3166-1: two or three capital letters)"));
  const auto from = parse_timestamp(key.valid_from);
  TRY_VOID(expect(from.has_value(), "valid_from (a STIX timestamp)"));
  const auto until = parse_timestamp(key.valid_until);
  TRY_VOID(expect(key.valid_until.empty() || (until && *until > *from), "valid_until (later than valid_from)"));
  return {};
}

Result<wire::Json> read(std::string_view document, std::string_view type) {
  TRY(wire::Json json, wire::parse_json(document));
  TRY_VOID(expect(json.string_or("type", "") == type, "type"));
  const wire::Json* version = json.find("version");
  TRY_VOID(expect(version != nullptr && version->kind == wire::Json::Kind::number && version->text == "1", "version"));
  return json;
}

Result<void> check_signed(std::string_view type, std::string_view document, const wire::Json& json,
                          const trust::Ed25519Key& key) {
  trust::Ed25519Signature signature{};
  TRY_VOID(expect(digits(json.string_or("sig", ""), signature), "sig"));
  TRY(const std::string bytes, signed_bytes(type, document, sig));
  if (!trust::ed25519_verify(bytes, signature, key)) {
    return failure(ErrorCode::damaged, "the key document was changed: its signature does not hold", {},
                   "ask its owner for it again");
  }
  return {};
}

}  // namespace

Result<std::string> signed_bytes(std::string_view kind, std::string_view document,
                                 std::span<const std::string_view> without) {
  TRY(const std::string canonical, wire::canonical_json(document, without));
  const trust::Sha256Digest digest = trust::sha256(canonical);
  return std::string(kind) + "/v1\n" + std::string(digest.begin(), digest.end());
}

std::string key_id(const trust::Ed25519Key& key) {
  return trust::sha256_hex({reinterpret_cast<const char*>(key.data()), key.size()}).substr(0, 32);
}

std::string fingerprint(const trust::Ed25519Key& key) {
  const std::string all = trust::sha256_hex({reinterpret_cast<const char*>(key.data()), key.size()});
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += 4) {
    out += (at == 0 ? "" : " ") + all.substr(at, 4);
  }
  return out;
}

Result<std::string> write_author_key(const AuthorKey& key, const trust::Ed25519Seed& seed) {
  TRY_VOID(check_form(key));
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("type", key_type).key("version").number(1).member("alg", "Ed25519");
  json.member("kid", key_id(key.key)).member("public_key", trust::to_hex(key.key));
  json.member("identity", key.identity).member("name", key.name);
  if (!key.nation.empty()) {
    json.member("nation", key.nation);
  }
  json.member("valid_from", key.valid_from);
  if (!key.valid_until.empty()) {
    json.member("valid_until", key.valid_until);
  }
  json.end_object();
  return signed_document(key_type, std::move(out), seed);
}

Result<std::string> write_key_revocation(const KeyRevocation& revocation, const trust::Ed25519Seed& seed) {
  TRY_VOID(expect(parse_timestamp(revocation.revoked).has_value(), "revoked (a STIX timestamp)"));
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("type", revocation_type).key("version").number(1).member("kid", revocation.kid);
  json.member("revoked", revocation.revoked);
  json.member("reason", revocation.reason == KeyRevocation::Reason::compromised ? "compromised" : "superseded");
  json.end_object();
  return signed_document(revocation_type, std::move(out), seed);
}

Result<void> KeyRing::add(std::string_view document) {
  if (document.size() > document_bytes_max) {
    return failure(ErrorCode::limit, "a key document is longer than 16 KiB");
  }
  TRY(const wire::Json any, wire::parse_json(document));
  if (any.string_or("type", "") == revocation_type) {
    return add_revocation(document);
  }
  TRY(const wire::Json json, read(document, key_type));
  AuthorKey key;
  TRY_VOID(expect(json.string_or("alg", "") == "Ed25519", "alg (only Ed25519 is known)"));
  TRY_VOID(expect(digits(json.string_or("public_key", ""), key.key), "public_key"));
  key.kid = json.string_or("kid", "");
  TRY_VOID(expect(key.kid == key_id(key.key), "kid"));
  key.identity = json.string_or("identity", "");
  key.name = json.string_or("name", "");
  key.nation = json.string_or("nation", "");
  key.valid_from = json.string_or("valid_from", "");
  key.valid_until = json.string_or("valid_until", "");
  TRY_VOID(check_form(key));
  TRY_VOID(check_signed(key_type, document, json, key.key));
  return settle(key, document);
}

Result<void> KeyRing::settle(const AuthorKey& key, std::string_view document) {
  TRY(std::string canonical, wire::canonical_json(document));
  if (const auto known = documents_.find(key.kid); known != documents_.end()) {
    if (known->second != canonical) {
      return failure(ErrorCode::damaged, "there are two different documents of key " + key.kid, {},
                     "a key has one owner and one validity; a new one needs a new key");
    }
    return {};
  }
  if (keys_.size() >= keys_max) {
    return failure(ErrorCode::limit, "there are more keys than can be kept");
  }
  keys_.emplace(key.kid, key);
  documents_.emplace(key.kid, std::move(canonical));
  std::vector<std::string> waiting;
  waiting.swap(waiting_);
  for (const std::string& revocation : waiting) {
    TRY_VOID(add_revocation(revocation));
  }
  return {};
}

Result<void> KeyRing::add_revocation(std::string_view document) {
  TRY(const wire::Json json, read(document, revocation_type));
  KeyRevocation revocation;
  revocation.kid = json.string_or("kid", "");
  revocation.revoked = json.string_or("revoked", "");
  TRY_VOID(expect(parse_timestamp(revocation.revoked).has_value(), "revoked (a STIX timestamp)"));
  const std::string_view reason = json.string_or("reason", "");
  TRY_VOID(expect(reason == "superseded" || reason == "compromised", "reason (superseded or compromised)"));
  revocation.reason = reason == "compromised" ? KeyRevocation::Reason::compromised : KeyRevocation::Reason::superseded;
  const AuthorKey* key = find(revocation.kid);
  if (key == nullptr) {
    if (waiting_.size() >= keys_max) {
      return failure(ErrorCode::limit, "there are more revocations than can be kept");
    }
    waiting_.emplace_back(document);
    return {};
  }
  TRY_VOID(check_signed(revocation_type, document, json, key->key));
  const auto [known, fresh] = revocations_.emplace(revocation.kid, revocation);
  if (!fresh) {
    KeyRevocation& kept = known->second;
    const bool worse =
        revocation.reason == KeyRevocation::Reason::compromised && kept.reason != KeyRevocation::Reason::compromised;
    const bool earlier =
        revocation.reason == kept.reason && *parse_timestamp(revocation.revoked) < *parse_timestamp(kept.revoked);
    if (worse || earlier) {
      kept = revocation;
    }
  }
  return {};
}

void KeyRing::each(const std::function<void(const AuthorKey&)>& visit) const {
  for (const auto& [kid, key] : keys_) {
    visit(key);
  }
}

const AuthorKey* KeyRing::find(std::string_view kid) const {
  const auto found = keys_.find(kid);
  return found == keys_.end() ? nullptr : &found->second;
}

const KeyRevocation* KeyRing::revocation(std::string_view kid) const {
  const auto found = revocations_.find(kid);
  return found == revocations_.end() ? nullptr : &found->second;
}

}  // namespace tocsin::stix
