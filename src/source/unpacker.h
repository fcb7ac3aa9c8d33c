// Unpacker: hands a visitor every log inside one file on disk, or inside stdin, however deep it is packed, within the
// limits for archives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "source/archive.h"
#include "source/input.h"
#include "source/source.h"

namespace tocsin::source {

class Unpacker {
 public:
  // Borrows all three. `root` is the file itself: its size, or what has been read of a pipe, is what the ratio limit is
  // measured against.
  Unpacker(const Options& options, Visitor& visitor, Input& root)
      : options_(&options), visitor_(&visitor), root_(&root) {}

  // Looks into `root`, which is called `member.name`. An error is the visitor's; whatever is wrong with the input goes
  // to its skipped().
  Result<void> unpack(const Member& member);

 private:
  class MemberSource;
  class CountedSource;
  // Members of one archive that ask for a password, told once and not one by one.
  struct Locked {
    std::uint64_t members = 0;
    std::string first;
    Error why;
  };

  Result<void> visit(const Member& member, Input& input, std::size_t streams, std::size_t depth);
  Result<void> visit_stream(Kind kind, const Member& member, Input& input, std::size_t streams, std::size_t depth);
  Result<void> visit_container(Kind kind, const Member& member, Input& input, std::size_t streams, std::size_t depth);
  Result<void> visit_members(Kind kind, const Member& member, Input& input, std::size_t streams, std::size_t depth);
  Result<void> deliver(const Member& member, Input& input);

  // Adds to what this root has unpacked to; an error where that breaks a limit.
  Result<void> count_unpacked(std::uint64_t bytes);
  void skip(std::string_view name, Error why);
  void note(std::string_view name, std::string_view text);
  bool stopped() const { return broken_ || visitor_->cancelled(); }

  const Options* options_;
  Visitor* visitor_;
  Input* root_;
  std::string root_name_;
  std::uint64_t unpacked_bytes_ = 0;
  std::uint64_t members_ = 0;
  std::uint64_t notes_ = 0;
  std::uint64_t skipped_ = 0;
  bool broken_ = false;
  Locked locked_;
};

}  // namespace tocsin::source
