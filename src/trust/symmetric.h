// Under a symmetric key that a node keeps to itself: texts that only it can read and nobody can change unseen, and
// keyed digests. A secret that a person opens with a passphrase is kept by passphrase_box.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::trust {

using SymmetricKey = std::array<std::uint8_t, 32>;

// XChaCha20-Poly1305 with a nonce that is a keyed digest of `context` and `text` (as SIV modes do, RFC 5297): the same
// input always gives the same output, and no randomness is needed. `context` is bound and not contained: opening needs
// the same one.
std::string encrypt_deterministic(std::string_view text, std::string_view context, const SymmetricKey& key);
// Nothing where it was encrypted under another key or context, or was changed.
std::optional<std::string> decrypt_deterministic(std::string_view encrypted, std::string_view context,
                                                 const SymmetricKey& key);

// BLAKE2b with a key (RFC 7693): a digest that nobody without the key can compute or test guesses against.
std::array<std::uint8_t, 32> keyed_digest(std::string_view text, const SymmetricKey& key);

// Whether two texts are equal, in a time that depends on their lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace tocsin::trust
