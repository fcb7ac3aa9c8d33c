#include "detect/gram_filter.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/text.h"

namespace tocsin::detect {

void GramFilter::add(unsigned bucket, std::string_view gram, bool any_case) {
  const auto bit = static_cast<std::uint8_t>(1U << bucket);
  const auto allow = [bit](Halves& halves, unsigned byte) {
    for (const std::size_t lane : {std::size_t{0}, std::size_t{16}}) {
      halves.low[lane + (byte & 15U)] |= bit;
      halves.high[lane + (byte >> 4U)] |= bit;
    }
  };
  for (std::size_t i = 0; i < gram_bytes; ++i) {
    if (i >= gram.size()) {
      // Nothing is asked of the bytes behind a shorter gram.
      for (std::size_t half = 0; half < bytes_[i].low.size(); ++half) {
        bytes_[i].low[half] |= bit;
        bytes_[i].high[half] |= bit;
      }
      continue;
    }
    const char small = ascii_lower(gram[i]);
    allow(bytes_[i], static_cast<unsigned char>(gram[i]));
    if (any_case && small >= 'a' && small <= 'z') {
      allow(bytes_[i], static_cast<unsigned char>(small));
      allow(bytes_[i], static_cast<unsigned char>(small) & ~0x20U);
    }
  }
}

#if defined(__x86_64__)

bool GramFilter::available() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

__attribute__((target("avx2"))) std::size_t GramFilter::find(std::string_view text, std::size_t from, Places& places,
                                                             std::size_t& count) const {
  constexpr std::size_t reach = step + gram_bytes - 1;  // bytes that one step reads
  __m256i low[gram_bytes];
  __m256i high[gram_bytes];
  for (std::size_t i = 0; i < gram_bytes; ++i) {
    low[i] = _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes_[i].low.data()));
    high[i] = _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes_[i].high.data()));
  }
  const __m256i half = _mm256_set1_epi8(15);
  count = 0;
  std::size_t at = from;
  while (at < text.size() && count + step <= places.size()) {
    const char* bytes = text.data() + at;
    // The end of the text is read from a copy with zeros behind it.
    char end[reach] = {};
    const std::size_t left = text.size() - at;
    if (left < reach) {
      std::memcpy(end, bytes, left);
      bytes = end;
    }
    __m256i met = _mm256_set1_epi8(-1);
    for (std::size_t i = 0; i < gram_bytes; ++i) {
      const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i));
      const __m256i by_low = _mm256_shuffle_epi8(low[i], _mm256_and_si256(here, half));
      const __m256i by_high = _mm256_shuffle_epi8(high[i], _mm256_and_si256(_mm256_srli_epi16(here, 4), half));
      met = _mm256_and_si256(met, _mm256_and_si256(by_low, by_high));
    }
    auto places_met = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(met, _mm256_setzero_si256())));
    if (left < step) {
      places_met &= (std::uint32_t{1} << left) - 1;
    }
    if (places_met != 0) {
      alignas(32) std::uint8_t of[step];
      _mm256_store_si256(reinterpret_cast<__m256i*>(of), met);
      for (; places_met != 0; places_met &= places_met - 1) {
        const auto place = static_cast<std::uint32_t>(std::countr_zero(places_met));
        places[count++] = {static_cast<std::uint32_t>(at) + place, of[place]};
      }
    }
    at += step;
  }
  return at < text.size() ? at : text.size();
}

#else

bool GramFilter::available() { return false; }
std::size_t GramFilter::find(std::string_view text, std::size_t, Places&, std::size_t& count) const {
  count = 0;
  return text.size();
}

#endif

}  // namespace tocsin::detect
