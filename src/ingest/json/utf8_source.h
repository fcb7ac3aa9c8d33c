// Utf8Source: the text of another source as UTF-8, whether it was UTF-8 or UTF-16, without its byte order mark.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tocsin::ingest::json {

enum class TextEncoding : std::uint8_t { bytes, utf16_le, utf16_be };

// From the first bytes of a text: its byte order mark, or zeros in every other byte. mark_bytes: length of the mark.
TextEncoding detect_encoding(std::string_view head, std::size_t& mark_bytes);

// The first bytes of a text as UTF-8.
std::string head_as_utf8(std::string_view head);

// Anything but UTF-16 passes unchanged. Not thread-safe. Lone surrogates become U+FFFD.
class Utf8Source final : public ByteSource {
 public:
  explicit Utf8Source(ByteSource& source) : source_(source) {}
  Result<std::size_t> read(std::span<char> into) override;
  // Bytes of the mark that was left out: what offsets must be raised by. Known after the first read.
  std::size_t mark_bytes() const { return mark_bytes_; }
  // Offsets count converted bytes.
  bool converts() const { return started_ && encoding_ != TextEncoding::bytes; }

 private:
  ByteSource& source_;
  TextEncoding encoding_ = TextEncoding::bytes;
  bool started_ = false;
  bool ended_ = false;
  std::size_t mark_bytes_ = 0;
  std::string carry_;      // bytes whose code unit or surrogate pair is not whole yet
  std::string converted_;  // UTF-8 not handed out yet
  std::size_t handed_ = 0;
};

}  // namespace tocsin::ingest::json
