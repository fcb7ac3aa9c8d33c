#include "taxii/credentials.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "net/authorization.h"
#include "taxii/limits.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

constexpr std::string_view token_prefix = "access/token/";
constexpr std::string_view certificate_prefix = "access/certificate/";
constexpr std::string_view token_mark = "tocsin_";
constexpr std::size_t token_bytes = 32;
constexpr std::size_t id_digits = 12;

// The token is as random as a key, so that a plain digest gives nothing to guess against.
std::string digest_of(std::string_view token) { return trust::sha256_hex(token); }

std::string key_of(std::string_view prefix, std::string_view digest) {
  return std::string(prefix) + std::string(digest);
}

bool legal_digest(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return ascii_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool flag(const wire::Json& json, std::string_view name) {
  const wire::Json* found = json.find(name);
  return found != nullptr && found->boolean;
}

std::string document(const ApiToken& token) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("user", token.user).member("name", token.name).member("added", rfc3339(token.added));
  if (token.expires) {
    json.member("expires", rfc3339(*token.expires));
  }
  json.key("scope").begin_array();
  for (const store::Grant& grant : token.scope) {
    json.begin_object().member("root", grant.root).member("collection", grant.collection);
    json.key("read").boolean(grant.read).key("write").boolean(grant.write).end_object();
  }
  json.end_array().end_object();
  return out;
}

// What cannot be read whole is refused whole: a scope or an end that was lost would make a token worth more.
Result<ApiToken> read_token(std::string_view digest, std::string_view text) {
  const auto damaged = [&] {
    return failure(ErrorCode::damaged, "a token's record cannot be read", {std::string(digest.substr(0, id_digits))},
                   "tocsin user token revoke");
  };
  const auto json = wire::parse_json(text);
  if (!json) {
    return damaged();
  }
  ApiToken out;
  out.id = digest.substr(0, id_digits);
  out.user = json->string_or("user", "");
  out.name = json->string_or("name", "");
  const auto added = parse_iso8601(json->string_or("added", ""));
  const wire::Json* scope = json->find("scope");
  if (out.user.empty() || !added || scope == nullptr) {
    return damaged();
  }
  out.added = added->time;
  if (json->find("expires") != nullptr) {
    const auto expires = parse_iso8601(json->string_or("expires", ""));
    if (!expires) {
      return damaged();
    }
    out.expires = expires->time;
  }
  for (const wire::Json& one : scope->items) {
    out.scope.push_back({std::string(one.string_or("root", "")), std::string(one.string_or("collection", "")),
                         flag(one, "read"), flag(one, "write")});
  }
  return out;
}

// All under a prefix, as pairs of the digest and the text.
Result<std::vector<std::pair<std::string, std::string>>> all_under(const store::Notes& notes, std::string_view prefix) {
  std::vector<std::pair<std::string, std::string>> out;
  TRY_VOID(notes.scan(prefix, "", [&](std::string_view key, std::string_view value) {
    out.emplace_back(key.substr(prefix.size()), value);
    return true;
  }));
  return out;
}

Result<std::string> token_key(const store::Notes& notes, std::string_view user, std::string_view id) {
  TRY(const auto all, all_under(notes, token_prefix));
  for (const auto& [digest, text] : all) {
    if (!id.empty() && std::string_view(digest).substr(0, id_digits) == id) {
      // One that is damaged can be revoked by whoever knows its id.
      const auto token = read_token(digest, text);
      return !token || token->user == user ? key_of(token_prefix, digest) : std::string();
    }
  }
  return std::string();
}

// "*" holds every name.
bool meet(const std::string& a, const std::string& b, std::string& out) {
  if (a != "*" && b != "*" && a != b) {
    return false;
  }
  out = a == "*" ? b : a;
  return true;
}

}  // namespace

std::string new_api_token(Random& random) {
  std::array<std::uint8_t, token_bytes> bytes{};
  random.fill(bytes);
  return std::string(token_mark) +
         net::base64url_encode(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Result<ApiToken> put_api_token(store::Notes& notes, std::string_view token, ApiToken about) {
  TRY(const std::vector<ApiToken> known, api_tokens(notes, about.user));
  if (known.size() >= limits::tokens_per_user_max) {
    return failure(ErrorCode::limit, fmt::format("{} has {} tokens", about.user, known.size()), {},
                   "tocsin user token revoke");
  }
  const std::string digest = digest_of(token);
  about.id = digest.substr(0, id_digits);
  const store::Note note{key_of(token_prefix, digest), document(about)};
  TRY_VOID(notes.put(std::span(&note, 1)));
  return about;
}

Result<std::optional<ApiToken>> find_api_token(const store::Notes& notes, std::string_view token, Time now) {
  if (!token.starts_with(token_mark) || token.size() > limits::password_bytes_max) {
    return std::optional<ApiToken>();
  }
  const std::string digest = digest_of(token);
  TRY(const std::optional<std::string> text, notes.get(key_of(token_prefix, digest)));
  if (!text) {
    return std::optional<ApiToken>();
  }
  TRY(ApiToken out, read_token(digest, *text));
  if (out.expires && now >= *out.expires) {
    return std::optional<ApiToken>();
  }
  return std::optional<ApiToken>(std::move(out));
}

Result<std::vector<ApiToken>> api_tokens(const store::Notes& notes, std::string_view user) {
  TRY(const auto all, all_under(notes, token_prefix));
  std::vector<ApiToken> out;
  for (const auto& [digest, text] : all) {
    TRY(ApiToken token, read_token(digest, text));
    if (user.empty() || token.user == user) {
      out.push_back(std::move(token));
    }
  }
  std::ranges::stable_sort(out, {}, [](const ApiToken& token) { return std::pair(token.user, token.added.ticks); });
  return out;
}

Result<bool> revoke_api_token(store::Notes& notes, std::string_view user, std::string_view id) {
  TRY(const std::string key, token_key(notes, user, id));
  if (key.empty()) {
    return false;
  }
  const store::Note gone{key, std::nullopt};
  TRY_VOID(notes.put(std::span(&gone, 1)));
  return true;
}

std::vector<store::Grant> cut_grants(const std::vector<store::Grant>& grants, const std::vector<store::Grant>& scope) {
  if (scope.empty()) {
    return grants;
  }
  std::vector<store::Grant> out;
  for (const store::Grant& grant : grants) {
    for (const store::Grant& bound : scope) {
      store::Grant both;
      both.read = grant.read && bound.read;
      both.write = grant.write && bound.write;
      // A collection's name means something in its root alone: everywhere is "*" in both.
      if ((both.read || both.write) && meet(grant.root, bound.root, both.root) &&
          meet(grant.root == "*" ? "*" : grant.collection, bound.root == "*" ? "*" : bound.collection,
               both.collection)) {
        out.push_back(std::move(both));
      }
    }
  }
  return out;
}

Rights rights_in(const std::vector<store::Grant>& grants, const store::Collection& collection) {
  Rights out;
  for (const store::Grant& grant : grants) {
    if (grant.root == "*" ||
        (grant.root == collection.root && (grant.collection == "*" || grant.collection == collection.id))) {
      out.read = out.read || (grant.read && collection.can_read);
      out.write = out.write || (grant.write && collection.can_write);
    }
  }
  return out;
}

Result<void> put_client_certificate(store::Notes& notes, const ClientCertificate& certificate) {
  if (!legal_digest(certificate.sha256)) {
    return failure(ErrorCode::usage, "a certificate's digest has 64 hexadecimal digits");
  }
  TRY(const auto known, find_client_certificate(notes, certificate.sha256));
  if (known && known->user != certificate.user) {
    return failure(ErrorCode::usage, fmt::format("this certificate stands for {} already", known->user), {},
                   "tocsin user certificate remove");
  }
  TRY(const auto others, client_certificates(notes, certificate.user));
  if (!known && others.size() >= limits::certificates_per_user_max) {
    return failure(ErrorCode::limit, fmt::format("{} has {} certificates", certificate.user, others.size()), {},
                   "tocsin user certificate remove");
  }
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("user", certificate.user).member("added", rfc3339(certificate.added)).end_object();
  const store::Note note{key_of(certificate_prefix, certificate.sha256), text};
  return notes.put(std::span(&note, 1));
}

Result<std::optional<ClientCertificate>> find_client_certificate(const store::Notes& notes, std::string_view sha256) {
  if (!legal_digest(sha256)) {
    return std::optional<ClientCertificate>();
  }
  TRY(const std::optional<std::string> text, notes.get(key_of(certificate_prefix, sha256)));
  if (!text) {
    return std::optional<ClientCertificate>();
  }
  TRY(const wire::Json json, wire::parse_json(*text));
  const auto added = parse_iso8601(json.string_or("added", ""));
  return std::optional(
      ClientCertificate{std::string(sha256), std::string(json.string_or("user", "")), added ? added->time : Time{}});
}

Result<std::vector<ClientCertificate>> client_certificates(const store::Notes& notes, std::string_view user) {
  TRY(const auto all, all_under(notes, certificate_prefix));
  std::vector<ClientCertificate> out;
  for (const auto& [digest, text] : all) {
    TRY(auto one, find_client_certificate(notes, digest));
    if (one && (user.empty() || one->user == user)) {
      out.push_back(std::move(*one));
    }
  }
  std::ranges::stable_sort(out, {}, &ClientCertificate::user);
  return out;
}

Result<bool> remove_client_certificate(store::Notes& notes, std::string_view user, std::string_view sha256) {
  TRY(const auto known, find_client_certificate(notes, sha256));
  if (!known || known->user != user) {
    return false;
  }
  const store::Note gone{key_of(certificate_prefix, sha256), std::nullopt};
  TRY_VOID(notes.put(std::span(&gone, 1)));
  return true;
}

Result<std::string> certificate_digest(std::string_view pem) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----", end = "-----END CERTIFICATE-----";
  const std::size_t from = pem.find(begin);
  const std::size_t to = from == std::string_view::npos ? from : pem.find(end, from);
  if (to == std::string_view::npos) {
    return failure(ErrorCode::syntax, "this file holds no certificate", {}, "a PEM file with BEGIN CERTIFICATE");
  }
  std::string text(pem.substr(from + begin.size(), to - from - begin.size()));
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  const auto bytes = net::base64_decode(text);
  // X.690: a certificate is a SEQUENCE.
  if (!bytes || bytes->size() < 64 || bytes->front() != 0x30) {
    return failure(ErrorCode::syntax, "the certificate cannot be read");
  }
  return trust::sha256_hex(*bytes);
}

Result<void> forget_credentials(store::Notes& notes, std::string_view user) {
  std::vector<store::Note> gone;
  TRY(const auto tokens, all_under(notes, token_prefix));
  for (const auto& [digest, text] : tokens) {
    const auto token = read_token(digest, text);
    if (!token || token->user == user) {
      gone.push_back({key_of(token_prefix, digest), std::nullopt});
    }
  }
  TRY(const auto certificates, client_certificates(notes, user));
  for (const ClientCertificate& one : certificates) {
    gone.push_back({key_of(certificate_prefix, one.sha256), std::nullopt});
  }
  return gone.empty() ? Result<void>() : notes.put(gone);
}

}  // namespace tocsin::taxii
