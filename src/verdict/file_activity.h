// File activity: counts, per host, files that took one new last extension and one name written to many folders.
//
// Observers pack every create and delete of a batch into one fact per host; the counter keeps only what may still be
// part of a burst, so memory is bounded by limits::verdict_file_entries_max, whatever the length of the input.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "verdict/playbook.h"
#include "verdict/verdict.h"

namespace tocsin::verdict {

// One create or delete, as packed into a fact.
struct FileEntry {
  std::uint64_t record = 0, offset = 0;
  std::int64_t time = 0;
  std::uint64_t folder = 0;   // hash of the folder
  std::uint64_t file = 0;     // hash of the whole path
  std::uint64_t shorter = 0;  // of the path without its last extension: the original's, where one was appended
  std::uint32_t source = 0;   // not packed: the fact's own, so that a copy of a log gives equal facts
  std::uint32_t name = 0;     // index of a note's name, or of the new extension, in the fact's names; 0: none
  std::uint32_t image = 0;    // hash of the program
  std::uint16_t flags = 0;
  std::uint16_t reserved = 0;
};
// Appended: the name without its last extension still has one. System: below a folder of installed programs.
inline constexpr std::uint16_t file_created = 1, file_deleted = 2, file_note = 4, file_unusual = 8, file_appended = 16,
                               file_system = 32;

// Packs the activity of one batch; one per observer and playbook.
class FilePacker {
 public:
  explicit FilePacker(const Spread& spread);
  void add(const event::Event& event, const Slots& slots, std::uint32_t source);
  // Appends one fact per host and forgets them.
  void flush(std::uint32_t playbook, Facts& facts);

 private:
  struct Host {
    std::string name;
    std::uint32_t source = 0;  // of the batch
    std::string entries;
    std::vector<std::string> names;
    std::unordered_map<std::string, std::uint32_t> name_at;
  };
  Host& host_of(std::string_view name, std::uint32_t source);
  void entry(Host& host, const event::Event& event, const Slots& slots, std::string_view path, std::uint16_t flags);

  const Spread* spread_;
  std::vector<Host> hosts_;
  std::unordered_map<std::string, std::size_t> host_at_;
  std::string path_;  // reused
};

// What was counted on one host.
struct Burst {
  std::string host;
  bool note = false;
  std::string name;  // the new extension, or the note's file name
  std::uint64_t count = 0, files = 0, folders = 0;
  Time first, last;
  std::vector<FileEntry> entries;  // in time order, at most limits::verdict_events_max
};

// Many renames that are ordinary: one folder, or the extension stays.
struct PlainRenames {
  std::string host;
  std::string reason;
  std::uint64_t count = 0;
  Time first, last;
};

// What a host has beyond the limits.
struct FilesLeftOut {
  std::string host;
  std::uint64_t creates = 0;  // of files with a new extension or the name of a note
  std::uint64_t deletes = 0;
};

class FileCounter {
 public:
  explicit FileCounter(const Spread& spread) : spread_(&spread) {}
  void add(const Fact& fact);
  // Hosts with something beyond a limit. Ends early once `cancelled` says true.
  std::vector<FilesLeftOut> conclude(std::vector<Burst>& bursts, std::vector<PlainRenames>& plain,
                                     const Cancelled& cancelled = {});
  // Events of hosts beyond the limit.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Group {  // one host and extension, or one host and note name
    std::vector<FileEntry> entries;
    std::uint64_t beyond = 0;  // entries that were only counted
    std::size_t prune_at = 4'096;
  };
  struct HostFiles {
    std::map<std::string, Group, std::less<>> extensions, notes;
    std::vector<FileEntry> deletes;
    std::size_t next_delete = 0;  // deletes is a ring when full
    bool sees_deletes = false;
    std::uint64_t deletes_lost = 0;
    std::uint64_t creates_lost = 0;
    struct Folder {
      std::uint64_t creates = 0, deletes = 0;
      std::int64_t first = 0, last = 0;
    };
    std::map<std::uint64_t, Folder> folders;
  };
  void keep(HostFiles& files, Group& group, const FileEntry& entry);
  void keep_delete(HostFiles& files, const FileEntry& entry);
  void note_folder(HostFiles& files, const FileEntry& entry);
  void prune(Group& group) const;
  bool conclude_extension(const std::string& host, HostFiles& files, const std::string& name, Group& group,
                          std::vector<Burst>& bursts, std::vector<PlainRenames>& plain);
  void conclude_note(const std::string& host, HostFiles& files_of, const std::string& name, Group& group,
                     bool encrypted, std::vector<Burst>& bursts);

  const Spread* spread_;
  std::map<std::string, HostFiles, std::less<>> hosts_;
  std::size_t kept_ = 0, kept_deletes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace tocsin::verdict
