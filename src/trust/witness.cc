#include "trust/witness.h"

#include <algorithm>

#include "base/text.h"
#include "trust/base64.h"
#include "trust/limits.h"

namespace tocsin::trust {
namespace {

constexpr std::string_view fork_kind = "tocsin-fork-evidence/v1";

std::optional<Sha256Digest> digest_of(std::string_view base64) {
  Sha256Digest out;
  const auto bytes = from_base64(base64);
  if (!bytes || bytes->size() != out.size()) {
    return {};
  }
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::string base64_of(const Sha256Digest& hash) {
  return to_base64({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

// Takes a line without its newline; nothing where there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return {};
  }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), ascii_digit) || (text.size() > 1 && text[0] == '0')) {
    return {};
  }
  return parse_uint64(text);
}

std::unexpected<Error> malformed(std::string_view what) {
  return failure(ErrorCode::syntax, std::string(what) + " is not of its form");
}

// "note SIZE", a newline, so many bytes.
std::optional<std::string> take_note(std::string_view& text) {
  constexpr std::string_view name = "note ";
  const auto line = take_line(text);
  const auto size = line && line->starts_with(name) ? number_of(line->substr(name.size())) : std::nullopt;
  if (!size || *size > text.size() || *size > limits::note_bytes_max) {
    return {};
  }
  std::string out(text.substr(0, *size));
  text.remove_prefix(*size);
  return out;
}

}  // namespace

Result<Proof> parse_proof_lines(std::string_view& text, std::string_view what) {
  Proof out;
  while (true) {
    const auto line = take_line(text);
    if (!line) {
      return malformed(what);
    }
    if (line->empty()) {
      return out;
    }
    const auto hash = digest_of(*line);
    if (!hash || out.size() == limits::proof_hashes_max) {
      return malformed(what);
    }
    out.push_back(*hash);
  }
}

std::string proof_lines(const Proof& proof) {
  std::string out;
  for (const Sha256Digest& hash : proof) {
    out += base64_of(hash) + "\n";
  }
  return out + "\n";
}

Result<CheckpointRequest> parse_checkpoint_request(std::string_view body) {
  constexpr std::string_view what = "the request for a cosignature";
  constexpr std::string_view name = "old ";
  CheckpointRequest out;
  const auto line = take_line(body);
  const auto size = line && line->starts_with(name) ? number_of(line->substr(name.size())) : std::nullopt;
  if (!size) {
    return malformed(what);
  }
  out.old_size = *size;
  TRY(out.proof, parse_proof_lines(body, what));
  if (body.empty() || body.size() > limits::note_bytes_max) {
    return malformed(what);
  }
  out.note = std::string(body);
  return out;
}

std::string text_of(const CheckpointRequest& request) {
  return "old " + std::to_string(request.old_size) + "\n" + proof_lines(request.proof) + request.note;
}

std::optional<SignedCheckpoint> open_checkpoint(std::string_view note, std::span<const VerifierKey> log_keys) {
  const OpenedNote opened = open_note(note, log_keys);
  if (opened.verdict != NoteVerdict::ok) {
    return {};
  }
  auto checkpoint = parse_checkpoint(opened.text);
  SignedCheckpoint out;
  if (!checkpoint || checkpoint->hash.size() != out.head.root.size()) {
    return {};
  }
  out.origin = std::move(checkpoint->origin);
  out.head.size = checkpoint->size;
  std::copy(checkpoint->hash.begin(), checkpoint->hash.end(), out.head.root.begin());
  out.text = std::string(opened.text);
  if (out.head.size == 0 && out.head.root != empty_root()) {
    return {};
  }
  return out;
}

bool proves_fork(const ForkEvidence& evidence, std::span<const VerifierKey> log_keys) {
  const auto earlier = open_checkpoint(evidence.earlier, log_keys);
  const auto later = open_checkpoint(evidence.later, log_keys);
  if (!earlier || !later || earlier->origin != later->origin || earlier->head.size > later->head.size ||
      evidence.other_root == earlier->head.root) {
    return false;
  }
  return verify_consistency({earlier->head.size, evidence.other_root}, later->head, evidence.proof);
}

std::string text_of(const ForkEvidence& evidence) {
  return std::string(fork_kind) + "\nroot " + base64_of(evidence.other_root) + "\n" + proof_lines(evidence.proof) +
         "note " + std::to_string(evidence.earlier.size()) + "\n" + evidence.earlier + "note " +
         std::to_string(evidence.later.size()) + "\n" + evidence.later;
}

Result<ForkEvidence> parse_fork_evidence(std::string_view text) {
  constexpr std::string_view what = "the evidence of a fork";
  constexpr std::string_view name = "root ";
  const auto kind = take_line(text);
  const auto root = take_line(text);
  if (!kind || *kind != fork_kind || !root || !root->starts_with(name)) {
    return malformed(what);
  }
  const auto hash = digest_of(root->substr(name.size()));
  if (!hash) {
    return malformed(what);
  }
  ForkEvidence out;
  out.other_root = *hash;
  TRY(out.proof, parse_proof_lines(text, what));
  auto earlier = take_note(text);
  auto later = earlier ? take_note(text) : std::nullopt;
  if (!later || !text.empty()) {
    return malformed(what);
  }
  out.earlier = *std::move(earlier);
  out.later = *std::move(later);
  return out;
}

WitnessAnswer witness(const CheckpointRequest& request, std::string_view origin, std::span<const VerifierKey> log_keys,
                      const std::optional<LastCosigned>& last) {
  using What = WitnessAnswer::What;
  WitnessAnswer out;
  const auto split = split_note(request.note);
  const auto claimed = split ? parse_checkpoint(split->text) : Result<Checkpoint>(std::unexpected(Error{}));
  if (!claimed) {
    return out;
  }
  if (claimed->origin != origin) {
    out.what = What::unknown_log;
    return out;
  }
  const auto checkpoint = open_checkpoint(request.note, log_keys);
  if (!checkpoint) {
    out.what = What::not_signed;
    return out;
  }
  if (request.old_size > checkpoint->head.size) {
    return out;
  }
  const std::uint64_t last_size = last ? last->head.size : 0;
  if (last && last_size == checkpoint->head.size && last->head.root != checkpoint->head.root) {
    out.what = What::fork;
    out.size = last_size;
    out.fork = ForkEvidence{last->note, request.note, checkpoint->head.root, {}};
    return out;
  }
  if (request.old_size != last_size) {
    out.what = What::stale;
    out.size = last_size;
    return out;
  }
  const bool consistent =
      last_size == 0 ? request.proof.empty() : verify_consistency(last->head, checkpoint->head, request.proof);
  if (!consistent) {
    out.what = What::not_consistent;
    return out;
  }
  out.what = What::cosign;
  out.text = checkpoint->text;
  out.remember = {request.note, checkpoint->head};
  return out;
}

int http_status(WitnessAnswer::What what) {
  switch (what) {
    case WitnessAnswer::What::cosign:
      return 200;
    case WitnessAnswer::What::bad_request:
      return 400;
    case WitnessAnswer::What::not_signed:
      return 403;
    case WitnessAnswer::What::unknown_log:
      return 404;
    case WitnessAnswer::What::stale:
    case WitnessAnswer::What::fork:
      return 409;
    case WitnessAnswer::What::not_consistent:
      return 422;
  }
  return 400;
}

std::optional<ForkEvidence> find_fork(std::string_view note, std::string_view other,
                                      std::span<const VerifierKey> log_keys, const Sha256Digest& other_root,
                                      const Proof& proof) {
  const auto a = open_checkpoint(note, log_keys);
  const auto b = open_checkpoint(other, log_keys);
  if (!a || !b) {
    return {};
  }
  ForkEvidence out{std::string(note), std::string(other), other_root, proof};
  const SignedCheckpoint& later = b->head.size < a->head.size ? *a : *b;
  if (b->head.size < a->head.size) {
    std::swap(out.earlier, out.later);
  }
  if (a->head.size == b->head.size) {
    out.other_root = later.head.root;
    out.proof.clear();
  }
  return proves_fork(out, log_keys) ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace tocsin::trust
