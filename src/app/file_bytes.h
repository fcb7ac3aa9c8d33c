// FileBytes: the bytes of one file, kept while they are read for something else, up to a limit.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace tocsin::app {

class FileBytes {
 public:
  // `expected`: the file's size where it is known, else 0; believed only up to `most`.
  FileBytes(std::uint64_t most, std::uint64_t expected);
  void add(std::span<const char> bytes);
  // More than `most` bytes came, or were expected: nothing is kept.
  bool too_large() const { return too_large_; }
  std::string_view view() const { return {bytes_.get(), static_cast<std::size_t>(size_)}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::uint64_t size_ = 0, capacity_ = 0, most_;
  bool too_large_;
};

// Hands bytes on and keeps a copy.
class KeepingSource final : public ByteSource {
 public:
  // Borrows both. `kept` may be nullptr.
  KeepingSource(ByteSource& inner, FileBytes* kept) : inner_(inner), kept_(kept) {}
  Result<std::size_t> read(std::span<char> into) override;
  // Reads what the reader left, as far as there is room to keep it.
  void read_rest();

 private:
  ByteSource& inner_;
  FileBytes* kept_;
};

}  // namespace tocsin::app
