#include "source/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "source/archive.h"
#include "source/file_source.h"
#include "source/folder.h"
#include "source/input.h"
#include "source/names.h"
#include "source/unpacker.h"

namespace tocsin::source {
namespace {

// "-" alone is stdin; a file of that name is "./-".
bool is_stdin(const std::string& argument) { return argument == "-"; }

std::string last_component(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) {
    return path;
  }
  const std::size_t slash = path.find_last_of('/', end);
  return path.substr(slash == std::string::npos ? 0 : slash + 1,
                     end - (slash == std::string::npos ? 0 : slash + 1) + 1);
}

std::string joined(const std::string& folder, const std::string& path) {
  return folder.ends_with('/') ? folder + path : folder + "/" + path;
}

std::uint64_t modified_of(const struct stat& status) {
  return status.st_mtime > 0 ? static_cast<std::uint64_t>(status.st_mtime) : 0;
}

class Walk {
 public:
  Walk(const Options& options, Visitor& visitor, bool several)
      : options_(options), visitor_(visitor), several_(several) {}

  // False where there is no such thing.
  Result<bool> argument(const std::string& typed) {
    if (is_stdin(typed)) {
      TRY_VOID(standard_input());
      return true;
    }
    Descriptor file = open_for_reading(AT_FDCWD, typed.c_str(), O_NONBLOCK);
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0) {
      const int reason = errno;
      const bool missing = reason == ENOENT || reason == ENOTDIR || typed.empty();
      visitor_.skipped(
          display_name(typed),
          Error{missing ? ErrorCode::not_found : ErrorCode::unreadable,
                missing ? "there is no such file or folder"
                        : "cannot be opened: " + std::generic_category().message(reason),
                Where{.source = display_name(typed)},
                missing ? "check the spelling of the path" : "run with the rights to read it, or copy it first"});
      return !missing;
    }
    if (S_ISDIR(status.st_mode)) {
      TRY_VOID(folder(typed, std::move(file)));
      return true;
    }
    if (S_ISREG(status.st_mode)) {
      if (read_before(shown_argument(typed), status)) {
        return true;
      }
    } else {
      // A pipe or device named on the command line is meant to be read, and to be waited for.
      ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
    }
    TRY_VOID(open_file(shown_argument(typed), std::move(file), status));
    return true;
  }

 private:
  // A file argument's own name (contract.md, event.source).
  std::string shown_argument(const std::string& typed) const {
    return display_name(several_ ? typed : decode_collected(last_component(typed)));
  }

  Result<void> standard_input() {
    Descriptor file(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || S_ISDIR(status.st_mode)) {
      visitor_.skipped("-", Error{ErrorCode::unreadable, "stdin cannot be read", Where{.source = "-"},
                                  "give a file or a pipe as stdin"});
      return {};
    }
    if (::lseek(file.get(), 0, SEEK_CUR) != 0) {
      // Begun by someone else, or a pipe: read on from where it stands.
      status.st_size = 0;
    }
    return open_file("-", std::move(file), status);
  }

  Result<void> folder(const std::string& typed, Descriptor opened) {
    const auto shown = [&](const std::string& path) {
      if (path.empty()) {
        return display_name(typed);
      }
      const std::string decoded = decode_collected(path);
      return display_name(several_ ? joined(typed, decoded) : decoded);
    };
    const FolderEvents events{
        .file = [&](const std::string& path, Descriptor file, const struct stat& status) -> Result<void> {
          if (S_ISREG(status.st_mode) && read_before(shown(path), status)) {
            return {};
          }
          return open_file(shown(path), std::move(file), status);
        },
        .skipped =
            [&](const std::string& path, Error why) {
              why.where.source = shown(path);
              visitor_.skipped(why.where.source, why);
            },
        .note = [&](const std::string& path, std::string_view text) { visitor_.note(shown(path), text); },
        .cancelled = [&] { return visitor_.cancelled(); }};
    return walk_folder(std::move(opened), folders_, events);
  }

  // The same file again, by another argument or a hard link. Size and time belong to its identity: not every file
  // system has a number of its own for each file.
  bool read_before(const std::string& name, const struct stat& status) {
    if (files_.emplace(status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
            .second) {
      return false;
    }
    visitor_.note(name, "is a file that was read before and was read the first time only");
    return true;
  }

  Result<void> open_file(const std::string& name, Descriptor file, const struct stat& status) {
    FileSource source(std::move(file), status, visitor_, done_bytes_);
    const Member member{.name = name, .bytes = source.size(), .modified = modified_of(status)};
    Result<void> answer;
    {
      // A pipe cannot seek, whatever the type of its source.
      Input input = source.regular() ? Input(static_cast<SeekableSource&>(source), visitor_)
                                     : Input(static_cast<ByteSource&>(source), visitor_);
      answer = Unpacker(options_, visitor_, input).unpack(member);
    }
    if (const std::string change = source.change(); !change.empty()) {
      visitor_.note(name, change);
    }
    done_bytes_ += std::max(source.size(), source.reached());
    visitor_.progress(done_bytes_);
    return answer;
  }

  const Options& options_;
  Visitor& visitor_;
  bool several_;
  std::uint64_t done_bytes_ = 0;
  FolderIds folders_;
  std::set<std::tuple<dev_t, ino_t, off_t, time_t, long>> files_;
};

}  // namespace

std::uint64_t survey(const std::vector<std::string>& arguments) {
  std::uint64_t bytes = 0;
  for (const std::string& argument : arguments) {
    struct stat status{};
    if (is_stdin(argument) || ::stat(argument.c_str(), &status) != 0) {
      continue;
    }
    if (S_ISDIR(status.st_mode)) {
      bytes += folder_bytes(argument);
    } else if (S_ISREG(status.st_mode)) {
      bytes += static_cast<std::uint64_t>(status.st_size);
    }
  }
  return bytes;
}

std::string shown_name(std::string_view name_on_disk) { return display_name(decode_collected(name_on_disk)); }

Result<void> walk(const std::vector<std::string>& arguments, const Options& options, Visitor& visitor) {
  const ArchiveReader::Utf8Names names;
  Walk walk(options, visitor, arguments.size() > 1);
  bool any = false;
  for (const std::string& argument : arguments) {
    if (visitor.cancelled()) {
      return {};
    }
    TRY(const bool exists, walk.argument(argument));
    any = any || exists;
  }
  if (!any) {
    return failure(ErrorCode::not_found,
                   arguments.empty() ? "no file or folder was given" : "none of the given files and folders exists",
                   Where{.source = arguments.empty() ? std::string() : display_name(arguments.front())},
                   "check the spelling of the path");
  }
  return {};
}

Result<void> walk_memory(std::string_view name, std::string_view bytes, const Options& options, Visitor& visitor) {
  const ArchiveReader::Utf8Names names;
  SeekableMemory memory(bytes);
  Input input(memory, visitor);
  return Unpacker(options, visitor, input).unpack(Member{.name = display_name(name), .bytes = bytes.size()});
}

}  // namespace tocsin::source
