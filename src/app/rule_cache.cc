#include "app/rule_cache.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "app/spool_file.h"
#include "rules/stored_rules.h"

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "tocsin rules 1\n";
constexpr std::string_view suffix = ".rules";
constexpr std::size_t kept_max = 8;                  // rule sets; each some megabytes
constexpr off_t file_bytes_max = off_t{256} << 20U;  // as much as a pack may hold
constexpr std::size_t worth_keeping = 100;           // rules; fewer are read as fast

// The build of this program, as its linker wrote it down; empty where it did not.
std::string build_identity() {
  std::string identity;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        const auto round = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
        for (int at = 0; at < info->dlpi_phnum; ++at) {
          const ElfW(Phdr)& part = info->dlpi_phdr[at];
          if (part.p_type != PT_NOTE) {
            continue;
          }
          const auto* note = reinterpret_cast<const char*>(info->dlpi_addr + part.p_vaddr);
          const char* const end = note + part.p_memsz;
          while (static_cast<std::size_t>(end - note) >= sizeof(ElfW(Nhdr))) {
            ElfW(Nhdr) head;
            std::memcpy(&head, note, sizeof head);
            const char* const value = note + sizeof head + round(head.n_namesz);
            if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4) {
              static_cast<std::string*>(into)->assign(value, head.n_descsz);
              return 1;
            }
            note = value + round(head.n_descsz);
          }
        }
        return 1;  // the first is the program itself
      },
      &identity);
  return identity;
}

std::string cache_folder() {
  if (const char* own = std::getenv("TOCSIN_RULE_CACHE"); own != nullptr && *own != '\0') {
    return own == std::string_view("off") ? "" : own;
  }
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return std::string(cache) + "/tocsin/rules";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "" : std::string(home) + "/.cache/tocsin/rules";
}

// Whoever may write here may choose which rules a hunt has: only this user may.
bool is_ours_alone(const struct stat& about) {
  return about.st_uid == geteuid() && (about.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// The whole file where it is ours alone; else nothing. Says that it was used, by its time.
std::optional<std::string> read_ours(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat about{};
  if (file.number() < 0 || ::fstat(file.number(), &about) != 0 || !S_ISREG(about.st_mode) || !is_ours_alone(about) ||
      about.st_size > file_bytes_max) {
    return std::nullopt;
  }
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = ::read(file.number(), bytes.data() + at, bytes.size() - at);
    if (got <= 0) {
      return std::nullopt;
    }
    at += static_cast<std::size_t>(got);
  }
  ::futimens(file.number(), nullptr);
  return bytes;
}

}  // namespace

RuleCache::RuleCache(bool wanted) {
  if (!wanted) {
    return;
  }
  const std::string build = build_identity();
  if (build.empty()) {
    return;  // another build may read the same rules in another way
  }
  folder_ = cache_folder();
  add("build", build);
}

void RuleCache::add(std::string_view name, std::string_view bytes) {
  if (folder_.empty()) {
    return;
  }
  const std::uint64_t sizes[2] = {name.size(), bytes.size()};
  digest_.add({reinterpret_cast<const char*>(sizes), sizeof sizes});
  digest_.add(name);
  digest_.add(bytes);
}

void RuleCache::settle() {
  if (key_.empty()) {
    key_ = digest_.hex();
  }
}

std::optional<rules::RuleSet> RuleCache::find() {
  if (folder_.empty()) {
    return std::nullopt;
  }
  settle();
  struct stat about{};
  if (::lstat(folder_.c_str(), &about) != 0 || !S_ISDIR(about.st_mode) || !is_ours_alone(about)) {
    return std::nullopt;
  }
  const auto file = read_ours(folder_ + "/" + key_ + std::string(suffix));
  const std::size_t around = magic.size() + key_.size() + sizeof(trust::Sha256Digest);
  if (!file || file->size() < around || !file->starts_with(magic)) {
    return std::nullopt;
  }
  // The digest notices what a disk or a crash did to the bytes; the key inside, a file that was renamed.
  const std::string_view all = *file;
  const std::string_view covered = all.substr(0, all.size() - sizeof(trust::Sha256Digest));
  const trust::Sha256Digest digest = trust::sha256(covered);
  if (std::memcmp(digest.data(), all.data() + covered.size(), digest.size()) != 0 ||
      covered.substr(magic.size(), key_.size()) != key_) {
    return std::nullopt;
  }
  auto set = rules::read_stored_rules(covered.substr(magic.size() + key_.size()));
  return set ? std::optional(*std::move(set)) : std::nullopt;
}

void RuleCache::keep(const rules::RuleSet& set) {
  if (folder_.empty() || set.rules.size() < worth_keeping) {
    return;
  }
  settle();
  std::error_code error;
  fs::create_directories(fs::path(folder_).parent_path(), error);
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return;
  }
  struct stat about{};
  if (::lstat(folder_.c_str(), &about) != 0 || !S_ISDIR(about.st_mode) || !is_ours_alone(about)) {
    return;
  }
  std::string file(magic);
  file += key_;
  file += rules::store_rules(set);
  const trust::Sha256Digest digest = trust::sha256(file);
  file.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  const std::string path = folder_ + "/" + key_ + std::string(suffix);
  if (static_cast<off_t>(file.size()) > file_bytes_max ||
      !write_atomically(path, [&](const auto& sink) { return sink(file); })) {
    return;
  }
  ::chmod(path.c_str(), 0600);
  std::vector<std::pair<fs::file_time_type, fs::path>> kept;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (entry.path().extension() == suffix) {
      kept.emplace_back(entry.last_write_time(error), entry.path());
    }
  }
  std::sort(kept.begin(), kept.end());
  for (std::size_t at = 0; at + kept_max < kept.size(); ++at) {
    fs::remove(kept[at].second, error);
  }
}

}  // namespace tocsin::app
