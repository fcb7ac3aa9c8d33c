#include "source/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "source/names.h"

namespace tocsin::source {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Error unreadable(std::string_view what, int number) {
  if (number == ENOENT) {
    return Error{ErrorCode::not_found, "vanished while the folder was read", {}, {}};
  }
  return Error{
      ErrorCode::unreadable,
      std::string(what) + ": " + std::generic_category().message(number),
      {},
      number == EACCES || number == EPERM ? "run with the rights to read it, or copy it first" : "check the medium"};
}

std::string_view special_text(mode_t mode) {
  if (S_ISFIFO(mode)) {
    return "is a pipe, not a file; not read";
  }
  if (S_ISSOCK(mode)) {
    return "is a socket, not a file; not read";
  }
  return "is a device, not a file; not read";
}

// One open folder on the way from the top to where the walk stands.
struct Level {
  Directory directory;
  std::string path;  // with the trailing '/', empty at the top
  std::vector<std::string> names;
  std::size_t next = 0;
};

Result<Level> open_level(Descriptor folder, std::string path) {
  Level level{.directory = nullptr, .path = std::move(path), .names = {}};
  const int number = folder.release();
  level.directory.reset(::fdopendir(number));
  if (!level.directory) {
    const int reason = errno;
    ::close(number);
    return std::unexpected<Error>(unreadable("the folder cannot be listed", reason));
  }
  errno = 0;
  while (const dirent* entry = ::readdir(level.directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      level.names.emplace_back(name);
    }
    errno = 0;
  }
  if (errno != 0) {
    return std::unexpected<Error>(unreadable("the folder cannot be listed", errno));
  }
  std::sort(level.names.begin(), level.names.end());
  return level;
}

std::string link_text(int folder, const std::string& name) {
  struct stat target{};
  if (::fstatat(folder, name.c_str(), &target, 0) != 0) {
    return "is a symbolic link to nothing that can be read";
  }
  return "is a symbolic link and is not followed; what it leads to is read only where it lies below the given folder, "
         "under its own name";
}

}  // namespace

Result<void> walk_folder(Descriptor folder, FolderIds& walked, const FolderEvents& events) {
  std::vector<Level> levels;
  const auto enter = [&](Descriptor opened, const std::string& path) {
    struct stat status{};
    if (::fstat(opened.get(), &status) != 0) {
      events.skipped(path, unreadable("the folder cannot be read", errno));
      return;
    }
    if (!walked.emplace(status.st_dev, status.st_ino).second) {
      events.note(path, "is a folder that was already read under another name");
      return;
    }
    Result<Level> level = open_level(std::move(opened), path.empty() ? path : path + "/");
    if (!level) {
      events.skipped(path, std::move(level).error());
      return;
    }
    levels.push_back(*std::move(level));
  };
  enter(std::move(folder), {});
  while (!levels.empty() && !events.cancelled()) {
    Level& level = levels.back();
    if (level.next == level.names.size()) {
      levels.pop_back();
      continue;
    }
    const std::string name = std::move(level.names[level.next++]);
    const std::string path = level.path + name;
    const int parent = ::dirfd(level.directory.get());
    check(parent >= 0, "a level of the walk holds an open folder");
    struct stat status{};
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      events.skipped(path, unreadable("cannot be read", errno));
      continue;
    }
    if (S_ISLNK(status.st_mode)) {
      events.note(path, link_text(parent, name));
      continue;
    }
    if (S_ISDIR(status.st_mode)) {
      if (levels.size() > limits::folder_depth_max) {
        events.skipped(path, Error{ErrorCode::limit,
                                   "lies more than " + std::to_string(limits::folder_depth_max) + " folders deep",
                                   {},
                                   "give this folder as an argument of its own"});
        continue;
      }
      if (const std::string_view why = left_out(path + "/"); !why.empty()) {
        events.note(path, why);
        continue;
      }
      Descriptor below = open_for_reading(parent, name.c_str(), O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
      if (!below) {
        events.skipped(path, unreadable("the folder cannot be opened", errno));
        continue;
      }
      enter(std::move(below), path);
      continue;
    }
    if (!S_ISREG(status.st_mode)) {
      events.note(path, special_text(status.st_mode));
      continue;
    }
    if (const std::string_view why = left_out(path); !why.empty()) {
      events.note(path, why);
      continue;
    }
    // What was a file a moment ago may be a link or a pipe by now.
    Descriptor file = open_for_reading(parent, name.c_str(), O_NOFOLLOW | O_NONBLOCK);
    if (!file || ::fstat(file.get(), &status) != 0) {
      events.skipped(path, unreadable("cannot be opened", errno));
      continue;
    }
    if (!S_ISREG(status.st_mode)) {
      events.note(path, special_text(status.st_mode));
      continue;
    }
    TRY_VOID(events.file(path, std::move(file), status));
  }
  return {};
}

std::uint64_t folder_bytes(const std::string& path) {
  std::uint64_t bytes = 0;
  Descriptor top = open_for_reading(AT_FDCWD, path.c_str(), O_DIRECTORY | O_NONBLOCK);
  std::vector<Directory> open;
  FolderIds walked;
  const auto enter = [&](Descriptor folder) {
    struct stat status{};
    if (!folder || ::fstat(folder.get(), &status) != 0 || !walked.emplace(status.st_dev, status.st_ino).second) {
      return;
    }
    const int number = folder.release();
    if (DIR* directory = ::fdopendir(number); directory != nullptr) {
      open.emplace_back(directory);
    } else {
      ::close(number);
    }
  };
  enter(std::move(top));
  while (!open.empty()) {
    const dirent* entry = ::readdir(open.back().get());
    if (entry == nullptr) {
      open.pop_back();
      continue;
    }
    const std::string_view name = entry->d_name;
    struct stat status{};
    const int parent = ::dirfd(open.back().get());
    if (name == "." || name == ".." || ::fstatat(parent, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    if (S_ISREG(status.st_mode)) {
      bytes += static_cast<std::uint64_t>(status.st_size);
    } else if (S_ISDIR(status.st_mode) && open.size() <= limits::folder_depth_max) {
      enter(open_for_reading(parent, entry->d_name, O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK));
    }
  }
  return bytes;
}

}  // namespace tocsin::source
