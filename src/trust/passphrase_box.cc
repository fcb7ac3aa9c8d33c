#include "trust/passphrase_box.h"

#include <sodium/core.h>
#include <sodium/crypto_aead_xchacha20poly1305.h>
#include <sodium/crypto_pwhash.h>
#include <sodium/utils.h>

#include "base/check.h"
#include "trust/limits.h"

namespace tocsin::trust {
namespace {

constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(std::tuple_size_v<decltype(PassphraseParameters::salt)> == crypto_pwhash_argon2id_SALTBYTES);
static_assert(std::tuple_size_v<decltype(PassphraseParameters::nonce)> == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* unsigned_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// The key that the passphrase gives; wiped when it goes.
class Key {
 public:
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { sodium_memzero(bytes_, sizeof bytes_); }

  Result<void> make(std::string_view passphrase, const PassphraseParameters& parameters) {
    static const int begun = sodium_init();
    check(begun >= 0, "libsodium starts");
    if (parameters.passes == 0 || parameters.passes > limits::passphrase_passes_max ||
        parameters.memory_kib < limits::passphrase_memory_kib_min ||
        parameters.memory_kib > limits::passphrase_memory_kib_max) {
      return failure(ErrorCode::limit, "opening this secret would take more passes or memory than is allowed", {},
                     "at most 16 passes over 1 GiB");
    }
    if (crypto_pwhash_argon2id(bytes_, sizeof bytes_, passphrase.data(), passphrase.size(), parameters.salt.data(),
                               parameters.passes, std::size_t{parameters.memory_kib} << 10U,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
      return failure(ErrorCode::limit, "there is not enough memory to make a key of the passphrase");
    }
    return {};
  }
  const unsigned char* data() const { return bytes_; }

 private:
  unsigned char bytes_[crypto_aead_xchacha20poly1305_ietf_KEYBYTES] = {};
};

}  // namespace

Result<std::string> lock_with_passphrase(std::string_view secret, std::string_view passphrase,
                                         std::string_view associated, const PassphraseParameters& parameters) {
  Key key;
  TRY_VOID(key.make(passphrase, parameters));
  std::string locked(secret.size() + tag_bytes, '\0');
  check(crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned_bytes(locked), nullptr, unsigned_bytes(secret),
                                                   secret.size(), unsigned_bytes(associated), associated.size(),
                                                   nullptr, parameters.nonce.data(), key.data()) == 0,
        "a secret can be locked");
  return locked;
}

Result<std::string> unlock_with_passphrase(std::string_view locked, std::string_view passphrase,
                                           std::string_view associated, const PassphraseParameters& parameters) {
  if (locked.size() < tag_bytes) {
    return failure(ErrorCode::truncated, "the locked secret is too short");
  }
  Key key;
  TRY_VOID(key.make(passphrase, parameters));
  std::string secret(locked.size() - tag_bytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned_bytes(secret), nullptr, nullptr, unsigned_bytes(locked),
                                                 locked.size(), unsigned_bytes(associated), associated.size(),
                                                 parameters.nonce.data(), key.data()) != 0) {
    return failure(ErrorCode::password, "the passphrase is wrong, or the file was changed");
  }
  return secret;
}

void wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace tocsin::trust
