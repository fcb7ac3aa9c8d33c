// Input: one stream of bytes as the walker sees it: look-ahead, a remembered error, a byte count, and seeking where it
// can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "source/source.h"

namespace tocsin::source {

// Bytes that can be read again from any place; what zip and 7z need.
class SeekableSource : public ByteSource {
 public:
  // Moves to `offset` from the start; beyond the end the next read gives 0.
  virtual void seek(std::uint64_t offset) = 0;
  virtual std::uint64_t size() const = 0;
};

// Borrows the bytes; they must outlive the source.
class SeekableMemory final : public SeekableSource {
 public:
  explicit SeekableMemory(std::string_view bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::span<char> into) override;
  void seek(std::uint64_t offset) override;
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

// Borrows what it reads. read() never fails: an error is kept for take_error() and looks like the end, so that a reader
// keeps the bytes that came before it. A cancelled run looks like the end, too.
class Input final : public ByteSource {
 public:
  Input(ByteSource& inner, const Visitor& visitor) : inner_(&inner), visitor_(&visitor) {}
  Input(SeekableSource& inner, const Visitor& visitor) : inner_(&inner), seekable_(&inner), visitor_(&visitor) {}

  Result<std::size_t> read(std::span<char> into) override;
  // The next bytes without taking them: `count` of them, less only at the end. count <= peek_bytes_max.
  static constexpr std::size_t peek_bytes_max = 4096;
  std::string_view peek(std::size_t count);

  bool can_seek() const { return seekable_ != nullptr; }
  // Only where can_seek().
  void seek(std::uint64_t offset);
  std::uint64_t size() const { return seekable_ != nullptr ? seekable_->size() : 0; }

  bool failed() const { return error_.has_value(); }
  bool failed_with(ErrorCode code) const { return error_ && error_->code == code; }
  // Hands the error to the one who reports it; nothing where there was none.
  std::optional<Error> take_error();
  bool ended() const { return ended_; }
  // Bytes handed out so far, counting what was read twice twice.
  std::uint64_t bytes_read() const { return bytes_read_; }
  bool cancelled() const { return visitor_->cancelled(); }

 private:
  std::size_t read_inner(std::span<char> into);

  ByteSource* inner_;
  SeekableSource* seekable_ = nullptr;
  const Visitor* visitor_;
  std::vector<char> ahead_;
  std::size_t ahead_at_ = 0;
  std::optional<Error> error_;
  bool ended_ = false;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace tocsin::source
