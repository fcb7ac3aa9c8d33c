#include "trust/cosignature.h"

#include <algorithm>

#include "base/text.h"
#include "trust/base64.h"
#include "trust/digest.h"

namespace tocsin::trust {
namespace {

constexpr char algorithm = 4;
constexpr std::size_t timestamp_bytes = 8;

std::string with_algorithm(const Ed25519Key& key) {
  std::string out(1, algorithm);
  out.append(reinterpret_cast<const char*>(key.data()), key.size());
  return out;
}

std::string message(std::string_view text, std::uint64_t seconds) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

Cosignature checked(const SignatureLine& line, std::string_view text, const CosignerKey& key) {
  Cosignature out;
  out.name = key.name;
  out.key = key.key;
  Ed25519Signature signature;
  if (line.signature.size() != timestamp_bytes + signature.size()) {
    return out;
  }
  for (std::size_t at = 0; at < timestamp_bytes; ++at) {
    out.seconds = out.seconds << 8 | static_cast<std::uint8_t>(line.signature[at]);
  }
  std::copy(line.signature.begin() + timestamp_bytes, line.signature.end(), signature.begin());
  out.valid = out.seconds >> 63 == 0 && ed25519_verify(message(text, out.seconds), signature, key.key);
  return out;
}

}  // namespace

CosignerKey cosigner_key(std::string_view name, const Ed25519Key& key) {
  return {std::string(name), key_id(name, with_algorithm(key)), key};
}

Result<CosignerKey> parse_cosigner_key(std::string_view text) {
  TRY(VerifierKey key, parse_verifier_key(text, algorithm));
  return CosignerKey{std::move(key.name), key.id, key.key};
}

std::string text_of(const CosignerKey& key) {
  const std::array<std::uint8_t, 4> id = {static_cast<std::uint8_t>(key.id >> 24),
                                          static_cast<std::uint8_t>(key.id >> 16),
                                          static_cast<std::uint8_t>(key.id >> 8), static_cast<std::uint8_t>(key.id)};
  return key.name + "+" + to_hex(id) + "+" + to_base64(with_algorithm(key.key));
}

Result<std::string> cosign(std::string_view text, std::string_view name, const Ed25519Seed& seed,
                           std::uint64_t seconds) {
  if (!is_key_name(name) || !text.ends_with('\n') || !valid_utf8(text)) {
    return failure(ErrorCode::syntax, "neither name nor checkpoint of a cosignature can stand in a note");
  }
  if (seconds >> 63 != 0) {
    return failure(ErrorCode::usage, "the time of a cosignature is beyond 2^63 seconds");
  }
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(seconds >> shift & 0xFF);
  }
  const Ed25519Signature signature = ed25519_sign(message(text, seconds), seed);
  bytes.append(reinterpret_cast<const char*>(signature.data()), signature.size());
  return signature_line(name, cosigner_key(name, ed25519_public_key(seed)).id, bytes);
}

std::vector<Cosignature> check_cosignatures(const SplitNote& note, std::span<const CosignerKey> keys) {
  std::vector<Cosignature> out;
  for (const CosignerKey& key : keys) {
    std::optional<Cosignature> best;
    for (const SignatureLine& line : note.signatures) {
      if (line.name == key.name && line.id == key.id && (!best || !best->valid)) {
        best = checked(line, note.text, key);
      }
    }
    if (best) {
      out.push_back(*best);
    }
  }
  return out;
}

std::string with_line(std::string_view note, std::string_view line) {
  const auto parts = split_note(note);
  const bool there = parts && std::any_of(parts->signatures.begin(), parts->signatures.end(),
                                          [&](const SignatureLine& each) { return each.line == line; });
  return std::string(note) + (there ? "" : std::string(line));
}

}  // namespace tocsin::trust
