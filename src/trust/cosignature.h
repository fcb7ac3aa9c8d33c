// Cosignature: a witness's word that a log was, at a moment, what its checkpoint says, and had only grown before (C2SP
// tlog-cosignature, Ed25519).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "trust/ed25519.h"
#include "trust/note.h"

namespace tocsin::trust {

// "name+hash+key" like a verifier key, with the algorithm byte 0x04: a log's key can never stand for a witness's.
struct CosignerKey {
  std::string name;
  std::uint32_t id = 0;
  Ed25519Key key{};
};

CosignerKey cosigner_key(std::string_view name, const Ed25519Key& key);
// Errors as parse_verifier_key().
Result<CosignerKey> parse_cosigner_key(std::string_view text);
std::string text_of(const CosignerKey& key);

// The signature line for a checkpoint's text. `seconds` since 1970. Whoever calls it has checked the checkpoint
// (witness.h). Error syntax where text or name cannot stand in a note, usage where `seconds` is above 2^63 - 1.
Result<std::string> cosign(std::string_view text, std::string_view name, const Ed25519Seed& seed,
                           std::uint64_t seconds);

struct Cosignature {
  std::string_view name;  // of the cosigner
  Ed25519Key key{};
  std::uint64_t seconds = 0;
  bool valid = false;
};
// What the known cosigners say of the note, each key once: a valid line counts before one that is not.
std::vector<Cosignature> check_cosignatures(const SplitNote& note, std::span<const CosignerKey> keys);

// The note with the line behind its signatures; unchanged where it stands there.
std::string with_line(std::string_view note, std::string_view line);

}  // namespace tocsin::trust
