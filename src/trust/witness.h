// Witness: what a peer does before it cosigns a log's checkpoint: it is the log's own, nothing that was cosigned before
// has gone from it, and the log has not shown two faces (C2SP tlog-witness). Pure: the caller keeps what is to be
// remembered, in one step with the comparison, before it hands out the cosignature.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "trust/merkle.h"
#include "trust/note.h"

namespace tocsin::trust {

// One hash in base64 a line, then an empty line. Error syntax; at most limits::proof_hashes_max. parse_proof_lines()
// takes what it read from `text`.
std::string proof_lines(const Proof& proof);
Result<Proof> parse_proof_lines(std::string_view& text, std::string_view what);

// "old SIZE", the lines of a consistency proof, an empty line, and the checkpoint as a note.
struct CheckpointRequest {
  std::uint64_t old_size = 0;
  Proof proof;
  std::string note;
};
// Error syntax.
Result<CheckpointRequest> parse_checkpoint_request(std::string_view body);
std::string text_of(const CheckpointRequest& request);

// A checkpoint whose signature by its log holds.
struct SignedCheckpoint {
  std::string origin;
  TreeHead head;
  std::string text;  // of the note: what a cosignature covers
};
// Nothing where no key of the log signed it, one did so wrongly, or it is no checkpoint with a root of 32 bytes.
std::optional<SignedCheckpoint> open_checkpoint(std::string_view note, std::span<const VerifierKey> log_keys);

// What a witness remembers of one log: the note it cosigned last.
struct LastCosigned {
  std::string note;
  TreeHead head;
};

// Two checkpoints of one log that cannot both be true. Anybody who has the log's key can check it.
struct ForkEvidence {
  std::string earlier, later;  // notes; the earlier one has no more entries
  Sha256Digest other_root{};   // of the first entries of `later`, as many as `earlier` has: not what `earlier` says
  Proof proof;                 // of consistency, from `other_root` to `later`; empty where both have one size
};
// Whether it proves that the log forked.
bool proves_fork(const ForkEvidence& evidence, std::span<const VerifierKey> log_keys);
std::string text_of(const ForkEvidence& evidence);
// Error syntax.
Result<ForkEvidence> parse_fork_evidence(std::string_view text);

struct WitnessAnswer {
  enum class What : std::uint8_t {
    cosign,         // 200: remember `remember`, then cosign `text`
    bad_request,    // 400: the old size is beyond the checkpoint's
    not_signed,     // 403: not by a key of this log
    unknown_log,    // 404
    stale,          // 409: the log should begin at `size`
    fork,           // 409: two trees of one size; `fork` proves it
    not_consistent  // 422: the proof does not lead from the last checkpoint to this one
  };
  What what = What::bad_request;
  LastCosigned remember;
  std::string text;
  std::uint64_t size = 0;
  std::optional<ForkEvidence> fork;
};

// `origin` and `log_keys`: of the log as the witness knows it. `last`: what it remembers of it; nothing where it never
// cosigned. Of two checkpoints of one size and root the later signature lines are remembered.
WitnessAnswer witness(const CheckpointRequest& request, std::string_view origin, std::span<const VerifierKey> log_keys,
                      const std::optional<LastCosigned>& last);
// 200, 404 and so on.
int http_status(WitnessAnswer::What what);

// Evidence from two notes, whoever showed them, where there is any: `other_root` and `proof` come from whoever serves
// the later one, and are looked at only where the sizes differ.
std::optional<ForkEvidence> find_fork(std::string_view note, std::string_view other,
                                      std::span<const VerifierKey> log_keys, const Sha256Digest& other_root,
                                      const Proof& proof);

}  // namespace tocsin::trust
