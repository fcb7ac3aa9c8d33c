// Folder walk: every file below a folder in byte order of names, without leaving the folder and without meeting a
// folder twice.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "source/file_source.h"

namespace tocsin::source {

// (device, inode) of folders that were walked.
using FolderIds = std::set<std::pair<std::uint64_t, std::uint64_t>>;

struct FolderEvents {
  // A regular file, opened; `path` is below the folder. An error ends the walk.
  std::function<Result<void>(const std::string& path, Descriptor file, const struct stat& status)> file;
  std::function<void(const std::string& path, Error why)> skipped;
  std::function<void(const std::string& path, std::string_view text)> note;
  std::function<bool()> cancelled;
};

// `folder` is an open directory. Symbolic links are not followed: what they lead to below the folder is met under its
// own name, once, and what lies outside is none of the evidence; each is a note.
Result<void> walk_folder(Descriptor folder, FolderIds& walked, const FolderEvents& events);

// Sizes of all regular files below, for percentages.
std::uint64_t folder_bytes(const std::string& path);

}  // namespace tocsin::source
