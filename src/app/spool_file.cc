#include "app/spool_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace tocsin::app {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0) {
      if (errno == EINTR) {
        continue;
      }
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

class SpoolBytes final : public ByteSource {
 public:
  explicit SpoolBytes(int descriptor) : descriptor_(descriptor) {}
  Result<std::size_t> read(std::span<char> into) override {
    for (;;) {
      const ssize_t got = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(at_));
      if (got >= 0) {
        at_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        return failure(ErrorCode::io, std::string("the temporary file cannot be read: ") + std::strerror(errno));
      }
    }
  }

 private:
  int descriptor_;
  std::uint64_t at_ = 0;
};

}  // namespace

SpoolFile::~SpoolFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Result<void> SpoolFile::append(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= buffer_bytes) {
    return flush();
  }
  if (!failed_.empty()) {
    buffer_.clear();
    return failure(ErrorCode::io, failed_);
  }
  return {};
}

Result<void> SpoolFile::flush() {
  const char* folder = std::getenv("TMPDIR");
  const std::string where = folder != nullptr && *folder != '\0' ? folder : "/tmp";
  if (failed_.empty() && descriptor_ < 0) {
    descriptor_ = ::open(where.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
      std::string name = where + "/tocsin-XXXXXX";
      descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
      if (descriptor_ >= 0) {
        ::unlink(name.c_str());
      } else {
        failed_ = "no temporary file can be made in " + where + ": " + std::strerror(errno) +
                  "; set TMPDIR to a folder with space";
      }
    }
  }
  if (failed_.empty() && !write_all(descriptor_, buffer_)) {
    failed_ = "the temporary file in " + where + " cannot be written: " + std::strerror(errno) +
              "; set TMPDIR to a folder with space";
  }
  buffer_.clear();
  if (!failed_.empty()) {
    return failure(ErrorCode::io, failed_);
  }
  return {};
}

Result<std::unique_ptr<ByteSource>> SpoolFile::open() {
  TRY_VOID(flush());
  return std::make_unique<SpoolBytes>(descriptor_);
}

Result<void> write_atomically(
    const std::string& path,
    const std::function<Result<void>(const std::function<Result<void>(std::string_view)>&)>& write) {
  const auto fail = [&](const std::string& what) -> std::unexpected<Error> {
    return failure(ErrorCode::io, what + ": " + std::strerror(errno), {.source = path},
                   "nothing was left behind; free space or choose another place");
  };
  // A device or pipe (/dev/stdout, /dev/full) cannot be replaced by a rename: it is written directly.
  struct stat status = {};
  const bool special = ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  std::string temporary = special ? path : path + ".tocsin-XXXXXX";
  const int descriptor = special ? ::open(path.c_str(), O_WRONLY | O_CLOEXEC) : ::mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return fail("cannot be written");
  }
  std::string buffer;
  const auto drain = [&]() -> Result<void> {
    const bool written = write_all(descriptor, buffer);
    buffer.clear();
    if (!written) {
      return fail("writing failed");
    }
    return {};
  };
  Result<void> result = write([&](std::string_view bytes) -> Result<void> {
    buffer.append(bytes);
    return buffer.size() >= buffer_bytes ? drain() : Result<void>{};
  });
  if (result) {
    result = drain();
  }
  if (special) {
    ::close(descriptor);
    return result;
  }
  if (result && ::fsync(descriptor) != 0 && errno != EINVAL) {
    result = fail("writing failed");
  }
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor, 0666 & ~mask);
  if (::close(descriptor) != 0 && result) {
    result = fail("writing failed");
  }
  if (result && ::rename(temporary.c_str(), path.c_str()) != 0) {
    result = fail("cannot be put in place");
  }
  if (!result) {
    ::unlink(temporary.c_str());
  }
  return result;
}

Result<void> check_writable(const std::string& path) {
  struct stat status = {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  bool good = false;
  if (exists && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
  } else if (exists && !S_ISREG(status.st_mode)) {
    good = ::access(path.c_str(), W_OK) == 0;
  } else {
    std::string temporary = path + ".tocsin-XXXXXX";
    const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
    good = descriptor >= 0;
    if (good) {
      ::close(descriptor);
      ::unlink(temporary.c_str());
    }
  }
  if (!good) {
    return failure(ErrorCode::io, std::string("cannot be written: ") + std::strerror(errno), {.source = path},
                   "nothing was done yet; choose a place in a folder that exists and may be written to");
  }
  return {};
}

}  // namespace tocsin::app
