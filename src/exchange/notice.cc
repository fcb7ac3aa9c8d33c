#include "exchange/notice.h"

#include "exchange/reading.h"
#include "stix/author_key.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::exchange {
namespace {

constexpr std::string_view kind = "tocsin-notice";
constexpr std::string_view sig[] = {"sig"};
constexpr std::size_t notice_bytes_max = 2'000;

}  // namespace

Result<std::string> write_notice(std::string_view id, std::string_view modified, bool revoked, const Signer& signer) {
  std::string body;
  wire::JsonWriter json(body);
  json.begin_object().member("type", kind).key("version").number(1).member("id", id).member("modified", modified);
  json.key("revoked").boolean(revoked).member("kid", signer.kid);
  TRY(const std::string bytes, stix::signed_bytes(kind, body + "}", {}));
  json.member("sig", trust::to_hex(trust::ed25519_sign(bytes, signer.seed))).end_object();
  return body;
}

Result<Notice> read_notice(std::string_view document) {
  if (document.size() > notice_bytes_max) {
    return failure(ErrorCode::limit, "the notice is too long");
  }
  TRY(const wire::Json json, wire::parse_json(document));
  Notice out;
  out.id = json.string_or("id", "");
  out.modified = json.string_or("modified", "");
  out.kid = json.string_or("kid", "");
  const auto at = stix::parse_timestamp(out.modified);
  const wire::Json* revoked = json.find("revoked");
  if (json.string_or("type", "") != kind || !is_identifier(out.id) || !at || revoked == nullptr ||
      revoked->kind != wire::Json::Kind::boolean || !trust::from_hex(json.string_or("sig", ""), out.signature)) {
    return failure(ErrorCode::syntax, "it is no notice");
  }
  out.modified_at = *at;
  out.revoked = revoked->boolean;
  return out;
}

bool notice_holds(const Notice& notice, std::string_view document, const trust::Ed25519Key& key) {
  const auto bytes = stix::signed_bytes(kind, document, sig);
  return bytes && trust::ed25519_verify(*bytes, notice.signature, key);
}

}  // namespace tocsin::exchange
