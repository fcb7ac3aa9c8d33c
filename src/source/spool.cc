#include "source/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "source/file_source.h"

namespace tocsin::source {
namespace {

constexpr std::size_t memory_bytes_max = std::size_t{4} << 20;
constexpr std::size_t copy_bytes = std::size_t{256} << 10;

class SpoolMemory final : public SeekableSource {
 public:
  explicit SpoolMemory(std::vector<char> bytes) : bytes_(std::move(bytes)), view_({bytes_.data(), bytes_.size()}) {}
  Result<std::size_t> read(std::span<char> into) override { return view_.read(into); }
  void seek(std::uint64_t offset) override { view_.seek(offset); }
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  std::vector<char> bytes_;
  SeekableMemory view_;
};

class SpoolFile final : public SeekableSource {
 public:
  SpoolFile(Descriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  Result<std::size_t> read(std::span<char> into) override {
    ssize_t got = 0;
    do {
      got = ::pread(file_.get(), into.data(), into.size(), static_cast<off_t>(position_));
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      return failure(ErrorCode::io, "reading a temporary file failed: " + std::generic_category().message(errno));
    }
    position_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  void seek(std::uint64_t offset) override { position_ = std::min(offset, size_); }
  std::uint64_t size() const override { return size_; }

 private:
  Descriptor file_;
  std::uint64_t size_;
  std::uint64_t position_ = 0;
};

std::unexpected<Error> no_temporary(const std::string& folder, int number) {
  return failure(ErrorCode::io, "a nested archive needs a temporary file: " + std::generic_category().message(number),
                 Where{.source = folder}, "set TMPDIR to a folder with more room, or unpack the archive first");
}

Descriptor unnamed_file(const std::string& folder) {
  Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
    std::string path = folder + "/tocsin-XXXXXX";
    file = Descriptor(::mkostemp(path.data(), O_CLOEXEC));
    if (file) {
      ::unlink(path.c_str());
    }
  }
  return file;
}

Result<void> write_all(const Descriptor& file, std::span<const char> bytes, const std::string& folder) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return no_temporary(folder, count < 0 ? errno : ENOSPC);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SeekableSource>> spool(Input& input, const std::string& temporary_folder) {
  std::vector<char> head(memory_bytes_max);
  TRY(const std::size_t have, read_full(input, head));
  head.resize(have);
  if (have < memory_bytes_max) {
    head.shrink_to_fit();
    return std::make_unique<SpoolMemory>(std::move(head));
  }
  std::string folder = temporary_folder;
  if (folder.empty()) {
    const char* named = std::getenv("TMPDIR");
    folder = named != nullptr && *named != '\0' ? named : "/tmp";
  }
  Descriptor file = unnamed_file(folder);
  if (!file) {
    return no_temporary(folder, errno);
  }
  std::uint64_t size = 0;
  std::span<const char> part = head;
  while (!part.empty()) {
    size += part.size();
    if (size > limits::archive_nested_bytes_max) {
      return failure(
          ErrorCode::limit,
          "the nested archive is larger than " + std::to_string(limits::archive_nested_bytes_max >> 30) + " GiB", {},
          "unpack the outer archive first, then read the folder");
    }
    TRY_VOID(write_all(file, part, folder));
    head.resize(copy_bytes);
    TRY(const std::size_t got, read_full(input, head));
    part = std::span<const char>(head).first(got);
  }
  return std::make_unique<SpoolFile>(std::move(file), size);
}

}  // namespace tocsin::source
