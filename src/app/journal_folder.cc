#include "app/journal_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "app/command.h"
#include "app/whole_file.h"
#include "council/limits.h"
#include "trust/digest.h"

namespace tocsin::app {
namespace {

std::string file_of(const std::string& folder) { return folder + "/journal.jsonl"; }

std::unexpected<Error> system_failure(std::string what, const std::string& path) {
  return failure(ErrorCode::io, std::move(what) + ": " + std::strerror(errno), {.source = path});
}

Result<void> write_durably(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return system_failure("the journal cannot be written", path);
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fsync(file) != 0) {
    return system_failure("the journal cannot be brought to disk", path);
  }
  return {};
}

// A folder's entry of a new file is on disk only when the folder is.
Result<void> sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = folder >= 0 && fsync(folder) == 0;
  if (folder >= 0) {
    close(folder);
  }
  return done ? Result<void>() : system_failure("the folder cannot be brought to disk", path);
}

Result<void> lock(int file, const std::string& path) {
  for (int tries = 0; flock(file, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (tries == 50) {
      return failure(ErrorCode::io, "another process writes to this journal", {.source = path}, "wait for it to end");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return {};
}

}  // namespace

JournalFolder::~JournalFolder() { close(file_); }

Result<council::JournalReading> JournalFolder::read(const std::string& path) {
  auto text = read_whole(file_of(path), council::limits::journal_bytes_max);
  if (!text) {
    Error error = std::move(text).error();
    error.hint = "'tocsin consult open' or 'tocsin consult import' makes a journal";
    return std::unexpected(std::move(error));
  }
  return council::read_journal(*text);
}

Result<std::unique_ptr<JournalFolder>> JournalFolder::create(const std::string& path, std::string_view first_lines) {
  if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return system_failure("the folder cannot be made", path);
  }
  const std::string name = file_of(path);
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return errno == EEXIST
               ? failure(ErrorCode::usage, "there is a journal already", {.source = path}, "one folder holds one item")
               : system_failure("the journal cannot be made", name);
  }
  std::unique_ptr<JournalFolder> folder(new JournalFolder(path, file));
  TRY_VOID(lock(file, name));
  TRY_VOID(folder->append(first_lines));
  TRY_VOID(sync_folder(path));
  folder->reading = council::read_journal(first_lines);
  return folder;
}

Result<std::unique_ptr<JournalFolder>> JournalFolder::open(const std::string& path) {
  const std::string name = file_of(path);
  const int file = ::open(name.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (file < 0) {
    return failure(errno == ENOENT ? ErrorCode::not_found : ErrorCode::unreadable,
                   std::string("the journal cannot be opened: ") + std::strerror(errno), {.source = name},
                   "'tocsin consult open' or 'tocsin consult import' makes one");
  }
  std::unique_ptr<JournalFolder> folder(new JournalFolder(path, file));
  TRY_VOID(lock(file, name));
  TRY(council::JournalReading reading, read(path));
  folder->reading = std::move(reading);
  if (folder->reading.torn) {
    if (ftruncate(file, static_cast<off_t>(folder->reading.whole_bytes)) != 0 || fsync(file) != 0) {
      return system_failure("the torn end of the journal cannot be cut off", name);
    }
    message(
        "the journal's last line was never finished (a crash or a full disk): it was cut off, nothing else is lost");
  }
  return folder;
}

Result<void> JournalFolder::append(std::string_view line) { return write_durably(file_, line, file_of(path_)); }

std::string JournalFolder::place() const {
  struct stat about{};
  if (fstat(file_, &about) != 0) {
    return {};
  }
  const auto machine = read_whole("/etc/machine-id", 4'096);
  return trust::sha256_hex(fmt::format("{} {} {}", machine ? *machine : std::string(), about.st_dev, about.st_ino))
      .substr(0, 32);
}

}  // namespace tocsin::app
