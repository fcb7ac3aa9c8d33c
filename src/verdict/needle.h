// Needle: a text to look for in many values; most of them are ruled out by the pairs of bytes that a value holds.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"

namespace tocsin::verdict {

// Which pairs of neighbouring bytes occur in a text, folded to 4,096 bits. One pass over the text; a bit too many only
// costs a search, none is ever missing.
class PairSet {
 public:
  static std::uint16_t pair(char a, char b) {
    const auto first = static_cast<unsigned char>(a);
    const auto second = static_cast<unsigned char>(b);
    return static_cast<std::uint16_t>((first * 37U + second * 101U + (second >> 4)) & 0xfffU);
  }
  void fill(std::string_view text) {
    bits_ = {};
    for (std::size_t at = 1; at < text.size(); ++at) {
      const std::uint16_t number = pair(text[at - 1], text[at]);
      bits_[number >> 6] |= std::uint64_t{1} << (number & 63);
    }
  }
  bool has(std::uint16_t number) const { return (bits_[number >> 6] >> (number & 63) & 1) != 0; }

 private:
  std::array<std::uint64_t, 64> bits_{};
};

// A value in lower case with its pairs.
struct FoldedText {
  std::string_view text;
  PairSet pairs;
};

class Needle {
 public:
  // `lower` in lower case.
  explicit Needle(std::string lower) : text_(std::move(lower)) {
    for (std::size_t at = 1; at < text_.size() && count_ < pairs_.size(); ++at) {
      pairs_[count_++] = PairSet::pair(text_[at - 1], text_[at]);
    }
  }
  const std::string& text() const { return text_; }
  // The same of a text as it stands, without regard to the case of A–Z.
  bool in_unfolded(std::string_view value) const {
    const std::size_t size = text_.size();
    if (size == 0 || value.size() < size) {
      return size == 0;
    }
    // First and last byte at 32 places at a time, which compilers turn into a few instructions.
    const auto fold_of = [](char lower) { return static_cast<unsigned char>(lower >= 'a' && lower <= 'z' ? 0x20 : 0); };
    const auto first = static_cast<unsigned char>(text_.front()), last = static_cast<unsigned char>(text_.back());
    const unsigned char first_fold = fold_of(text_.front()), last_fold = fold_of(text_.back());
    const auto* from = reinterpret_cast<const unsigned char*>(value.data());
    const auto* behind = from + size - 1;
    const std::size_t places = value.size() - size + 1;
    const auto here = [&](std::size_t at) {
      return ((from[at] | first_fold) == first) & ((behind[at] | last_fold) == last);
    };
    const auto check = [&](std::size_t at) { return here(at) && ascii_iequals(value.substr(at, size), text_); };
    std::size_t at = 0;
    for (constexpr std::size_t block = 32; at + block <= places; at += block) {
      unsigned char any = 0;
      for (std::size_t i = 0; i < block; ++i) {
        any |= static_cast<unsigned char>(here(at + i));
      }
      for (std::size_t i = 0; any != 0 && i < block; ++i) {
        if (check(at + i)) {
          return true;
        }
      }
    }
    for (; at < places; ++at) {
      if (check(at)) {
        return true;
      }
    }
    return false;
  }
  bool in(const FoldedText& value) const {
    for (std::size_t at = 0; at < count_; ++at) {
      if (!value.pairs.has(pairs_[at])) {
        return false;
      }
    }
    return value.text.find(text_) != std::string_view::npos;
  }

 private:
  std::string text_;
  std::array<std::uint16_t, 12> pairs_{};
  std::size_t count_ = 0;
};

}  // namespace tocsin::verdict
