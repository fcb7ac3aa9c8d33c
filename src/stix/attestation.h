// Attestation: a signed object beside others that vouches for them as they stand: for observables, which have no
// author, for what others left unsigned, and as a countersignature of what somebody else signed.
//
// {"type":"attestation","spec_version":"2.1","id","created_by_ref","created","modified","attested":[{"object_ref":id,
// "object_modified":"…","sha256_jcs":"…"}],"extensions":{attestation_extension:{"extension_type":"new-sdo"},
// signature_extension:{…}}}. `object_modified` is left out where the object has none. It is signed like any object.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/signature.h"

namespace tocsin::stix {

inline constexpr std::string_view attestation_extension = "extension-definition--7c2b1a0e-9d4f-4e63-8a57-5b1f0c6e2d94";

// The id follows from the contents. Errors: usage where there are none or more than limits::attested_max, or where one
// has no type and id; as sign_object().
Result<std::string> make_attestation(std::span<const std::string_view> objects, const AuthorKey& key,
                                     const trust::Ed25519Seed& seed, std::string_view signed_at);

struct AttestationCheck {
  bool covers = false;       // a valid attestation of exactly this object
  SignatureCheck signature;  // of the attestation: who vouches, since when
  std::string reason;        // empty where it covers
};
// Never fails: what cannot be read covers nothing. SHA-256 of the object's RFC 8785 form decides, its own signature
// included where it has one.
AttestationCheck check_attestation(std::string_view attestation, std::string_view object, const KeyRing& keys);

bool is_attestation(std::string_view type);

// Many attestations, each verified once, for many objects.
class Attestations {
 public:
  // What its signature says; only a valid one is kept. `keys` must outlive this.
  SignatureCheck add(std::string_view attestation, const KeyRing& keys);
  // Whoever vouches for exactly this object, in the order in which they were added.
  std::vector<SignatureCheck> find(std::string_view object) const;

 private:
  std::vector<SignatureCheck> checks_;
  // id, modified and digest → who, in checks_.
  std::multimap<std::string, std::size_t> about_;
};

}  // namespace tocsin::stix
