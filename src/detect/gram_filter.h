// GramFilter: where in a text may one of a few short byte sequences (grams) stand? 32 places are asked at a time.
//
// Each gram belongs to one of eight buckets. For every place of the text, the two halves of its bytes look up, in
// tables of 16 entries, which buckets have such a byte there; a bucket that is left after all bytes of the gram may be
// met. It never overlooks a gram and names some places too many, so the caller compares.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin::detect {

// Filled once, then immutable and thread-safe.
class GramFilter {
 public:
  static constexpr std::size_t gram_bytes = 4;
  static constexpr unsigned buckets = 8;

  // Does this processor have what find() needs (AVX2)? Nothing else may be called where it does not.
  static bool available();

  // 1 to 4 bytes. With any_case, an ASCII letter stands for both of its cases.
  void add(unsigned bucket, std::string_view gram, bool any_case);

  struct Place {
    std::uint32_t at = 0;
    std::uint32_t buckets = 0;  // bit b: a gram of bucket b may begin here
  };
  // Room for what one step may find.
  static constexpr std::size_t step = 32;
  using Places = std::array<Place, 4 * step>;
  // Looks from `from` on until the text ends or the room is nearly used up. Sets how many places it found, in order,
  // and gives where to go on; the text's size at the end. Texts are shorter than 4 GiB. No allocation.
  std::size_t find(std::string_view text, std::size_t from, Places& places, std::size_t& count) const;

 private:
  // By byte of a gram: the buckets that have a byte with these low or high four bits there, twice over, because the
  // processor looks up 16 bytes by 16.
  struct alignas(32) Halves {
    std::array<std::uint8_t, 32> low{};
    std::array<std::uint8_t, 32> high{};
  };
  std::array<Halves, gram_bytes> bytes_;
};

}  // namespace tocsin::detect
