// Anchors: which of 64 bytes could belong to an indicator, found without looking at each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tocsin::detect {

// Bit i: byte i is such a character.
struct Anchors {
  std::uint64_t dot = 0, colon = 0, at = 0, open = 0, back = 0, hex = 0;
  std::uint64_t any() const { return dot | colon | at | open | back; }
};

// `count` bytes (1 to 64) from `text`; never reads beyond them.
inline Anchors find_anchors(const char* text, std::size_t count) {
  char copy[64];
  if (count < 64) {
    std::memset(copy, 0, sizeof copy);
    std::memcpy(copy, text, count);
    text = copy;
  }
  Anchors out;
#ifdef __SSE2__
  const auto equal = [](__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  const auto mask = [](__m128i bytes) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)));
  };
  for (unsigned shift = 0; shift < 64; shift += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + shift));
    // "[" and "{", "\" and "|", "@" and "`" differ in one bit.
    const __m128i low = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    out.dot |= mask(equal(bytes, '.')) << shift;
    out.colon |= mask(equal(bytes, ':')) << shift;
    out.at |= mask(equal(bytes, '@')) << shift;
    out.back |= mask(equal(bytes, '\\')) << shift;
    out.open |= mask(_mm_or_si128(equal(low, '{'), equal(bytes, '('))) << shift;
    const __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i letter = _mm_sub_epi8(low, _mm_set1_epi8('a'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
    out.hex |= mask(_mm_or_si128(is_digit, is_letter)) << shift;
  }
#else
  for (unsigned i = 0; i < 64; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const char c = text[i];
    const char low = static_cast<char>(c | 0x20);
    out.dot |= c == '.' ? bit : 0;
    out.colon |= c == ':' ? bit : 0;
    out.at |= c == '@' ? bit : 0;
    out.back |= c == '\\' ? bit : 0;
    out.open |= low == '{' || c == '(' ? bit : 0;
    out.hex |= (c >= '0' && c <= '9') || (low >= 'a' && low <= 'f') ? bit : 0;
  }
#endif
  return out;
}

// Where runs of 32 hexadecimal digits begin in the first of two neighbouring blocks.
inline std::uint64_t long_hex_runs(std::uint64_t hex, std::uint64_t next_hex) {
  auto runs = static_cast<unsigned __int128>(next_hex) << 64 | hex;
  runs &= runs >> 1;
  runs &= runs >> 2;
  runs &= runs >> 4;
  runs &= runs >> 8;
  runs &= runs >> 16;
  return static_cast<std::uint64_t>(runs);
}

}  // namespace tocsin::detect
