// Passphrase box: a secret that a person locks and unlocks with a passphrase: Argon2id makes the key,
// XChaCha20-Poly1305 keeps the secret and notices every change. The program's only door to libsodium's password hashing
// and encryption of secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::trust {

// How a secret is locked; stands beside it in clear. `salt` and `nonce` must be random and new each time.
struct PassphraseParameters {
  std::array<std::uint8_t, 16> salt{};
  std::array<std::uint8_t, 24> nonce{};
  std::uint32_t passes = 3;
  std::uint32_t memory_kib = std::uint32_t{64} << 10U;
};

// The secret and 16 bytes more. `associated` is not kept in it, but must be given again to open it. Takes the memory
// that `parameters` says, for some tenths of a second. Errors: limit where that is more than limits::passphrase_*, or
// there is no memory.
Result<std::string> lock_with_passphrase(std::string_view secret, std::string_view passphrase,
                                         std::string_view associated, const PassphraseParameters& parameters);
// Error password where passphrase, associated text or locked bytes are not those that were locked: which of them cannot
// be told. The caller wipes what it got (wipe()).
Result<std::string> unlock_with_passphrase(std::string_view locked, std::string_view passphrase,
                                           std::string_view associated, const PassphraseParameters& parameters);

// Overwrites the text, then empties it. The compiler may not leave it out.
void wipe(std::string& secret);

}  // namespace tocsin::trust
