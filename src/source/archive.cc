#include "source/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "source/seven_zip.h"
#include "source/zip_directory.h"

namespace tocsin::source {
namespace {

constexpr std::size_t callback_bytes = std::size_t{256} << 10;
// libarchive may ask to repeat a call; a hostile input must not make it do so for ever.
constexpr int retries_max = 16;

// libarchive makes room for as many entries and as large dictionaries as the header says.
Result<void> check_seven_zip(Input& input) {
  if (!input.can_seek()) {
    return failure(ErrorCode::io, "a 7z archive cannot be read from a stream");
  }
  TRY(const SevenZipCost cost, seven_zip_cost(input));
  if (cost.files > limits::archive_members_max) {
    return failure(ErrorCode::limit, "the 7z archive claims " + std::to_string(cost.files) + " members", {},
                   "unpack it with 7z first, then read the folder");
  }
  if (cost.decoder_bytes > limits::archive_decoder_bytes_max) {
    return failure(ErrorCode::limit,
                   "the 7z archive needs " + std::to_string(cost.decoder_bytes >> 20) + " MiB of memory to unpack", {},
                   "unpack it with 7z first, then read the folder");
  }
  return {};
}

bool mentions(std::string_view text, std::string_view part) {
  return ascii_ifind(text, part) != std::string_view::npos;
}

}  // namespace

ArchiveReader::Utf8Names::Utf8Names() {
  // Where C.UTF-8 is missing, names that are not ASCII fall back to their stored bytes.
  if (locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr); made != nullptr) {
    made_ = made;
    previous_ = ::uselocale(made);
  }
}

ArchiveReader::Utf8Names::~Utf8Names() {
  if (made_ != nullptr) {
    ::uselocale(static_cast<locale_t>(previous_));
    ::freelocale(static_cast<locale_t>(made_));
  }
}

struct ArchiveReader::Door {
  explicit Door(Input& from) : input(&from), buffer(callback_bytes) {}
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  ~Door() { archive_read_free(handle); }

  static la_ssize_t on_read(archive*, void* self, const void** bytes) {
    Door& door = *static_cast<Door*>(self);
    const Result<std::size_t> got = door.input->read(door.buffer);
    *bytes = door.buffer.data();
    const std::size_t count = got ? *got : 0;
    door.position += count;
    return static_cast<la_ssize_t>(count);
  }

  static la_int64_t on_seek(archive*, void* self, la_int64_t offset, int whence) {
    Door& door = *static_cast<Door*>(self);
    const auto size = static_cast<la_int64_t>(door.input->size());
    la_int64_t base = 0;
    if (whence == SEEK_CUR) {
      base = static_cast<la_int64_t>(door.position);
    } else if (whence == SEEK_END) {
      base = size;
    }
    la_int64_t target = 0;
    if (__builtin_add_overflow(base, offset, &target)) {
      return ARCHIVE_FATAL;
    }
    target = std::clamp<la_int64_t>(target, 0, size);
    door.input->seek(static_cast<std::uint64_t>(target));
    door.position = static_cast<std::uint64_t>(target);
    return target;
  }

  static la_int64_t on_skip(archive*, void* self, la_int64_t count) {
    Door& door = *static_cast<Door*>(self);
    const std::uint64_t size = door.input->size();
    const std::uint64_t left = size > door.position ? size - door.position : 0;
    const std::uint64_t skipped = count > 0 ? std::min(left, static_cast<std::uint64_t>(count)) : 0;
    door.position += skipped;
    door.input->seek(door.position);
    return static_cast<la_int64_t>(skipped);
  }

  // What libarchive says went wrong, in this program's terms. The input's own error comes first: it is the cause.
  Error error(Kind kind) {
    if (std::optional<Error> cause = input->take_error()) {
      return *std::move(cause);
    }
    const char* text = archive_error_string(handle);
    const std::string said = text != nullptr ? text : "unknown error";
    const std::string name(kind_name(kind));
    if (mentions(said, "passphrase") || mentions(said, "encrypt") || mentions(said, "crypto")) {
      if (kind == Kind::seven_zip) {
        return Error{ErrorCode::password,
                     "an encrypted 7z archive cannot be read",
                     {},
                     "unpack it with 7z first, then read the folder"};
      }
      const bool wrong = mentions(said, "incorrect");
      return Error{ErrorCode::password,
                   wrong ? "none of the given passwords opens this member" : "the member is protected by a password",
                   {},
                   "give the password with --archive-password-file FILE, one a line"};
    }
    // zlib's "no progress possible": the packed bytes ended too early.
    if (mentions(said, "failed (-5)") || mentions(said, "truncated") || mentions(said, "unexpected end") ||
        mentions(said, "premature")) {
      return Error{ErrorCode::truncated,
                   "the " + name + " ends in the middle (" + said + ")",
                   {},
                   "what was there has been read; copy the file again if the original is longer"};
    }
    if (mentions(said, "unsupported") || mentions(said, "not supported") || mentions(said, "unknown compression") ||
        mentions(said, "unknown codec")) {
      return Error{ErrorCode::unknown_format,
                   "a member of the " + name + " is packed in a way that is not read (" + said + ")",
                   {},
                   "unpack it with another tool, then read the folder"};
    }
    return Error{ErrorCode::damaged,
                 "the " + name + " is damaged (" + said + ")",
                 {},
                 "copy the file again, or unpack what is left with another tool"};
  }

  Input* input;
  std::vector<char> buffer;
  std::uint64_t position = 0;
  archive* handle = archive_read_new();
  // Of the current member: libarchive's bytes not yet handed out, zeros before them, and how much went out.
  std::string_view block;
  std::uint64_t gap = 0;
  std::uint64_t delivered = 0;
};

ArchiveReader::ArchiveReader(Kind kind, Input& input) : door_(std::make_unique<Door>(input)), kind_(kind) {}

ArchiveReader::~ArchiveReader() = default;

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(Kind kind, Input& input,
                                                           const std::vector<std::string>& passwords) {
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader(kind, input));
  archive* handle = reader->door_->handle;
  if (handle == nullptr) {
    return failure(ErrorCode::io, "no memory for an archive reader");
  }
  switch (kind) {
    case Kind::zip:
      if (input.can_seek() && zip_directory_bytes(input) <= limits::archive_directory_bytes_max) {
        archive_read_support_format_zip(handle);
      } else {
        archive_read_support_format_zip_streamable(handle);
      }
      break;
    case Kind::seven_zip: {
      TRY_VOID(check_seven_zip(input));
      archive_read_support_format_7zip(handle);
      break;
    }
    case Kind::tar:
      archive_read_support_format_tar(handle);
      break;
    case Kind::bzip2:
      archive_read_support_filter_bzip2(handle);
      archive_read_support_format_raw(handle);
      break;
    case Kind::zstd:
      archive_read_support_filter_zstd(handle);
      archive_read_support_format_raw(handle);
      break;
    case Kind::lz4:
      archive_read_support_filter_lz4(handle);
      archive_read_support_format_raw(handle);
      break;
    case Kind::plain:
    case Kind::empty:
    case Kind::gzip:
    case Kind::xz:
    case Kind::unread_archive:
      return failure(ErrorCode::unknown_format, "not an archive of libarchive's");
  }
  for (const std::string& password : passwords) {
    if (!password.empty()) {
      archive_read_add_passphrase(handle, password.c_str());
    }
  }
  archive_read_set_read_callback(handle, Door::on_read);
  if (input.can_seek() && is_container(kind)) {
    archive_read_set_seek_callback(handle, Door::on_seek);
    archive_read_set_skip_callback(handle, Door::on_skip);
    input.seek(0);
  }
  archive_read_set_callback_data(handle, reader->door_.get());
  if (archive_read_open1(handle) < ARCHIVE_WARN) {
    return std::unexpected<Error>(reader->door_->error(kind));
  }
  return reader;
}

Result<std::optional<ArchiveEntry>> ArchiveReader::next() {
  door_->block = {};
  door_->gap = 0;
  door_->delivered = 0;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_RETRY;
  for (int attempt = 0; attempt < retries_max && status == ARCHIVE_RETRY; ++attempt) {
    status = archive_read_next_header(door_->handle, &entry);
  }
  if (status == ARCHIVE_EOF) {
    usable_ = false;
    if (std::optional<Error> cause = door_->input->take_error()) {
      return std::unexpected<Error>(*std::move(cause));
    }
    return std::optional<ArchiveEntry>{};
  }
  ++position_;
  if (status < ARCHIVE_WARN) {
    usable_ = status != ARCHIVE_FATAL && status != ARCHIVE_RETRY;
    return std::unexpected<Error>(door_->error(kind_));
  }
  ArchiveEntry out;
  if (const char* utf8 = archive_entry_pathname_utf8(entry); utf8 != nullptr) {
    out.path = utf8;
  } else if (const char* stored = archive_entry_pathname(entry); stored != nullptr) {
    out.path = stored;
  }
  const auto type = archive_entry_filetype(entry);
  if (archive_entry_hardlink(entry) != nullptr || type == AE_IFLNK) {
    out.type = ArchiveEntry::Type::link;
  } else if (type == AE_IFDIR) {
    out.type = ArchiveEntry::Type::folder;
  } else if (type != AE_IFREG && type != 0) {
    out.type = ArchiveEntry::Type::other;
  }
  if (archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) > 0) {
    out.bytes = static_cast<std::uint64_t>(archive_entry_size(entry));
  }
  if (archive_entry_mtime_is_set(entry) != 0 && archive_entry_mtime(entry) > 0) {
    out.modified = static_cast<std::uint64_t>(archive_entry_mtime(entry));
  }
  out.encrypted = archive_entry_is_data_encrypted(entry) != 0;
  return std::optional<ArchiveEntry>(std::move(out));
}

// By blocks and not with archive_read_data(), which drops what it has copied when a later block of the same call fails.
Result<std::size_t> ArchiveReader::read(std::span<char> into) {
  Door& door = *door_;
  while (door.block.empty() && door.gap == 0) {
    const void* bytes = nullptr;
    std::size_t count = 0;
    la_int64_t offset = 0;
    int status = ARCHIVE_RETRY;
    for (int attempt = 0; attempt < retries_max && status == ARCHIVE_RETRY; ++attempt) {
      status = archive_read_data_block(door.handle, &bytes, &count, &offset);
    }
    if (status == ARCHIVE_EOF) {
      return std::size_t{0};
    }
    if (status != ARCHIVE_OK) {
      usable_ = status == ARCHIVE_WARN || status == ARCHIVE_FAILED;
      return std::unexpected<Error>(door.error(kind_));
    }
    // Sparse members leave out runs of zeros; nothing ever goes back.
    const auto at = static_cast<std::uint64_t>(std::max<la_int64_t>(offset, 0));
    door.gap = at > door.delivered ? at - door.delivered : 0;
    door.block = {static_cast<const char*>(bytes), count};
  }
  std::size_t count = 0;
  if (door.gap != 0) {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(door.gap, into.size()));
    std::fill_n(into.begin(), count, '\0');
    door.gap -= count;
  } else {
    count = door.block.copy(into.data(), into.size());
    door.block.remove_prefix(count);
  }
  door.delivered += count;
  return count;
}

}  // namespace tocsin::source
