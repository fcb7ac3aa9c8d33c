#include "trust/digest.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"

namespace tocsin::trust {
namespace {

// OpenSSL looks an algorithm up at every use of EVP_sha256(); fetched once, the look-up is not repeated.
const EVP_MD* fetched(const char* name) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  check(algorithm != nullptr, "libcrypto knows the algorithm");
  return algorithm;
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = fetched("SHA256");
  return algorithm;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> digest(std::string_view bytes, const EVP_MD* algorithm) {
  std::array<std::uint8_t, Size> out{};
  unsigned size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr);
  check(done == 1 && size == Size, "libcrypto computes a digest");
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

Sha1Digest sha1(std::string_view bytes) {
  static const EVP_MD* const algorithm = fetched("SHA1");
  return digest<20>(bytes, algorithm);
}

Sha256Digest sha256(std::string_view bytes) { return digest<32>(bytes, sha256_algorithm()); }

Sha512Digest sha512(std::string_view bytes) {
  static const EVP_MD* const algorithm = fetched("SHA512");
  return digest<64>(bytes, algorithm);
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string to_hex(std::string_view bytes) {
  return to_hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() % 2 != 0 || text.size() / 2 != out.size()) {
    return false;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string sha256_base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const Sha256Digest hash = sha256(bytes);
  std::string out;
  for (std::size_t at = 0; at < hash.size(); at += 3) {
    const std::size_t have = std::min<std::size_t>(3, hash.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < have ? hash[at + i] : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= have ? alphabet[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() { begin(); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
  void begin() {
    check(evp != nullptr && EVP_DigestInit_ex(evp, sha256_algorithm(), nullptr) == 1, "SHA-256 is available");
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  check(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1, "SHA-256 takes bytes");
}

Sha256Digest Sha256::finish() {
  Sha256Digest out{};
  unsigned size = 0;
  check(EVP_DigestFinal_ex(context_->evp, out.data(), &size) == 1 && size == out.size(), "SHA-256 ends");
  context_->begin();
  return out;
}

}  // namespace tocsin::trust
