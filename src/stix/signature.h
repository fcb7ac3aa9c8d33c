// Author signatures of STIX objects: a property extension of the object, over the canonical form of everything else in
// it. Who passes an object on, rewrites its whitespace, order or escapes, or stores it elsewhere, changes nothing.
//
// extensions.<signature_extension> = {"extension_type":"property-extension","alg":"Ed25519","kid":"…","iat":"…",
// "sig":"…"}. The signature is over "tocsin-stix-sig/v1\n" and the SHA-256 of the RFC 8785 form of the object without
// `sig`: algorithm, key and time are signed too.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stix/author_key.h"
#include "wire/json.h"

namespace tocsin::stix {

inline constexpr std::string_view signature_extension = "extension-definition--3f0a7a52-6f0e-4c1b-9d53-b0f3a6d4c2e1";

// The object with a signature, in one line. What other tools would add when they pass it on is written out first:
// the digits of its times, `pattern_version` of STIX patterns. A signature it has already is replaced.
// Errors usage: an object that has no author (observables; no created_by_ref, unless it is the author's own identity),
// or another author than the key's identity, or is signed outside of the key's validity.
Result<std::string> sign_object(std::string_view object, const AuthorKey& key, const trust::Ed25519Seed& seed,
                                std::string_view signed_at);
// The same where the seed is in somebody else's hands. Also errors of `sign`.
using SignBytes = std::function<Result<trust::Ed25519Signature>(std::string_view bytes)>;
Result<std::string> sign_object(std::string_view object, const AuthorKey& key, const SignBytes& sign,
                                std::string_view signed_at);

struct SignatureCheck {
  enum class Answer : std::uint8_t {
    valid,        // the owner of the key says this
    not_signed,   // a claim of whoever sent it
    unknown_key,  // signed, but by nobody we know
    refused       // a signature that must not be believed; `reason` says why
  };
  Answer answer = Answer::refused;
  std::string reason;  // empty where valid
  std::string kid, signed_at;
  const AuthorKey* key = nullptr;  // of the ring; where it is known
};

// The one place where a signature of an object is judged. Never fails: what cannot be read is refused.
SignatureCheck check_signature(std::string_view object, const KeyRing& ring);
std::string_view answer_text(SignatureCheck::Answer answer);

}  // namespace tocsin::stix
