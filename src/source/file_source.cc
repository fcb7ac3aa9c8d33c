#include "source/file_source.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tocsin::source {
namespace {

// Smaller requests than this are served from a buffer of this size.
constexpr std::size_t large_read_bytes = std::size_t{256} << 10;
// How often a silent pipe is left to look for a cancellation.
constexpr int poll_ms = 100;

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) {
      ::close(number_);
    }
    number_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

int Descriptor::release() { return std::exchange(number_, -1); }

Descriptor open_for_reading(int folder, const char* path, int extra_flags) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | extra_flags;
  int number = -1;
  // Reading evidence should not change its access time; only its owner or root may ask for that.
  do {
    number = ::openat(folder, path, flags | O_NOATIME);
  } while (number < 0 && errno == EINTR);
  if (number < 0 && errno == EPERM) {
    do {
      number = ::openat(folder, path, flags);
    } while (number < 0 && errno == EINTR);
  }
  return Descriptor(number);
}

FileSource::FileSource(Descriptor file, const struct stat& status, Visitor& visitor, std::uint64_t progress_base)
    : file_(std::move(file)),
      visitor_(&visitor),
      progress_base_(progress_base),
      // Files of /proc and the like say 0 and are read like pipes.
      regular_(S_ISREG(status.st_mode) && status.st_size > 0),
      size_(regular_ ? static_cast<std::uint64_t>(status.st_size) : 0),
      end_(size_) {
  if (regular_) {
    ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }
}

Result<std::size_t> FileSource::read(std::span<char> into) {
  if (buffer_at_ == buffer_.size() && into.size() >= large_read_bytes) {
    return read_file(into);
  }
  if (buffer_at_ == buffer_.size()) {
    buffer_.resize(large_read_bytes);
    buffer_at_ = buffer_.size();
    Result<std::size_t> got = read_file(buffer_);
    buffer_.resize(got ? *got : 0);
    buffer_at_ = 0;
    if (!got) {
      return got;
    }
  }
  const std::size_t count = std::min(into.size(), buffer_.size() - buffer_at_);
  if (count != 0) {
    std::memcpy(into.data(), buffer_.data() + buffer_at_, count);
    buffer_at_ += count;
  }
  return count;
}

// A pipe may have nothing to say for hours; a cancellation must not wait for it. Polling waits for a named pipe's first
// writer, too.
bool FileSource::wait_for_bytes() {
  pollfd wanted{.fd = file_.get(), .events = POLLIN, .revents = 0};
  while (!visitor_->cancelled()) {
    const int ready = ::poll(&wanted, 1, poll_ms);
    if (ready > 0 || (ready < 0 && errno != EINTR)) {
      return true;
    }
  }
  return false;
}

Result<std::size_t> FileSource::read_file(std::span<char> into) {
  std::size_t wanted = into.size();
  if (regular_) {
    if (position_ >= end_ && end_ == size_) {
      struct stat now{};
      if (::fstat(file_.get(), &now) == 0 && static_cast<std::uint64_t>(now.st_size) > end_) {
        end_ = static_cast<std::uint64_t>(now.st_size);
      }
    }
    wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, position_ < end_ ? end_ - position_ : 0));
  }
  if (wanted == 0) {
    return std::size_t{0};
  }
  if (!regular_ && !wait_for_bytes()) {
    return std::size_t{0};
  }
  ssize_t got = 0;
  do {
    got = regular_ ? ::pread(file_.get(), into.data(), wanted, static_cast<off_t>(position_))
                   : ::read(file_.get(), into.data(), wanted);
  } while (got < 0 && errno == EINTR && !visitor_->cancelled());
  if (got < 0) {
    if (errno == EINTR) {
      return std::size_t{0};
    }
    return failure(ErrorCode::unreadable, "reading failed: " + std::generic_category().message(errno),
                   Where{.offset = position_}, "check the medium and the permissions, then read this file again");
  }
  if (got == 0 && regular_ && position_ < size_) {
    shrunk_to_ = std::min(shrunk_to_, position_);
  }
  position_ += static_cast<std::uint64_t>(got);
  if (position_ > reached_) {
    reached_ = position_;
    visitor_->progress(progress_base_ + reached_);
  }
  return static_cast<std::size_t>(got);
}

void FileSource::seek(std::uint64_t offset) {
  buffer_.clear();
  buffer_at_ = 0;
  position_ = offset;
}

std::string FileSource::change() const {
  if (shrunk_to_ != ~std::uint64_t{0}) {
    return "was cut from " + std::to_string(size_) + " to " + std::to_string(shrunk_to_) + " bytes while it was read";
  }
  if (end_ != size_) {
    return "grew from " + std::to_string(size_) + " to " + std::to_string(end_) +
           " bytes while it was read; later additions were not read";
  }
  return {};
}

}  // namespace tocsin::source
