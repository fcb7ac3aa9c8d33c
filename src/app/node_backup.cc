#include "app/node_backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "app/audit.h"
#include "app/node.h"
#include "app/node_logs.h"
#include "app/passphrase.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "report/visible.h"
#include "store/sqlite/upkeep.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::string_view database_name = "node.sqlite";
constexpr std::string_view token_key_name = "node.key";
constexpr std::string_view form = "tocsin-backup";
constexpr std::size_t manifest_bytes_max = std::size_t{1} << 20;
constexpr std::size_t files_max = 10'000;

std::unexpected<Error> failed(const std::string& path, std::string_view what) {
  return failure(ErrorCode::io, fmt::format("{}: {}", what, std::strerror(errno)), {path});
}

// Makes what was written in a folder, and its own name, outlive a power cut.
Result<void> sync_folder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool safe = folder >= 0 && fsync(folder) == 0;
  if (folder >= 0) {
    close(folder);
  }
  return safe ? Result<void>() : failed(path, "the folder cannot be made durable");
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).lexically_normal().parent_path().string();
  return parent.empty() ? "." : parent;
}

// Why a file of the folder is not in a backup; empty: it is.
std::string_view why_left_out(std::string_view name) {
  if (name.ends_with(".passphrase")) {
    return "a passphrase: keep it apart";
  }
  if (name.ends_with(".secret")) {
    return "a password or token of another server: give it again with peer add --replace";
  }
  if (name == "logs.key") {
    return "signs this node's logs as far as they went: a restored node begins others";
  }
  if (name == token_key_name) {
    return "seals page tokens: a restored node makes a new one";
  }
  return {};
}

// The same bytes under another name, on disk when it returns.
Result<BackupFile> copy_bytes(const std::string& from, const std::string& to) {
  const int in = open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (in < 0) {
    return failed(from, "the file cannot be read");
  }
  const int out = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out < 0) {
    const auto error = failed(to, "the file cannot be written");
    close(in);
    return error;
  }
  trust::Sha256 digest;
  BackupFile made;
  std::vector<char> bytes(std::size_t{1} << 18);
  bool good = true;
  for (ssize_t got = 0; good && (got = read(in, bytes.data(), bytes.size())) != 0;) {
    good = got > 0;
    for (ssize_t at = 0; good && at < got;) {
      const ssize_t put = write(out, bytes.data() + at, static_cast<std::size_t>(got - at));
      good = put > 0;
      at += put;
    }
    if (good) {
      digest.add({bytes.data(), static_cast<std::size_t>(got)});
      made.bytes += static_cast<std::uint64_t>(got);
    }
  }
  good = good && fsync(out) == 0;
  const int why = errno;
  close(in);
  good = close(out) == 0 && good;
  if (!good) {
    errno = why;
    return failed(to, "the file cannot be copied");
  }
  made.sha256 = trust::to_hex(digest.finish());
  return made;
}

Result<BackupFile> digest_of(const std::string& path) {
  const int in = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (in < 0) {
    return failed(path, "the file cannot be read");
  }
  trust::Sha256 digest;
  BackupFile out;
  std::vector<char> bytes(std::size_t{1} << 18);
  ssize_t got = 0;
  while ((got = read(in, bytes.data(), bytes.size())) > 0) {
    digest.add({bytes.data(), static_cast<std::size_t>(got)});
    out.bytes += static_cast<std::uint64_t>(got);
  }
  const int why = errno;
  close(in);
  if (got < 0) {
    errno = why;
    return failed(path, "the file cannot be read");
  }
  out.sha256 = trust::to_hex(digest.finish());
  return out;
}

std::string write_manifest(const Backup& backup) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("type", form).key("version").number(1);
  json.member("made", rfc3339(backup.made)).key("made_ticks").number(backup.made.ticks);
  json.key("files").begin_array();
  for (const BackupFile& file : backup.files) {
    json.begin_object().member("name", file.name).key("bytes").number(file.bytes).member("sha256", file.sha256);
    json.end_object();
  }
  json.end_array().end_object();
  out += '\n';
  return out;
}

// A name of a file below the folder: no way out of it.
bool legal_name(std::string_view name) {
  if (name.empty() || name.size() > 1'024 || name.front() == '/' || name.find('\0') != std::string_view::npos) {
    return false;
  }
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('/'));
    if (part.empty() || part == "." || part == "..") {
      return false;
    }
    name.remove_prefix(std::min(name.size(), part.size() + 1));
  }
  return true;
}

Result<Backup> read_manifest(const std::string& from) {
  const std::string path = from + "/" + std::string(backup_manifest);
  const auto wrong = [&](std::string what) { return failure(ErrorCode::damaged, std::move(what), {path}); };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return failure(ErrorCode::not_found, "this is no backup: it has no list of files", {path},
                   "'tocsin node backup --to DIR' makes one");
  }
  TRY(const std::string text, read_whole(path, manifest_bytes_max));
  const auto json = wire::parse_json(text);
  const wire::Json* files = json ? json->find("files") : nullptr;
  if (files == nullptr || json->string_or("type", "") != form || files->items.size() > files_max) {
    return wrong("the list of files cannot be read");
  }
  Backup out;
  const wire::Json* made = json->find("made_ticks");
  const auto ticks = made == nullptr ? std::nullopt : parse_int64(made->text);
  out.made = ticks ? Time{*ticks} : Time();
  for (const wire::Json& one : files->items) {
    BackupFile file;
    file.name = one.string_or("name", "");
    file.sha256 = one.string_or("sha256", "");
    const wire::Json* bytes = one.find("bytes");
    file.bytes = bytes == nullptr ? 0 : parse_uint64(bytes->text).value_or(0);
    if (!legal_name(file.name)) {
      return wrong(fmt::format("'{}' is no name of a file in a node's folder", report::visible(file.name)));
    }
    out.files.push_back(std::move(file));
  }
  if (std::ranges::find(out.files, database_name, &BackupFile::name) == out.files.end()) {
    return wrong("the database is not in it");
  }
  return out;
}

// The files of a node's folder beside the database, by name.
Result<std::vector<std::string>> files_of(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator one(folder, error), end; !error && one != end;
       one.increment(error)) {
    const std::string name = one->path().lexically_relative(folder).string();
    if (one->is_regular_file(error) && !one->is_symlink(error) && !name.starts_with(database_name)) {
      out.push_back(name);
    }
    if (one.depth() > 8 || out.size() > files_max) {
      return failure(ErrorCode::limit, "a node's folder does not hold so much", {folder});
    }
  }
  if (error) {
    return failure(ErrorCode::io, error.message(), {folder});
  }
  std::ranges::sort(out);
  return out;
}

// A folder that is made under another name first, and goes where it is not finished.
class Making {
 public:
  explicit Making(std::string to) : to_(std::move(to)), part_(to_ + ".part") {}
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;
  ~Making() {
    if (made_) {
      std::error_code error;
      std::filesystem::remove_all(part_, error);
    }
  }
  const std::string& path() const { return part_; }

  Result<void> begin() {
    std::error_code error;
    if (std::filesystem::exists(to_, error) &&
        !(std::filesystem::is_directory(to_, error) && std::filesystem::is_empty(to_, error))) {
      return failure(ErrorCode::usage, "there is something already", {to_}, "name a folder that is not there yet");
    }
    if (mkdir(part_.c_str(), 0700) != 0) {
      return errno == EEXIST ? failure(ErrorCode::usage, "what an earlier run left is in the way", {part_},
                                       "remove it where no other run is making it")
                             : failed(part_, "the folder cannot be made");
    }
    made_ = true;
    return {};
  }
  Result<void> finish() {
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator one(part_, error), end; !error && one != end;
         one.increment(error)) {
      if (one->is_directory(error)) {
        TRY_VOID(sync_folder(one->path().string()));
      }
    }
    TRY_VOID(sync_folder(part_));
    if (rename(part_.c_str(), to_.c_str()) != 0) {
      return failed(to_, "the folder cannot get its name");
    }
    made_ = false;
    return sync_folder(parent_of(to_));
  }

 private:
  std::string to_, part_;
  bool made_ = false;
};

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  return path;
}

Result<void> folder_for(const std::string& base, const std::string& name) {
  const std::filesystem::path folder = (std::filesystem::path(base) / name).parent_path();
  std::error_code error;
  for (std::filesystem::path at = base; const auto& part : folder.lexically_relative(base)) {
    if (part == ".") {
      continue;
    }
    at /= part;
    if (mkdir(at.c_str(), 0700) != 0 && errno != EEXIST) {
      return failed(at.string(), "the folder cannot be made");
    }
  }
  return {};
}

}  // namespace

Result<Backup> make_backup(const std::string& folder, const std::string& given, Time now,
                           const CopyProgress& progress) {
  const std::string to = without_slash(given);
  Backup out;
  out.made = now;
  Making making(to);
  TRY_VOID(making.begin());
  const std::string database = fmt::format("{}/{}", making.path(), database_name);
  TRY_VOID(store::copy_file(fmt::format("{}/{}", folder, database_name), database, progress));
  TRY(BackupFile copied, digest_of(database));
  copied.name = database_name;
  out.files.push_back(std::move(copied));
  TRY(const std::vector<std::string> names, files_of(folder));
  for (const std::string& name : names) {
    if (const std::string_view why = why_left_out(name); !why.empty()) {
      out.left_out.push_back(fmt::format("{} ({})", name, why));
      continue;
    }
    TRY_VOID(folder_for(making.path(), name));
    TRY(BackupFile file, copy_bytes(folder + "/" + name, making.path() + "/" + name));
    file.name = name;
    out.files.push_back(std::move(file));
  }
  TRY_VOID(write_secret_file(fmt::format("{}/{}", making.path(), backup_manifest), write_manifest(out)));
  TRY_VOID(making.finish());
  return out;
}

Result<Backup> check_backup(const std::string& from) {
  TRY(Backup out, read_manifest(from));
  for (const BackupFile& file : out.files) {
    const std::string path = from + "/" + file.name;
    TRY(const BackupFile there, digest_of(path));
    if (there.sha256 != file.sha256 || there.bytes != file.bytes) {
      return failure(ErrorCode::damaged, "the file is not as it was written", {path}, "take another backup");
    }
  }
  return out;
}

Result<Backup> restore_backup(const std::string& from, const std::string& given, Time now) {
  const std::string folder = without_slash(given);
  TRY(Backup out, check_backup(from));
  Making making(folder);
  TRY_VOID(making.begin());
  for (const BackupFile& file : out.files) {
    TRY_VOID(folder_for(making.path(), file.name));
    TRY(const BackupFile copied, copy_bytes(from + "/" + file.name, making.path() + "/" + file.name));
    if (copied.sha256 != file.sha256) {
      return failure(ErrorCode::damaged, "the file changed while it was read", {from + "/" + file.name});
    }
  }
  TRY_VOID(make_token_key(making.path()));
  {
    TRY(const auto notes, open_node_notes(making.path()));
    const std::array<store::Note, 1> note = {
        {{std::string(restored_note), fmt::format("{} {}", now.ticks, out.made.ticks)}}};
    TRY_VOID(notes->put(note));
    TRY_VOID(begin_audit_anew(making.path(), *notes, out.made));
    // The lost node may have signed more than the backup holds: signing on from there would fork its logs.
    TRY([[maybe_unused]] const LogKeys keys, make_log_keys(making.path(), *notes));
  }
  TRY_VOID(making.finish());
  return out;
}

}  // namespace tocsin::app
