#include "trust/sealed.h"

#include <sodium/core.h>
#include <sodium/crypto_aead_xchacha20poly1305.h>
#include <sodium/crypto_pwhash.h>
#include <sodium/utils.h>

#include "base/check.h"
#include "trust/limits.h"

namespace tocsin::trust {
namespace {

constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(std::tuple_size_v<decltype(Sealing::salt)> == crypto_pwhash_argon2id_SALTBYTES);
static_assert(std::tuple_size_v<decltype(Sealing::nonce)> == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);

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

  Result<void> make(std::string_view passphrase, const Sealing& sealing) {
    static const int begun = sodium_init();
    check(begun >= 0, "libsodium starts");
    if (sealing.passes == 0 || sealing.passes > limits::sealing_passes_max ||
        sealing.memory_kib < limits::sealing_memory_kib_min || sealing.memory_kib > limits::sealing_memory_kib_max) {
      return failure(ErrorCode::limit, "opening this secret would take more passes or memory than is allowed", {},
                     "at most 16 passes over 1 GiB");
    }
    if (crypto_pwhash_argon2id(bytes_, sizeof bytes_, passphrase.data(), passphrase.size(), sealing.salt.data(),
                               sealing.passes, std::size_t{sealing.memory_kib} << 10U,
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

Result<std::string> seal(std::string_view secret, std::string_view passphrase, std::string_view associated,
                         const Sealing& sealing) {
  Key key;
  TRY_VOID(key.make(passphrase, sealing));
  std::string sealed(secret.size() + tag_bytes, '\0');
  check(crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned_bytes(sealed), nullptr, unsigned_bytes(secret),
                                                   secret.size(), unsigned_bytes(associated), associated.size(),
                                                   nullptr, sealing.nonce.data(), key.data()) == 0,
        "a secret can be sealed");
  return sealed;
}

Result<std::string> open_sealed(std::string_view sealed, std::string_view passphrase, std::string_view associated,
                                const Sealing& sealing) {
  if (sealed.size() < tag_bytes) {
    return failure(ErrorCode::truncated, "the sealed secret is too short");
  }
  Key key;
  TRY_VOID(key.make(passphrase, sealing));
  std::string secret(sealed.size() - tag_bytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned_bytes(secret), nullptr, nullptr, unsigned_bytes(sealed),
                                                 sealed.size(), unsigned_bytes(associated), associated.size(),
                                                 sealing.nonce.data(), key.data()) != 0) {
    return failure(ErrorCode::password, "the passphrase is wrong, or the file was changed");
  }
  return secret;
}

void wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace tocsin::trust
