// OpenArchive: an archive read member by member, opened anew where a member asks for another password or cannot be
// left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "source/archive.h"
#include "source/input.h"
#include "source/kind.h"

namespace tocsin::source {

class OpenArchive {
 public:
  // Borrows both.
  OpenArchive(Kind kind, Input& input, const std::vector<std::string>& passwords)
      : kind_(kind), input_(&input), passwords_(&passwords) {}

  // The next member; nothing at the end. After an error `more()` says whether another call may find one.
  Result<std::optional<ArchiveEntry>> next();
  bool more() const { return more_; }
  // Bytes of the current member; 0 at its end. Where it is locked, the passwords are tried in order, the last one that
  // fitted first.
  Result<std::size_t> read(std::span<char> into);
  // Bytes that were taken from the input, the same for all members so far.
  const Input& input() const { return *input_; }

 private:
  // Opens the archive with `password` and moves to the member that next() gave as number `position`.
  Result<void> open_at(const std::vector<std::string>& password, std::uint64_t position);
  bool unlock();

  Kind kind_;
  Input* input_;
  const std::vector<std::string>* passwords_;
  std::vector<std::string> password_;  // none, or the one that fitted last
  std::unique_ptr<ArchiveReader> reader_;
  bool more_ = true;
  bool locked_ = false;  // the current member is encrypted and nothing of it has been read
  int reopened_ = 0;
  int hopeless_ = 0;
};

}  // namespace tocsin::source
