// ByteSource: bytes in order, from a file, an archive member or memory; what readers pull from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/result.h"

namespace tocsin {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills at most into.size() bytes and returns how many; 0 only at the end. After an error the source is at its end.
  // One thread at a time.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

// Borrows the bytes; they must outlive the source.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = bytes_.size() < into.size() ? bytes_.size() : into.size();
    if (count != 0) {
      std::memcpy(into.data(), bytes_.data(), count);
      bytes_.remove_prefix(count);
    }
    return count;
  }

 private:
  std::string_view bytes_;
};

// What was read of a source to look at it, then the rest of the source. Borrows both.
class RejoinedSource final : public ByteSource {
 public:
  RejoinedSource(std::string_view head, ByteSource& rest) : head_(head), rest_(rest) {}
  Result<std::size_t> read(std::span<char> into) override;
  // Bytes handed out so far.
  std::uint64_t count() const { return count_; }

 private:
  MemorySource head_;
  ByteSource& rest_;
  std::uint64_t count_ = 0;
};

// Reads until `into` is full or the source ends.
Result<std::size_t> read_full(ByteSource& source, std::span<char> into);

}  // namespace tocsin
