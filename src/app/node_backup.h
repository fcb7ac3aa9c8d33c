// Backups: a node's folder copied while the node runs, with a list of what is in it; and a new folder made from one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tocsin::app {

inline constexpr std::string_view backup_manifest = "backup.json";

struct BackupFile {
  std::string name;  // in the folder, with '/' between
  std::uint64_t bytes = 0;
  std::string sha256;
};
struct Backup {
  Time made;
  std::vector<BackupFile> files;
  std::vector<std::string>
      left_out;  // and why it is not in it: passphrases, passwords, keys that a restored node makes new
};

// `progress` is told how much of the database is copied; false ends it.
using CopyProgress = std::function<bool(std::uint64_t done, std::uint64_t all)>;

// Makes the folder `to`, readable by its owner alone; it must not exist. All of it is durable, and under this name,
// only when it returns; otherwise there is none. Errors: usage, io, interrupted.
Result<Backup> make_backup(const std::string& folder, const std::string& to, Time now, const CopyProgress& progress);

// Every file of a backup against its list. Error damaged names the first that is not as it was written.
Result<Backup> check_backup(const std::string& from);

// Makes a node's folder out of a backup that is whole. It gets a new key for page tokens: those of the lost node name
// places that this one may give to something else; and two new transparency logs. That it was restored, and from when,
// is noted in it. Errors: usage (there is something already), damaged, io.
Result<Backup> restore_backup(const std::string& from, const std::string& folder, Time now);

}  // namespace tocsin::app
