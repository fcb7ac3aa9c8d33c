#include "exchange/invitation.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "exchange/limits.h"
#include "trust/base64.h"
#include "trust/digest.h"
#include "trust/symmetric.h"
#include "wire/json.h"

namespace tocsin::exchange {
namespace {

constexpr std::string_view prefix = "tocsin-peer.";
constexpr std::size_t code_bytes_max = 4'096;

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return ascii_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string write_code(const Invitation& invitation) {
  std::string body;
  wire::JsonWriter json(body);
  json.begin_object().member("url", invitation.url).member("key", invitation.fingerprint);
  json.member("id", invitation.id).member("secret", invitation.secret);
  json.member("expires", std::to_string(invitation.expires)).end_object();
  return std::string(prefix) + trust::to_base64(body);
}

Result<Invitation> read_code(std::string_view code) {
  const auto wrong = [] {
    return failure(ErrorCode::usage, "this is no invitation", {},
                   "give the whole code as `peer invite` printed it, without spaces or line breaks");
  };
  if (!code.starts_with(prefix) || code.size() > code_bytes_max) {
    return wrong();
  }
  const auto body = trust::from_base64(code.substr(prefix.size()));
  const auto json = body ? wire::parse_json(*body) : Result<wire::Json>(wrong());
  if (!json) {
    return wrong();
  }
  Invitation out;
  out.url = json->string_or("url", "");
  out.fingerprint = json->string_or("key", "");
  out.id = json->string_or("id", "");
  out.secret = json->string_or("secret", "");
  const std::string_view expires = json->string_or("expires", "");
  const auto [at, error] = std::from_chars(expires.data(), expires.data() + expires.size(), out.expires);
  if (error != std::errc() || !is_hex(out.fingerprint, 64) || !is_hex(out.id, 32) || !is_hex(out.secret, 32)) {
    return wrong();
  }
  return out;
}

std::string write_introduction(std::string_view kind, const Introduction& introduction, std::string_view to) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("kind", kind).member("to", to).member("invitation", introduction.invitation);
  json.member("url", introduction.url).member("nonce", introduction.nonce).member("proof", introduction.proof);
  json.key("key").raw(introduction.key_document).end_object();
  return out;
}

Result<Introduction> read_introduction(std::string_view body) {
  if (body.size() > limits::peer_bytes_max) {
    return failure(ErrorCode::limit, "the introduction is too long");
  }
  TRY(const wire::Json json, wire::parse_json(body));
  Introduction out;
  out.invitation = json.string_or("invitation", "");
  out.url = json.string_or("url", "");
  out.nonce = json.string_or("nonce", "");
  out.proof = json.string_or("proof", "");
  const wire::Json* key = json.find("key");
  if (key == nullptr || !is_hex(out.invitation, 32) || !is_hex(out.nonce, 32) || !is_hex(out.proof, 64)) {
    return failure(ErrorCode::syntax, "the introduction is not whole");
  }
  wire::JsonWriter writer(out.key_document);
  wire::write_json(*key, writer);
  return out;
}

std::string proof_of(std::string_view kind, std::string_view invitation, std::string_view from_kid,
                     std::string_view to_kid, std::string_view nonce, std::string_view secret) {
  return trust::to_hex(trust::keyed_digest(
      fmt::format("tocsin-{}\n{}\n{}\n{}\n{}", kind, invitation, from_kid, to_kid, nonce), trust::sha256(secret)));
}

}  // namespace tocsin::exchange
