// ArchiveReader: the members of a zip, tar or 7z archive, or the one content of a bzip2, zstd or lz4 stream; the room's
// door to libarchive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "source/input.h"
#include "source/kind.h"

namespace tocsin::source {

struct ArchiveEntry {
  enum class Type : std::uint8_t { file, folder, link, other };
  std::string path;  // as stored, bytes
  Type type = Type::file;
  std::uint64_t bytes = 0;     // unpacked, where the archive says so
  std::uint64_t modified = 0;  // Unix seconds
  bool encrypted = false;
};

class ArchiveReader {
 public:
  // libarchive converts stored names through the thread's locale: an object of this type gives the calling thread a
  // UTF-8 one.
  class Utf8Names {
   public:
    Utf8Names();
    ~Utf8Names();
    Utf8Names(const Utf8Names&) = delete;
    Utf8Names& operator=(const Utf8Names&) = delete;

   private:
    void* made_ = nullptr;
    void* previous_ = nullptr;
  };

  // Borrows `input` and `passwords`. zip and 7z are read through their directory where the input can seek; a zip that
  // has lost it, or cannot be sought, is read from local header to local header.
  static Result<std::unique_ptr<ArchiveReader>> open(Kind kind, Input& input,
                                                     const std::vector<std::string>& passwords);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // Moves to the next member; nothing at the end. After an error `usable()` says whether another call may find more.
  Result<std::optional<ArchiveEntry>> next();
  // Bytes of the current member; 0 at its end.
  Result<std::size_t> read(std::span<char> into);
  // False once libarchive cannot go on in this archive.
  bool usable() const { return usable_; }
  // Members that next() has passed, those that failed included.
  std::uint64_t position() const { return position_; }

 private:
  explicit ArchiveReader(Kind kind, Input& input);
  struct Door;
  std::unique_ptr<Door> door_;
  Kind kind_;
  bool usable_ = true;
  std::uint64_t position_ = 0;
};

}  // namespace tocsin::source
