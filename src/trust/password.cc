#include "trust/password.h"

#include <sodium/core.h>
#include <sodium/crypto_pwhash_argon2id.h>
#include <sodium/utils.h>

#include <fmt/format.h>

#include "base/check.h"

namespace tocsin::trust {
namespace {

void begin() {
  static const int begun = sodium_init();
  check(begun >= 0, "libsodium starts");
}

template <std::size_t N>
std::string base64(const std::array<std::uint8_t, N>& bytes) {
  std::array<char, sodium_base64_ENCODED_LEN(N, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  return text.data();
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordSalt& salt, PasswordCost cost) {
  begin();
  static_assert(std::tuple_size_v<PasswordSalt> == crypto_pwhash_argon2id_SALTBYTES);
  std::array<std::uint8_t, 32> digest{};
  if (crypto_pwhash_argon2id(digest.data(), digest.size(), password.data(), password.size(), salt.data(), cost.passes,
                             cost.memory_bytes, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return {};
  }
  return fmt::format("$argon2id$v=19$m={},t={},p=1${}${}", cost.memory_bytes / 1024, cost.passes, base64(salt),
                     base64(digest));
}

bool verify_password(std::string_view password, std::string_view hash) {
  begin();
  return crypto_pwhash_argon2id_str_verify(std::string(hash).c_str(), password.data(), password.size()) == 0;
}

}  // namespace tocsin::trust
