// Object proof: a file that proves, with public keys and without a network, that a log holds an object, who said it,
// and which witnesses saw the log so. In the form of C2SP tlog-proof; docs/log.md says what it shows and what it does
// not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/author_key.h"
#include "trust/cosignature.h"
#include "trust/log_entry.h"
#include "trust/merkle.h"
#include "trust/note.h"

namespace tocsin::stix {

struct ObjectProof {
  std::string object;  // the bytes that were logged
  trust::LogSalt salt{};
  std::vector<std::string> keys;          // public documents of authors, believed only where they are known already
  std::vector<std::string> attestations;  // of the object, where it bears no signature
  std::uint64_t index = 0;                // of the log's entry
  trust::Proof path;                      // from the entry to the root
  std::string checkpoint;                 // a note, with its cosignatures
};

// tlog-proof with the rest as its extra data: "tocsin-proof/v1", "salt HEX", "key JSON" and "attestation JSON" in any
// number, "object SIZE" and so many bytes. Keys and attestations stand on one line each.
std::string text_of(const ObjectProof& proof);
// Errors: limit beyond limits::proof_bytes_max, syntax.
Result<ObjectProof> parse_object_proof(std::string_view text);

// What the reader believes before it reads the proof.
struct ProofKeys {
  KeyRing authors;  // their keys may have signed logs as well, under the log's origin
  std::vector<trust::VerifierKey> logs;
  std::vector<trust::CosignerKey> witnesses;  // every one of them must have cosigned
};

// One line of proof_faults.def.
enum class ProofFault : std::uint8_t {
#define FAULT(name, code, text) name,
#include "stix/proof_faults.def"
#undef FAULT
};
std::string_view code_of(ProofFault fault);
std::string_view text_of(ProofFault fault);

struct ProofCheck {
  struct Finding {
    ProofFault fault;
    std::string about;  // a name or a reason; may be empty
  };
  struct Speaker {
    std::string identity, name, nation, kid, fingerprint, signed_at;
    bool known = false;        // among the keys given; otherwise only what the proof says of itself
    bool attestation = false;  // vouches for the object, and did not make it
  };
  struct Witnessed {
    std::string name;
    std::uint64_t seconds = 0;
  };
  std::vector<Finding> faults;  // none: proven
  std::string id, type, modified;
  std::string origin;
  std::uint64_t size = 0, index = 0;
  std::vector<Speaker> speakers;     // whose signatures hold
  std::string unknown_kid;           // of the object's signature, where nobody gave the key: it says nothing then
  std::vector<Witnessed> witnesses;  // whose cosignatures hold
  bool proven() const { return faults.empty(); }
};

// Never fails; everything that is wrong is told, not only the first.
ProofCheck check_object_proof(const ObjectProof& proof, const ProofKeys& keys);

}  // namespace tocsin::stix
