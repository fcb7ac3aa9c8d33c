// Digests of bytes, whole or in parts, and hexadecimal text. The program's only door to OpenSSL's hash functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tocsin::trust {

using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;
using Sha512Digest = std::array<std::uint8_t, 64>;

// FIPS 180-4. SHA-1 only where a standard names it (UUIDs of version 5), never to prove anything.
Sha1Digest sha1(std::string_view bytes);
Sha256Digest sha256(std::string_view bytes);
Sha512Digest sha512(std::string_view bytes);

// Lower-case hexadecimal digits, two a byte.
std::string to_hex(std::span<const std::uint8_t> bytes);
std::string to_hex(std::string_view bytes);
// Fills `out` from exactly 2 * out.size() digits of either case; false, and `out` unspecified, for any other text.
bool from_hex(std::string_view text, std::span<std::uint8_t> out);

std::string sha256_hex(std::string_view bytes);
// As a content security policy names a script: base64 (RFC 4648 section 4) with padding.
std::string sha256_base64(std::string_view bytes);

// SHA-256 of bytes that come in parts. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  // The digest of what was added; then the next one begins.
  Sha256Digest finish();
  std::string hex() { return to_hex(finish()); }

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace tocsin::trust
