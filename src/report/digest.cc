#include "report/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "base/check.h"

namespace tocsin::report {
namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> digest(std::string_view bytes, const EVP_MD* algorithm) {
  std::array<std::uint8_t, Size> out{};
  unsigned size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr);
  check(done == 1 && size == Size, "libcrypto computes a digest");
  return out;
}

std::string uuid_text(std::array<std::uint8_t, 20> bytes, std::uint8_t version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      out += '-';
    }
    fmt::format_to(std::back_inserter(out), "{:02x}", bytes[i]);
  }
  return out;
}

}  // namespace

std::array<std::uint8_t, 20> sha1(std::string_view bytes) { return digest<20>(bytes, EVP_sha1()); }

std::string sha256_hex(std::string_view bytes) {
  std::string out;
  for (const std::uint8_t byte : digest<32>(bytes, EVP_sha256())) {
    fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  }
  return out;
}

std::string sha256_base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto hash = digest<32>(bytes, EVP_sha256());
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

std::string uuid_v5(const std::array<std::uint8_t, 16>& name_space, std::string_view name) {
  std::string bytes(name_space.begin(), name_space.end());
  bytes.append(name);
  return uuid_text(sha1(bytes), 5);
}

std::string uuid_of_content(std::string_view content) { return uuid_text(sha1(content), 4); }

}  // namespace tocsin::report
