#include "source/input.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace tocsin::source {

Result<std::size_t> SeekableMemory::read(std::span<char> into) {
  const std::size_t count = std::min(into.size(), bytes_.size() - position_);
  if (count != 0) {
    std::memcpy(into.data(), bytes_.data() + position_, count);
    position_ += count;
  }
  return count;
}

void SeekableMemory::seek(std::uint64_t offset) {
  position_ = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
}

std::size_t Input::read_inner(std::span<char> into) {
  if (ended_ || into.empty()) {
    return 0;
  }
  if (visitor_->cancelled()) {
    ended_ = true;
    return 0;
  }
  Result<std::size_t> got = inner_->read(into);
  if (!got) {
    error_ = std::move(got).error();
    ended_ = true;
    return 0;
  }
  ended_ = *got == 0;
  return *got;
}

Result<std::size_t> Input::read(std::span<char> into) {
  std::size_t count = 0;
  if (ahead_at_ < ahead_.size()) {
    count = std::min(into.size(), ahead_.size() - ahead_at_);
    std::memcpy(into.data(), ahead_.data() + ahead_at_, count);
    ahead_at_ += count;
  }
  count += read_inner(into.subspan(count));
  bytes_read_ += count;
  return count;
}

std::string_view Input::peek(std::size_t count) {
  check(count <= peek_bytes_max, "look-ahead within its limit");
  if (ahead_at_ != 0) {
    ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(ahead_at_));
    ahead_at_ = 0;
  }
  while (ahead_.size() < count) {
    const std::size_t have = ahead_.size();
    ahead_.resize(count);
    const std::size_t got = read_inner(std::span(ahead_).subspan(have));
    ahead_.resize(have + got);
    if (got == 0) {
      break;
    }
  }
  return std::string_view(ahead_.data(), std::min(count, ahead_.size()));
}

void Input::seek(std::uint64_t offset) {
  check(seekable_ != nullptr, "seek only where the bytes can be sought");
  ahead_.clear();
  ahead_at_ = 0;
  seekable_->seek(offset);
  ended_ = error_.has_value();
}

std::optional<Error> Input::take_error() {
  std::optional<Error> error = std::move(error_);
  error_.reset();
  return error;
}

}  // namespace tocsin::source
