// Source: finds every log below the arguments of a command: files, folders, archives in archives, in a stable order,
// read only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tocsin::source {

struct Options {
  std::vector<std::string> archive_passwords = {};  // tried in order
  bool hash = false;                                // SHA-256 of every member's bytes given to member_done()
  std::string temporary_folder = {};                // for nested archives that need seeking; empty: the system's
};

// One log: a file, or a member of an archive, decompressed.
struct Member {
  std::string name;  // the contract's event.source: last component of a file argument; path below a folder argument,
                     // '/' separated; prefixed by the argument as typed when there are several; "outer.zip!/inner" in
                     // archives; a single compressed file keeps its own name ("x.LOG.gz"); Velociraptor's %3A etc. are
                     // decoded
  std::uint64_t bytes = 0;     // decompressed size where known, else 0
  std::uint64_t modified = 0;  // Unix seconds of last write where known (syslog without a year), else 0
};

class Visitor {
 public:
  virtual ~Visitor() = default;
  // Called for each log in order. `bytes` is valid during the call; the visitor need not read all of it (the walker
  // reads the rest where a hash is asked for). bytes.read() does not fail: a cut or damaged input ends after its last
  // good byte, and the walker tells why through skipped(). An error returned from here is the visitor's own and ends
  // the walk.
  virtual Result<void> member(const Member& member, ByteSource& bytes) = 0;
  // After member() and after a skipped() of the same name: with Options::hash, the SHA-256 of everything that was read
  // from it as hex; else empty.
  virtual void member_done(const Member& member, std::string_view sha256) = 0;
  // Whether packed() is wanted.
  virtual bool wants_packed() const { return false; }
  // The bytes as they lie there of what is not, or not only, read as logs: zip and 7z archives, Office documents, Java
  // packages, RAR and CAB. Called before what is in them. Tar and compressed streams hold the same bytes as their
  // members.
  virtual void packed(const Member&, ByteSource&) {}
  // Something that could not be read, or not to its end: why, with where and hint. The walk goes on.
  virtual void skipped(std::string_view name, const Error& why) = 0;
  // Something left out on purpose (__MACOSX, .DS_Store, an empty file, a link): a note, not skipped input. Or something
  // worth knowing about an input that was read (it grew meanwhile).
  virtual void note(std::string_view name, std::string_view text) = 0;
  // Progress in bytes of the files on disk; total is from survey().
  virtual void progress(std::uint64_t disk_bytes_done) = 0;
  virtual bool cancelled() const = 0;
};

// How a walk shows a name on disk: a Velociraptor collection's "C%3A" as "C:", control characters visible.
std::string shown_name(std::string_view name_on_disk);

// Sum of the sizes of all files below the arguments ("-" counts 0), for percentages.
std::uint64_t survey(const std::vector<std::string>& arguments);

// Walks all arguments ("-" is stdin and is called "-"). Files are opened for reading only and read with large reads,
// never mapped whole. Folders in byte order of names. Symbolic links below an argument are not followed: what they lead
// to inside it is met once, under its own name. A file that changes while it is read is read as it is, with a note.
// Archives are known by content (zip, tar, 7z, and gz, bz2, xz, zst, lz4 streams) and nested to
// limits::archive_depth_max, with the count, ratio and total limits of base/limits.h; an archive that breaks one is
// reported through skipped() and left. After cancelled() the walk ends soon, without an error. Error only where nothing
// can be walked at all (no argument exists) or the visitor returned one.
Result<void> walk(const std::vector<std::string>& arguments, const Options& options, Visitor& visitor);

// The same for bytes in memory (a built-in pack, a fuzzed archive): `bytes` is treated as a file argument called
// `name`.
Result<void> walk_memory(std::string_view name, std::string_view bytes, const Options& options, Visitor& visitor);

}  // namespace tocsin::source
