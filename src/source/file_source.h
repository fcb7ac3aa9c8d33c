// FileSource: the bytes of one open file on disk, or of a pipe, in large sequential reads, honest about a file that
// changes meanwhile.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "source/input.h"

namespace tocsin::source {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return number_; }
  int release();
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

// Opens for reading only, without waiting for a pipe's writer and, where the system allows it, without touching the
// access time. `folder` is a directory descriptor or AT_FDCWD. Gives -1 and errno.
Descriptor open_for_reading(int folder, const char* path, int extra_flags);

class FileSource final : public SeekableSource {
 public:
  // `progress_base`: bytes of all files before this one, added to what is told to the visitor.
  FileSource(Descriptor file, const struct stat& status, Visitor& visitor, std::uint64_t progress_base);
  Result<std::size_t> read(std::span<char> into) override;
  void seek(std::uint64_t offset) override;
  // The size when it was opened; a file that has grown is read to its new end once.
  std::uint64_t size() const override { return size_; }
  bool regular() const { return regular_; }
  // Furthest place read so far.
  std::uint64_t reached() const { return reached_; }
  // What happened to the file while it was read, for a note; empty where nothing did.
  std::string change() const;

 private:
  Result<std::size_t> read_file(std::span<char> into);
  // False where the run was cancelled first.
  bool wait_for_bytes();

  Descriptor file_;
  Visitor* visitor_;
  std::uint64_t progress_base_;
  bool regular_;
  std::uint64_t size_;
  std::uint64_t end_;
  std::uint64_t position_ = 0;
  std::uint64_t reached_ = 0;
  std::uint64_t shrunk_to_ = ~std::uint64_t{0};
  std::vector<char> buffer_;
  std::size_t buffer_at_ = 0;
};

}  // namespace tocsin::source
