#include "stix/attestation.h"

#include "stix/limits.h"
#include "stix/object.h"
#include "trust/digest.h"
#include "trust/uuid.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::stix {
namespace {

using wire::Json;

constexpr std::string_view type_name = "attestation";

Result<std::string> digest_of(std::string_view object) {
  TRY(const std::string canonical, wire::canonical_json(object));
  return trust::sha256_hex(canonical);
}

std::string name_of(std::string_view id, std::string_view modified, std::string_view digest) {
  return std::string(id) + "\n" + std::string(modified) + "\n" + std::string(digest);
}

AttestationCheck because(AttestationCheck check, std::string reason) {
  check.covers = false;
  check.reason = std::move(reason);
  return check;
}

}  // namespace

bool is_attestation(std::string_view type) { return type == type_name; }

Result<std::string> make_attestation(std::span<const std::string_view> objects, const AuthorKey& key,
                                     const trust::Ed25519Seed& seed, std::string_view signed_at) {
  if (objects.empty() || objects.size() > limits::attested_max) {
    return failure(ErrorCode::usage,
                   "an attestation is of one to " + std::to_string(limits::attested_max) + " objects");
  }
  std::string list;
  wire::JsonWriter attested(list);
  attested.begin_array();
  for (const std::string_view bytes : objects) {
    TRY(const Object object, read_object(bytes));
    TRY(const std::string digest, digest_of(bytes));
    attested.begin_object().member("object_ref", object.id);
    if (!object.modified.empty()) {
      attested.member("object_modified", object.modified);
    }
    attested.member("sha256_jcs", digest).end_object();
  }
  attested.end_array();
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("type", type_name).member("spec_version", "2.1");
  json.member("id", std::string(type_name) + "--" +
                        trust::uuid_of_content(key.identity + "\n" + std::string(signed_at) + "\n" + list));
  json.member("created_by_ref", key.identity).member("created", signed_at).member("modified", signed_at);
  json.key("attested").raw(list).key("extensions").begin_object().key(attestation_extension).begin_object();
  json.member("extension_type", "new-sdo").end_object().end_object().end_object();
  return sign_object(out, key, seed, signed_at);
}

AttestationCheck check_attestation(std::string_view attestation, std::string_view object, const KeyRing& keys) {
  AttestationCheck out;
  const auto json = wire::parse_json(attestation);
  const auto about = read_object(object);
  const auto digest = digest_of(object);
  if (!json || json->kind != Json::Kind::object || !is_attestation(json->string_or("type", ""))) {
    return because(out, "it is no attestation");
  }
  if (!about || !digest) {
    return because(out, "the object has no id or no canonical form");
  }
  out.signature = check_signature(attestation, keys);
  if (out.signature.answer != SignatureCheck::Answer::valid) {
    return because(out, "the attestation itself: " + out.signature.reason);
  }
  const Json* list = json->find("attested");
  bool named = false;
  for (const Json& each : list == nullptr ? std::vector<Json>{} : list->items) {
    if (each.kind != Json::Kind::object || each.string_or("object_ref", "") != about->id) {
      continue;
    }
    named = true;
    if (each.string_or("sha256_jcs", "") == *digest && each.string_or("object_modified", "") == about->modified) {
      out.covers = true;
      return out;
    }
  }
  return because(out, named ? "it vouches for another content of this object" : "it does not name this object");
}

SignatureCheck Attestations::add(std::string_view attestation, const KeyRing& keys) {
  SignatureCheck check = check_signature(attestation, keys);
  const auto json = wire::parse_json(attestation);
  const Json* list = json ? json->find("attested") : nullptr;
  if (check.answer != SignatureCheck::Answer::valid || list == nullptr || list->items.size() > limits::attested_max) {
    return check;
  }
  for (const Json& each : list->items) {
    about_.emplace(name_of(each.string_or("object_ref", ""), each.string_or("object_modified", ""),
                           each.string_or("sha256_jcs", "")),
                   checks_.size());
  }
  checks_.push_back(check);
  return check;
}

std::vector<SignatureCheck> Attestations::find(std::string_view object) const {
  std::vector<SignatureCheck> out;
  const auto about = read_object(object);
  const auto digest = digest_of(object);
  if (about && digest) {
    const auto [begin, end] = about_.equal_range(name_of(about->id, about->modified, *digest));
    for (auto at = begin; at != end; ++at) {
      out.push_back(checks_[at->second]);
    }
  }
  return out;
}

}  // namespace tocsin::stix
