#include "trust/ed25519.h"

#include <sodium/core.h>
#include <sodium/crypto_sign_ed25519.h>
#include <sodium/utils.h>

#include "base/check.h"

namespace tocsin::trust {
namespace {

// Chooses the implementation for this processor; asking again is free and safe from any thread.
void begin() {
  static const int begun = sodium_init();
  check(begun >= 0, "libsodium starts");
}

struct KeyPair {
  Ed25519Key key{};
  std::array<unsigned char, crypto_sign_ed25519_SECRETKEYBYTES> secret{};
  explicit KeyPair(const Ed25519Seed& seed) {
    begin();
    check(crypto_sign_ed25519_seed_keypair(key.data(), secret.data(), seed.data()) == 0, "a seed gives a key");
  }
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  ~KeyPair() { sodium_memzero(secret.data(), secret.size()); }
};

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

bool ed25519_verify(std::string_view bytes, const Ed25519Signature& signature, const Ed25519Key& key) {
  begin();
  return crypto_sign_ed25519_verify_detached(signature.data(), unsigned_bytes(bytes), bytes.size(), key.data()) == 0;
}

Ed25519Signature ed25519_sign(std::string_view bytes, const Ed25519Seed& seed) {
  const KeyPair pair(seed);
  Ed25519Signature signature{};
  check(crypto_sign_ed25519_detached(signature.data(), nullptr, unsigned_bytes(bytes), bytes.size(),
                                     pair.secret.data()) == 0,
        "a key signs");
  return signature;
}

Ed25519Key ed25519_public_key(const Ed25519Seed& seed) { return KeyPair(seed).key; }

}  // namespace tocsin::trust
