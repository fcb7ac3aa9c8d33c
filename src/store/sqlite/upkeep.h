// Upkeep: what an operator does with a node's SQLite file beside the node: look how large it is, copy it while it is in
// use, and hold everything in it against everything else.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tocsin::store {

struct FileFigures {
  std::int64_t schema = 0, newest_schema = 0;                   // of the file, and of this program
  std::uint64_t file_bytes = 0, free_bytes = 0, log_bytes = 0;  // of the write-ahead log
  std::uint64_t collections = 0, versions = 0, object_bytes = 0, conflicts = 0, users = 0;
  std::uint64_t last_sequence = 0;
  Time last_added;  // of the newest commit; unknown: nothing was ever added
  std::vector<std::string> logs;
};
// Looks without changing anything, also at a file of an older or newer schema (then only the first lines are filled).
// Errors: not_found, io, damaged.
Result<FileFigures> file_figures(const std::string& path);

// A copy of the file as it is at one moment, while others write to it; durable when it returns. `to` must not exist.
// `progress` is told now and then how much of all pages is copied; false ends it. Errors: usage, io (a full disk),
// interrupted; then there is no copy.
Result<void> copy_file(const std::string& path, const std::string& to,
                       const std::function<bool(std::uint64_t done, std::uint64_t all)>& progress);

// A version, as it stands in the file.
struct StoredVersion {
  std::uint64_t sequence = 0;
  std::string_view id, type, version, bytes;  // until the visit ends
};
struct Verified {
  std::uint64_t versions = 0, bytes = 0;
  std::uint64_t found = 0;            // what is wrong, in all
  std::vector<std::string> findings;  // a sentence each; the first limits::findings_max of them
};
struct VerifyHooks {
  // Each version, in order: what only a room above the store can say of it; empty: nothing is wrong.
  std::function<std::string(const StoredVersion&)> version = {};
  // How many versions of how many were looked at; false ends it.
  std::function<bool(std::uint64_t done, std::uint64_t all)> progress = {};
};
// One moment of the file: SQLite's own check of every page; the digest of every version and of what was kept aside;
// every posting by which versions are found, against the versions; lanes, classes, dates of commits, accounts of
// writers, the clock. Others may write meanwhile. Cost: every page is read twice. Errors: io, damaged (not even that
// much can be read), interrupted.
Result<Verified> verify_file(const std::string& path, const VerifyHooks& hooks);

}  // namespace tocsin::store
