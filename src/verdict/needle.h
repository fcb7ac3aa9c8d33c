// Needle: a text to look for in many values; most of them are ruled out by the pairs of bytes that a value holds.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

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
