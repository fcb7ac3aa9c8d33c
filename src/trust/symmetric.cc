#include "trust/symmetric.h"

#include <sodium/core.h>
#include <sodium/crypto_aead_xchacha20poly1305.h>
#include <sodium/crypto_generichash_blake2b.h>
#include <sodium/utils.h>

#include "base/check.h"

namespace tocsin::trust {
namespace {

void begin() {
  static const int begun = sodium_init();
  check(begun >= 0, "libsodium starts");
}

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
using Nonce = std::array<std::uint8_t, nonce_bytes>;

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Nonce nonce_of(std::string_view text, std::string_view context, const SymmetricKey& key) {
  // The nonce's key is not the cipher's: BLAKE2b's personal parameter keeps the two uses apart.
  constexpr std::array<unsigned char, crypto_generichash_blake2b_PERSONALBYTES> personal = {
      't', 'o', 'c', 's', 'i', 'n', '-', 's', 'e', 'a', 'l'};
  crypto_generichash_blake2b_state state;
  Nonce nonce{};
  check(crypto_generichash_blake2b_init_salt_personal(&state, key.data(), key.size(), nonce.size(), nullptr,
                                                      personal.data()) == 0,
        "BLAKE2b starts");
  const std::uint64_t size = context.size();
  std::array<unsigned char, 8> length{};
  for (std::size_t at = 0; at < length.size(); ++at) {
    length[at] = static_cast<unsigned char>(size >> (8 * at));
  }
  crypto_generichash_blake2b_update(&state, length.data(), length.size());
  crypto_generichash_blake2b_update(&state, unsigned_bytes(context), context.size());
  crypto_generichash_blake2b_update(&state, unsigned_bytes(text), text.size());
  crypto_generichash_blake2b_final(&state, nonce.data(), nonce.size());
  return nonce;
}

}  // namespace

std::string encrypt_deterministic(std::string_view text, std::string_view context, const SymmetricKey& key) {
  begin();
  const Nonce nonce = nonce_of(text, context, key);
  std::string out(nonce_bytes + text.size() + tag_bytes, '\0');
  std::copy(nonce.begin(), nonce.end(), out.begin());
  check(crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(out.data()) + nonce_bytes, nullptr,
                                                   unsigned_bytes(text), text.size(), unsigned_bytes(context),
                                                   context.size(), nullptr, nonce.data(), key.data()) == 0,
        "a text is encrypted");
  return out;
}

std::optional<std::string> decrypt_deterministic(std::string_view encrypted, std::string_view context,
                                                 const SymmetricKey& key) {
  begin();
  if (encrypted.size() < nonce_bytes + tag_bytes) {
    return std::nullopt;
  }
  std::string out(encrypted.size() - nonce_bytes - tag_bytes, '\0');
  const unsigned char* bytes = unsigned_bytes(encrypted);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr, nullptr,
                                                 bytes + nonce_bytes, encrypted.size() - nonce_bytes,
                                                 unsigned_bytes(context), context.size(), bytes, key.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

std::array<std::uint8_t, 32> keyed_digest(std::string_view text, const SymmetricKey& key) {
  begin();
  std::array<std::uint8_t, 32> out{};
  check(crypto_generichash_blake2b(out.data(), out.size(), unsigned_bytes(text), text.size(), key.data(), key.size()) ==
            0,
        "BLAKE2b digests");
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace tocsin::trust
