#include "stix/signature.h"

#include <algorithm>

#include "trust/digest.h"
#include "wire/canonical_json.h"

namespace tocsin::stix {
namespace {

using wire::Json;

constexpr std::string_view kind = "tocsin-stix-sig";
constexpr std::string_view sig_of_object[] = {"extensions", signature_extension, "sig"};

Json text_of(std::string_view text) {
  Json json;
  json.kind = Json::Kind::string;
  json.text = text;
  return json;
}

Json* member(Json& object, std::string_view name) {
  for (auto& [key, value] : object.members) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

// As other libraries write it when they pass an object on: no zeros at the end, but at least `digits_min` digits.
void settle_digits(std::string& timestamp, std::size_t digits_min) {
  timestamp.pop_back();  // Z
  const std::size_t dot = std::min(timestamp.find('.'), timestamp.size());
  std::string digits(timestamp, std::min(dot + 1, timestamp.size()));
  digits.resize(digits.find_last_not_of('0') + 1);
  digits.resize(std::max(digits.size(), digits_min), '0');
  timestamp.resize(dot);
  timestamp += (digits.empty() ? "" : "." + digits) + "Z";
}

void write_out_defaults(Json& object) {
  // Times of domain objects and relationships, STIX 2.1 sections 3.2, 4 and 5.
  constexpr std::string_view times[] = {"created",   "modified",         "valid_from",     "valid_until", "first_seen",
                                        "last_seen", "first_observed",   "last_observed",  "published",   "start_time",
                                        "stop_time", "analysis_started", "analysis_ended", "submitted"};
  for (auto& [name, value] : object.members) {
    if (value.kind == Json::Kind::string && std::find(std::begin(times), std::end(times), name) != std::end(times) &&
        parse_timestamp(value.text)) {
      settle_digits(value.text, name == "created" || name == "modified" ? 3 : 0);
    }
  }
  if (object.string_or("type", "") == "indicator" && object.string_or("pattern_type", "") == "stix" &&
      object.find("pattern_version") == nullptr) {
    object.members.emplace_back("pattern_version", text_of("2.1"));
  }
}

// Who speaks in the object; empty where nobody does.
std::string_view author_of(const Json& object) {
  const std::string_view by = object.string_or("created_by_ref", "");
  // An identity may be its owner's own.
  return by.empty() && object.string_or("type", "") == "identity" ? object.string_or("id", "") : by;
}

// Why the key cannot have signed at that time; empty where it can.
std::string out_of_time(const AuthorKey& key, Instant at) {
  if (at < *parse_timestamp(key.valid_from)) {
    return "signed before the key became valid, at " + key.valid_from;
  }
  if (!key.valid_until.empty() && at >= *parse_timestamp(key.valid_until)) {
    return "signed after the key's validity ended, at " + key.valid_until;
  }
  return {};
}

SignatureCheck refused(SignatureCheck check, std::string reason) {
  check.answer = SignatureCheck::Answer::refused;
  check.reason = std::move(reason);
  return check;
}

}  // namespace

Result<std::string> sign_object(std::string_view text, const AuthorKey& key, const trust::Ed25519Seed& seed,
                                std::string_view signed_at) {
  const SignBytes sign = [&](std::string_view bytes) -> Result<trust::Ed25519Signature> {
    return trust::ed25519_sign(bytes, seed);
  };
  return sign_object(text, key, sign, signed_at);
}

Result<std::string> sign_object(std::string_view text, const AuthorKey& key, const SignBytes& sign,
                                std::string_view signed_at) {
  TRY_VOID(wire::canonical_json(text));  // what cannot be canonical cannot be signed: repeated names, other numbers
  TRY(Json object, wire::parse_json(text));
  const std::string_view id = object.string_or("id", "");
  if (object.kind != Json::Kind::object || id.empty() || object.string_or("type", "").empty()) {
    return failure(ErrorCode::usage, "only a STIX object with type and id can be signed");
  }
  const std::string_view author = author_of(object);
  if (author.empty()) {
    return failure(ErrorCode::usage, std::string(id) + " has no author: only what has created_by_ref can be signed", {},
                   "observables are vouched for by the object that refers to them");
  }
  if (author != key.identity) {
    return failure(ErrorCode::usage,
                   std::string(id) + " is by " + std::string(author) + ", and the key is " + key.identity + "'s");
  }
  const auto at = parse_timestamp(signed_at);
  if (!at) {
    return failure(ErrorCode::usage, "'" + std::string(signed_at) + "' is no STIX timestamp");
  }
  if (const std::string why = out_of_time(key, *at); !why.empty()) {
    return failure(ErrorCode::usage, std::string(id) + " would be " + why);
  }
  write_out_defaults(object);
  Json extension;
  extension.kind = Json::Kind::object;
  extension.members.emplace_back("extension_type", text_of("property-extension"));
  extension.members.emplace_back("alg", text_of("Ed25519"));
  extension.members.emplace_back("kid", text_of(key.kid));
  extension.members.emplace_back("iat", text_of(signed_at));
  Json* extensions = member(object, "extensions");
  if (extensions == nullptr) {
    object.members.emplace_back("extensions", Json());
    extensions = &object.members.back().second;
    extensions->kind = Json::Kind::object;
  }
  if (extensions->kind != Json::Kind::object) {
    return failure(ErrorCode::usage, std::string(id) + ": extensions must be an object");
  }
  std::erase_if(extensions->members, [](const auto& each) { return each.first == signature_extension; });
  extensions->members.emplace_back(signature_extension, std::move(extension));
  std::string out;
  wire::JsonWriter unsigned_object(out);
  wire::write_json(object, unsigned_object);
  TRY(const std::string bytes, signed_bytes(kind, out, sig_of_object));
  TRY(const trust::Ed25519Signature signature, sign(bytes));
  member(*member(object, "extensions"), signature_extension)
      ->members.emplace_back("sig", text_of(trust::to_hex(signature)));
  out.clear();
  wire::JsonWriter signed_object(out);
  wire::write_json(object, signed_object);
  return out;
}

SignatureCheck check_signature(std::string_view text, const KeyRing& ring) {
  SignatureCheck check;
  const auto object = wire::parse_json(text);
  if (!object || object->kind != Json::Kind::object) {
    return refused(check, object ? "no JSON object" : object.error().text());
  }
  const Json* extensions = object->find("extensions");
  const Json* extension = extensions == nullptr ? nullptr : extensions->find(signature_extension);
  if (extension == nullptr) {
    check.answer = SignatureCheck::Answer::not_signed;
    check.reason = "without a signature";
    return check;
  }
  check.kid = extension->string_or("kid", "");
  check.signed_at = extension->string_or("iat", "");
  trust::Ed25519Signature signature{};
  const std::string_view digits = extension->string_or("sig", "");
  const auto at = parse_timestamp(check.signed_at);
  if (extension->string_or("alg", "") != "Ed25519" || check.kid.empty() || !at || !trust::from_hex(digits, signature) ||
      trust::to_hex(signature) != digits) {
    return refused(check, "the signature is not written as it must be (alg, kid, iat, sig)");
  }
  check.key = ring.find(check.kid);
  if (check.key == nullptr) {
    check.answer = SignatureCheck::Answer::unknown_key;
    check.reason = "signed with key " + check.kid + ", which is not among the known ones";
    return check;
  }
  const auto bytes = signed_bytes(kind, text, sig_of_object);
  if (!bytes) {
    return refused(check, bytes.error().text());
  }
  if (!trust::ed25519_verify(*bytes, signature, check.key->key)) {
    return refused(check, "the object was changed after it was signed, or the signature is forged");
  }
  const std::string_view author = author_of(*object);
  if (author != check.key->identity) {
    return refused(check, "signed by " + check.key->identity + ", but the object says that " +
                              (author.empty() ? "nobody" : std::string(author)) + " made it");
  }
  if (std::string why = out_of_time(*check.key, *at); !why.empty()) {
    return refused(check, std::move(why));
  }
  if (const KeyRevocation* revocation = ring.revocation(check.kid)) {
    if (revocation->reason == KeyRevocation::Reason::compromised) {
      return refused(check, "the key was compromised (revoked at " + revocation->revoked + ")");
    }
    if (*at >= *parse_timestamp(revocation->revoked)) {
      return refused(check, "signed after the key was revoked, at " + revocation->revoked);
    }
  }
  check.answer = SignatureCheck::Answer::valid;
  return check;
}

std::string_view answer_text(SignatureCheck::Answer answer) {
  switch (answer) {
    case SignatureCheck::Answer::valid:
      return "valid";
    case SignatureCheck::Answer::not_signed:
      return "not-signed";
    case SignatureCheck::Answer::unknown_key:
      return "unknown-key";
    case SignatureCheck::Answer::refused:
      return "refused";
  }
  return "";
}

}  // namespace tocsin::stix
