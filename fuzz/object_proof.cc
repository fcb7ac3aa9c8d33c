// Arbitrary bytes as the proof of an object, and as what is inside one: what is read has one spelling, and nothing is
// proven that its maker did not sign and log.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "stix/attestation.h"
#include "stix/copies.h"
#include "stix/object_proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  stix::ProofKeys keys;
  trust::Ed25519Seed seed{};
  seed.fill(7);
  keys.logs.push_back(trust::verifier_key("fuzz.example/log", trust::ed25519_public_key(seed)));
  if (const auto proof = stix::parse_object_proof(text)) {
    check(stix::text_of(*proof) == text, "a proof has one spelling");
    check(!stix::check_object_proof(*proof, keys).proven(), "nobody but the log's key signs its checkpoints");
  }
  // The bytes as a key, an attestation and an object of a proof that is otherwise in order.
  stix::ObjectProof own;
  own.object = text;
  own.keys.emplace_back(text);
  own.attestations.emplace_back(text);
  const trust::Sha256Digest leaf = trust::leaf_hash(trust::log_entry(own.object, own.salt));
  const trust::Checkpoint checkpoint{
      "fuzz.example/log", 1, {reinterpret_cast<const char*>(leaf.data()), leaf.size()}, ""};
  const auto note = trust::sign_note(trust::text_of(checkpoint), checkpoint.origin, seed);
  check(note.has_value(), "a checkpoint can be signed");
  own.checkpoint = *note;
  const stix::ProofCheck checked = stix::check_object_proof(own, keys);
  check(!checked.proven(), "text is no attestation of itself");
  for (const auto& finding : checked.faults) {
    check(finding.fault != stix::ProofFault::not_in_log && finding.fault != stix::ProofFault::checkpoint_unknown,
          "what was logged is found");
  }
  const stix::KeyRing nobody;
  stix::Attestations none;
  none.add(text, nobody);
  check(none.find(text).empty(), "nobody vouches");
  const std::string_view half = text.substr(0, size / 2);
  const auto compared = stix::compare_copies(text, text);
  check(!compared || compared->answer != stix::CopyComparison::Answer::different, "a copy does not differ from itself");
  const auto found = stix::equivocation(half, text.substr(size / 2), nobody);
  check(!found || found->answer != stix::Equivocation::Answer::equivocation,
        "nobody is accused without two signatures");
  return 0;
}
