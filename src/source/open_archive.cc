#include "source/open_archive.h"

#include <utility>

namespace tocsin::source {
namespace {

// How often an archive is opened anew to get past a member that libarchive cannot leave.
constexpr int reopened_max = 64;
// Members that may fail every password before the rest is tried with the last good one only.
constexpr int hopeless_max = 16;
// How much of a member a password must unpack. The old zip encryption checks one byte (APPNOTE.TXT 6.1.6): one wrong
// password in 256 seems right and gives data that cannot be unpacked.
constexpr std::size_t probe_bytes = std::size_t{1} << 20;

bool readable(ArchiveReader& reader) {
  std::vector<char> part(std::size_t{64} << 10);
  for (std::size_t count = 0; count < probe_bytes;) {
    const Result<std::size_t> got = reader.read(part);
    if (!got) {
      return false;
    }
    if (*got == 0) {
      break;
    }
    count += *got;
  }
  return true;
}

}  // namespace

Result<void> OpenArchive::open_at(const std::vector<std::string>& password, std::uint64_t position) {
  TRY(reader_, ArchiveReader::open(kind_, *input_, password));
  while (reader_->position() < position) {
    const Result<std::optional<ArchiveEntry>> passed = reader_->next();
    if (!reader_->usable()) {
      return passed ? failure(ErrorCode::damaged, "the archive changed while it was read")
                    : std::unexpected<Error>(passed.error());
    }
  }
  return {};
}

Result<std::optional<ArchiveEntry>> OpenArchive::next() {
  const bool lost = reader_ != nullptr && !reader_->usable();
  if (reader_ == nullptr || (lost && reopened_ < reopened_max)) {
    reopened_ += lost ? 1 : 0;
    if (Result<void> opened = open_at(password_, lost ? reader_->position() : 0); !opened) {
      more_ = false;
      return std::unexpected<Error>(std::move(opened).error());
    }
  }
  Result<std::optional<ArchiveEntry>> entry = reader_->next();
  // A reader that stops between two members would stop there again; one that stops inside a member is opened anew
  // behind it.
  more_ = reader_->usable();
  locked_ = entry && *entry && (*entry)->encrypted;
  return entry;
}

Result<std::size_t> OpenArchive::read(std::span<char> into) {
  Result<std::size_t> got = reader_->read(into);
  if (!got && locked_ && kind_ == Kind::zip && unlock()) {
    got = reader_->read(into);
  }
  locked_ = false;
  if (!got && !reader_->usable()) {
    more_ = kind_ != Kind::tar && got.error().code != ErrorCode::truncated && reopened_ < reopened_max;
  }
  return got;
}

bool OpenArchive::unlock() {
  if (hopeless_ == hopeless_max || !input_->can_seek()) {
    return false;
  }
  const std::uint64_t position = reader_->position();
  const std::vector<std::string> before = password_;
  for (const std::string& candidate : *passwords_) {
    if (candidate.empty() || input_->cancelled()) {
      continue;
    }
    password_.assign(1, candidate);
    if (open_at(password_, position) && readable(*reader_)) {
      return open_at(password_, position).has_value();
    }
  }
  ++hopeless_;
  password_ = before;
  more_ = open_at(password_, position).has_value();
  return false;
}

}  // namespace tocsin::source
