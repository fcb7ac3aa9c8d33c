#include "ingest/evtx/crc32.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tocsin::ingest::evtx {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// Table k advances a byte by k further zero bytes, so that eight bytes are folded at once.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
    }
    tables[0][i] = value;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 0xFF];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

#if defined(__x86_64__)
constexpr std::size_t fold_bytes_min = 64;

// Folds 64 bytes at a time by carry-less multiplication (Gopal and others, "Fast CRC Computation for Generic
// Polynomials Using PCLMULQDQ", Intel 2009; the constants are its bit-reflected ones for this polynomial: powers of x
// modulo P for distances of 64, 16 and 8 bytes, P itself and its Barrett quotient). size is a multiple of 16 from
// fold_bytes_min on.
__attribute__((target("pclmul,sse4.1"))) std::uint32_t fold(const std::uint8_t* data, std::size_t size,
                                                            std::uint32_t crc) {
  const auto load = [](const std::uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
  const __m128i by_64 = _mm_set_epi64x(0x1C6E41596, 0x154442BD4);
  const __m128i by_16 = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
  const __m128i by_8 = _mm_set_epi64x(0, 0x163CD6124);
  const __m128i barrett = _mm_set_epi64x(0x1F7011641, 0x1DB710641);
  const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);

  __m128i lane[4];
  for (std::size_t i = 0; i < 4; ++i) {
    lane[i] = load(data + 16 * i);
  }
  lane[0] = _mm_xor_si128(lane[0], _mm_cvtsi32_si128(static_cast<int>(crc)));
  std::size_t at = 64;
  for (; at + 64 <= size; at += 64) {
    for (int i = 0; i < 4; ++i) {
      const __m128i moved =
          _mm_xor_si128(_mm_clmulepi64_si128(lane[i], by_64, 0x00), _mm_clmulepi64_si128(lane[i], by_64, 0x11));
      lane[i] = _mm_xor_si128(moved, load(data + at + 16 * static_cast<std::size_t>(i)));
    }
  }
  __m128i sum = lane[0];
  for (int i = 1; i < 4; ++i) {
    sum = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(sum, by_16, 0x00), _mm_clmulepi64_si128(sum, by_16, 0x11)),
                        lane[i]);
  }
  for (; at < size; at += 16) {
    sum = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(sum, by_16, 0x00), _mm_clmulepi64_si128(sum, by_16, 0x11)),
                        load(data + at));
  }
  // 128 bits to 64, 64 to 32.
  sum = _mm_xor_si128(_mm_srli_si128(sum, 8), _mm_clmulepi64_si128(sum, by_16, 0x10));
  sum = _mm_xor_si128(_mm_srli_si128(sum, 4), _mm_clmulepi64_si128(_mm_and_si128(sum, low_words), by_8, 0x00));
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(sum, low_words), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
  return static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(sum, quotient), 1));
}
#endif

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
#if defined(__x86_64__)
  if (bytes.size() >= fold_bytes_min && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
    const std::size_t size = bytes.size() & ~std::size_t{15};
    crc = ~fold(bytes.data(), size, ~crc);
    bytes = bytes.subspan(size);
  }
#endif
  return crc32_by_table(bytes, crc);
}

std::uint32_t crc32_by_table(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
  crc = ~crc;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, bytes.data() + at, 4);
    std::memcpy(&high, bytes.data() + at + 4, 4);
    low ^= crc;
    crc = tables[7][low & 0xFF] ^ tables[6][(low >> 8) & 0xFF] ^ tables[5][(low >> 16) & 0xFF] ^ tables[4][low >> 24] ^
          tables[3][high & 0xFF] ^ tables[2][(high >> 8) & 0xFF] ^ tables[1][(high >> 16) & 0xFF] ^
          tables[0][high >> 24];
  }
  for (; at < bytes.size(); ++at) {
    crc = (crc >> 8) ^ tables[0][(crc ^ bytes[at]) & 0xFF];
  }
  return ~crc;
}

}  // namespace tocsin::ingest::evtx
