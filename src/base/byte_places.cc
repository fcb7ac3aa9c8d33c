#include "base/byte_places.h"

#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tocsin {

namespace internal {

std::optional<std::size_t> byte_places_plain(std::string_view text, char byte, char never,
                                             std::span<std::uint32_t> places) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == never) {
      return std::nullopt;
    }
    if (text[at] == byte) {
      if (count == places.size()) {
        return std::nullopt;
      }
      places[count++] = static_cast<std::uint32_t>(at);
    }
  }
  return count;
}

}  // namespace internal

#if defined(__x86_64__)

namespace {

constexpr std::size_t step = 32;

__attribute__((target("avx2,bmi"))) std::optional<std::size_t> places_avx2(std::string_view text, char byte, char never,
                                                                           std::span<std::uint32_t> places) {
  const __m256i wanted = _mm256_set1_epi8(byte);
  const __m256i unwanted = _mm256_set1_epi8(never);
  std::size_t count = 0;
  std::size_t from = 0;  // places before it are known
  while (from < text.size()) {
    // The last step looks again at some bytes of the one before.
    const std::size_t at = from + step <= text.size() ? from : text.size() - step;
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + at));
    if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, unwanted)) != 0) {
      return std::nullopt;
    }
    auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, wanted)));
    mask &= ~std::uint32_t{0} << (from - at);
    if (count + static_cast<std::size_t>(std::popcount(mask)) > places.size()) {
      return std::nullopt;
    }
    for (; mask != 0; mask &= mask - 1) {
      places[count++] = static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(mask));
    }
    from = at + step;
  }
  return count;
}

}  // namespace

std::optional<std::size_t> byte_places(std::string_view text, char byte, char never, std::span<std::uint32_t> places) {
  static const bool has = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
  return has && text.size() >= step ? places_avx2(text, byte, never, places)
                                    : internal::byte_places_plain(text, byte, never, places);
}

#else

std::optional<std::size_t> byte_places(std::string_view text, char byte, char never, std::span<std::uint32_t> places) {
  return internal::byte_places_plain(text, byte, never, places);
}

#endif

}  // namespace tocsin
