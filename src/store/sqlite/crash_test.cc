// What was acknowledged survives: power cuts, a full disk and failing reads and writes at any operation, and kill -9.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <random>

#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_store.h"

namespace tocsin::store {
namespace {

constexpr CollectionName here{"api", "c1"};

// A disk in memory. Between two syncs of a file any subset of the sectors that were written may have reached it, a
// sector wholly or in part.
struct Disk {
  struct Write {
    std::size_t offset = 0;
    std::string bytes;
    bool cut = false;  // to `offset` bytes
  };
  struct File {
    std::string now, durable;
    std::vector<Write> unsynced;
    std::vector<std::unique_ptr<std::vector<char>>> shared;
    int shared_locks[SQLITE_SHM_NLOCK] = {}, exclusive_locks[SQLITE_SHM_NLOCK] = {};
    int readers = 0;
  };
  enum class Fault : std::uint8_t { none, io, full, power };

  std::map<std::string, std::shared_ptr<File>> files;
  Fault fault = Fault::none;
  std::uint64_t at = 0, operations = 0;

  void plan(Fault what, std::uint64_t when) {
    fault = what;
    at = when;
    operations = 0;
  }
  // Every operation that touches the disk comes by here. A failing read or write fails once, the rest for good.
  int step(bool writes, int code) {
    ++operations;
    if (fault == Fault::none || operations < at || (fault == Fault::full && !writes)) {
      return SQLITE_OK;
    }
    if (fault == Fault::io) {
      fault = Fault::none;
    }
    return fault == Fault::full ? SQLITE_FULL : code;
  }
  void power_on(std::uint64_t seed) {
    constexpr std::size_t sector = 512;
    std::mt19937_64 random(seed);
    for (auto& [name, file] : files) {
      for (const Write& write : file->unsynced) {
        if (write.cut) {
          if (random() % 2 == 0) {
            file->durable.resize(write.offset);
          }
          continue;
        }
        for (std::size_t begin = 0; begin < write.bytes.size();) {
          const std::size_t end =
              std::min(write.bytes.size(), ((write.offset + begin) / sector + 1) * sector - write.offset);
          const auto luck = random() % 8;
          const std::size_t size = luck < 4 ? 0 : luck < 7 ? end - begin : random() % (end - begin);
          if (size != 0) {
            file->durable.resize(std::max(file->durable.size(), write.offset + begin + size));
            file->durable.replace(write.offset + begin, size, write.bytes, begin, size);
          }
          begin = end;
        }
      }
      file->unsynced.clear();
      file->now = file->durable;
      file->shared.clear();
      std::ranges::fill(file->shared_locks, 0);
      std::ranges::fill(file->exclusive_locks, 0);
      file->readers = 0;
    }
    plan(Fault::none, 0);
  }
};

Disk* disk = nullptr;

struct Handle {
  sqlite3_file base;
  std::shared_ptr<Disk::File>* file;
  int level;
};
Disk::File& file_of(sqlite3_file* handle) { return **reinterpret_cast<Handle*>(handle)->file; }

void set_level(sqlite3_file* handle, int level) {
  auto& mine = *reinterpret_cast<Handle*>(handle);
  file_of(handle).readers += (level >= SQLITE_LOCK_SHARED ? 1 : 0) - (mine.level >= SQLITE_LOCK_SHARED ? 1 : 0);
  mine.level = level;
}
int close_file(sqlite3_file* handle) {
  set_level(handle, SQLITE_LOCK_NONE);
  delete reinterpret_cast<Handle*>(handle)->file;
  return SQLITE_OK;
}
int read_file(sqlite3_file* handle, void* out, int size, sqlite3_int64 offset) {
  if (const int code = disk->step(false, SQLITE_IOERR_READ); code != SQLITE_OK) {
    return code;
  }
  const std::string& bytes = file_of(handle).now;
  const auto from = std::min(bytes.size(), static_cast<std::size_t>(offset));
  const auto count = std::min(bytes.size() - from, static_cast<std::size_t>(size));
  std::memcpy(out, bytes.data() + from, count);
  std::memset(static_cast<char*>(out) + count, 0, static_cast<std::size_t>(size) - count);
  return count == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}
int write_file(sqlite3_file* handle, const void* bytes, int size, sqlite3_int64 offset) {
  if (const int code = disk->step(true, SQLITE_IOERR_WRITE); code != SQLITE_OK) {
    return code;
  }
  Disk::File& file = file_of(handle);
  const auto at = static_cast<std::size_t>(offset);
  const std::string text(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  file.now.resize(std::max(file.now.size(), at + text.size()));
  file.now.replace(at, text.size(), text);
  file.unsynced.push_back({at, text});
  return SQLITE_OK;
}
int truncate_file(sqlite3_file* handle, sqlite3_int64 size) {
  if (const int code = disk->step(true, SQLITE_IOERR_TRUNCATE); code != SQLITE_OK) {
    return code;
  }
  file_of(handle).now.resize(static_cast<std::size_t>(size));
  file_of(handle).unsynced.push_back({static_cast<std::size_t>(size), {}, true});
  return SQLITE_OK;
}
int sync_file(sqlite3_file* handle, int) {
  if (const int code = disk->step(true, SQLITE_IOERR_FSYNC); code != SQLITE_OK) {
    return code;
  }
  file_of(handle).durable = file_of(handle).now;
  file_of(handle).unsynced.clear();
  return SQLITE_OK;
}
int size_file(sqlite3_file* handle, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(file_of(handle).now.size());
  return SQLITE_OK;
}
int lock_file(sqlite3_file* handle, int level) {
  const int mine = reinterpret_cast<Handle*>(handle)->level;
  if (level == SQLITE_LOCK_EXCLUSIVE && file_of(handle).readers > (mine >= SQLITE_LOCK_SHARED ? 1 : 0)) {
    return SQLITE_BUSY;
  }
  set_level(handle, std::max(level, mine));
  return SQLITE_OK;
}
int unlock_file(sqlite3_file* handle, int level) {
  set_level(handle, level);
  return SQLITE_OK;
}
int reserved_file(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int control_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_file(sqlite3_file*) { return 512; }
int traits_file(sqlite3_file*) { return 0; }
int map_shared(sqlite3_file* handle, int region, int size, int extend, void volatile** out) {
  auto& shared = file_of(handle).shared;
  *out = nullptr;
  if (shared.size() <= static_cast<std::size_t>(region) && extend == 0) {
    return SQLITE_OK;
  }
  while (shared.size() <= static_cast<std::size_t>(region)) {
    shared.push_back(std::make_unique<std::vector<char>>(static_cast<std::size_t>(size)));
  }
  *out = shared[static_cast<std::size_t>(region)]->data();
  return SQLITE_OK;
}
int lock_shared(sqlite3_file* handle, int offset, int count, int flags) {
  Disk::File& file = file_of(handle);
  const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
  for (int at = offset; at < offset + count; ++at) {
    if ((flags & SQLITE_SHM_LOCK) != 0 && (file.exclusive_locks[at] != 0 || (!shared && file.shared_locks[at] != 0))) {
      return SQLITE_BUSY;
    }
  }
  for (int at = offset; at < offset + count; ++at) {
    (shared ? file.shared_locks : file.exclusive_locks)[at] += (flags & SQLITE_SHM_LOCK) != 0 ? 1 : -1;
  }
  return SQLITE_OK;
}
void barrier(sqlite3_file*) {}
int unmap_shared(sqlite3_file* handle, int remove) {
  if (remove != 0) {
    file_of(handle).shared.clear();
  }
  return SQLITE_OK;
}

const sqlite3_io_methods methods = {2,           close_file, read_file,   write_file,    truncate_file, sync_file,
                                    size_file,   lock_file,  unlock_file, reserved_file, control_file,  sector_file,
                                    traits_file, map_shared, lock_shared, barrier,       unmap_shared,  nullptr,
                                    nullptr};

int open_path(sqlite3_vfs*, const char* name, sqlite3_file* out, int flags, int* got) {
  auto* handle = reinterpret_cast<Handle*>(out);
  handle->base.pMethods = nullptr;
  const std::string path = name == nullptr ? "temporary" : name;
  const auto found = disk->files.find(path);
  if (found == disk->files.end() && (flags & SQLITE_OPEN_CREATE) == 0) {
    return SQLITE_CANTOPEN;
  }
  if (const int code = disk->step(false, SQLITE_CANTOPEN); code != SQLITE_OK) {
    return code;
  }
  auto& file = disk->files[path];
  if (file == nullptr) {
    file = std::make_shared<Disk::File>();
  }
  handle->file = new std::shared_ptr<Disk::File>(file);
  handle->level = SQLITE_LOCK_NONE;
  handle->base.pMethods = &methods;
  if (got != nullptr) {
    *got = flags;
  }
  return SQLITE_OK;
}
int remove_path(sqlite3_vfs*, const char* name, int) {
  if (const int code = disk->step(true, SQLITE_IOERR_DELETE); code != SQLITE_OK) {
    return code;
  }
  return disk->files.erase(name) != 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}
int access_path(sqlite3_vfs*, const char* name, int, int* out) {
  *out = disk->files.contains(name) ? 1 : 0;
  return SQLITE_OK;
}
int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

class Crash : public ::testing::Test {
 protected:
  static constexpr const char* vfs_name = "tocsin-disk";
  static constexpr int commits = 16, objects = 3;

  void SetUp() override {
    disk = &disk_;
    sqlite3_initialize();
    sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
    vfs_ = *system;
    vfs_.iVersion = 1;
    vfs_.szOsFile = sizeof(Handle);
    vfs_.mxPathname = 256;
    vfs_.zName = vfs_name;
    vfs_.xOpen = open_path;
    vfs_.xDelete = remove_path;
    vfs_.xAccess = access_path;
    vfs_.xFullPathname = full_path;
    sqlite3_vfs_register(&vfs_, 0);
  }
  void TearDown() override {
    sqlite3_vfs_unregister(&vfs_);
    disk = nullptr;
  }
  Result<std::unique_ptr<Store>> open() { return open_sqlite_store("/node", true, vfs_name); }
  static std::string id_of(int commit, int object) {
    return "indicator--" + std::to_string(commit) + "-" + std::to_string(object);
  }
  // Large enough that the write-ahead log is copied into the database on the way.
  static std::string bytes_of(int commit, int object) {
    return std::string(120'000, static_cast<char>('a' + (commit * objects + object) % 26)) + id_of(commit, object);
  }
  static Result<std::vector<Put>> put(Store& store, int commit) {
    std::vector<NewVersion> versions(objects);
    for (int at = 0; at < objects; ++at) {
      versions[at].id = id_of(commit, at);
      versions[at].type = "indicator";
      versions[at].version = "2020-01-01T00:00:00Z";
      versions[at].version_at = *stix::parse_timestamp(versions[at].version);
      versions[at].bytes = bytes_of(commit, at);
      versions[at].author = "identity--a";
    }
    return store.put(here, versions, Time::from_seconds(commit));
  }
  static Result<void> prepare(Store& store) {
    return store.put_collection(
        {.root = "api", .id = "c1", .title = "", .description = "", .alias = "", .media_types = {}});
  }
  // Every commit whole or not at all; those acknowledged whole.
  void expect_whole(Store& store, const std::vector<bool>& acknowledged, std::uint64_t where) {
    std::size_t in_all = 0;
    for (int commit = 0; commit < static_cast<int>(acknowledged.size()); ++commit) {
      int there = 0;
      for (int at = 0; at < objects; ++at) {
        const auto found = store.versions(here, id_of(commit, at));
        ASSERT_TRUE(found) << where << ": " << found.error().text();
        there += static_cast<int>(found->size());
        if (!found->empty()) {
          EXPECT_EQ(found->front()->bytes, bytes_of(commit, at)) << where;
        }
      }
      EXPECT_TRUE(there == objects || (there == 0 && !acknowledged[commit]))
          << where << ": " << there << " objects of commit " << commit;
      in_all += static_cast<std::size_t>(there);
    }
    const std::vector<std::uint32_t> classes{0};
    std::size_t scanned = 0;
    ASSERT_TRUE(store.scan(here, 0, {classes, {}}, [&](const RecordPointer&) { return ++scanned != 0; }));
    EXPECT_EQ(scanned, in_all) << where;
    EXPECT_EQ(store.find(here, {.author = "identity--a"}, {classes, {}})->size(), in_all) << where;
    EXPECT_EQ(store.usage("")->objects, in_all) << where;
  }
  void expect_sound(std::uint64_t where) {
    Database database;
    ASSERT_TRUE(database.open("/node", {.vfs = vfs_name}));
    Statement check(database, "PRAGMA integrity_check");
    ASSERT_TRUE(check.next());
    EXPECT_EQ(check.column(0), "ok") << where;
  }
  // A run with a fault at one operation; true where the fault was met.
  void run(Disk::Fault fault, std::uint64_t at) {
    disk_ = {};
    {
      const auto opened = open();
      ASSERT_TRUE(opened);
      ASSERT_TRUE(prepare(**opened));
    }
    std::vector<bool> acknowledged;
    disk_.plan(fault, at);
    if (auto opened = open(); opened) {
      for (int commit = 0; commit < commits; ++commit) {
        acknowledged.push_back(put(**opened, commit).has_value());
      }
      if (fault != Disk::Fault::power) {
        disk_.plan(Disk::Fault::none, 0);
        expect_whole(**opened, acknowledged, at);
        EXPECT_TRUE(put(**opened, commits)) << at << ": the store goes on once the disk does";
        acknowledged.resize(commits);
        acknowledged.push_back(true);
      }
    }
    if (fault == Disk::Fault::power) {
      disk_.power_on(at);
    } else {
      disk_.plan(Disk::Fault::none, 0);
    }
    {
      const auto again = open();
      ASSERT_TRUE(again) << at << ": " << again.error().text();
      expect_whole(**again, acknowledged, at);
      EXPECT_TRUE(put(**again, commits + 1)) << at;
    }
    expect_sound(at);
  }
  void run_everywhere(Disk::Fault fault) {
    run(Disk::Fault::none, 0);
    disk_ = {};
    std::uint64_t operations = 0;
    {
      const auto opened = open();
      ASSERT_TRUE(opened && prepare(**opened));
      disk_.plan(Disk::Fault::none, 0);
      for (int commit = 0; commit < commits; ++commit) {
        ASSERT_TRUE(put(**opened, commit));
      }
      operations = disk_.operations;
    }
    ASSERT_GT(operations, 1'000U) << "the log was copied on the way";
    const std::uint64_t stride = std::getenv("TOCSIN_LONG") != nullptr ? 1 : 173;
    for (std::uint64_t at = 1; at <= operations + 100 && !HasFailure(); at += at < 60 ? 7 : stride) {
      run(fault, at);
    }
  }

  Disk disk_;
  sqlite3_vfs vfs_{};
};

TEST_F(Crash, APowerCutLosesNothingAcknowledged) { run_everywhere(Disk::Fault::power); }
TEST_F(Crash, AFullDiskLosesNothingAcknowledged) { run_everywhere(Disk::Fault::full); }
TEST_F(Crash, AFailingOperationLosesNothingAcknowledged) { run_everywhere(Disk::Fault::io); }

TEST_F(Crash, APowerCutWhileTheDatabaseIsMadeLeavesOneThatOpens) {
  std::uint64_t operations = 0;
  {
    disk_.plan(Disk::Fault::none, 0);
    ASSERT_TRUE(open());
    operations = disk_.operations;
  }
  for (std::uint64_t at = 1; at <= operations; at += 3) {
    disk_ = {};
    disk_.plan(Disk::Fault::power, at);
    (void)open();
    disk_.power_on(at);
    const auto again = open();
    ASSERT_TRUE(again) << at << ": " << again.error().text();
    EXPECT_TRUE(prepare(**again));
  }
}

// A process that writes, and says through a pipe what was acknowledged, until it is killed.
TEST(Kill, LosesNothingAcknowledged) {
  char name[] = "/tmp/tocsin-store-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const std::string folder = name;
  const std::string path = folder + "/node.sqlite";
  const auto batch = [](std::uint32_t number) {
    std::vector<NewVersion> out(50);
    for (std::size_t at = 0; at < out.size(); ++at) {
      out[at].id = "indicator--" + std::to_string(number) + "-" + std::to_string(at);
      out[at].type = "indicator";
      out[at].bytes = std::string(1'000, 'x') + out[at].id;
    }
    return out;
  };
  {
    auto made = open_sqlite_store(path, true);
    ASSERT_TRUE(made);
    ASSERT_TRUE((*made)->put_collection(
        {.root = "api", .id = "c1", .title = "", .description = "", .alias = "", .media_types = {}}));
  }
  const int rounds = std::getenv("TOCSIN_LONG") != nullptr ? 1'000 : 50;
  std::mt19937 random(7);
  std::uint32_t next = 0;
  std::vector<std::uint32_t> all;
  for (int round = 0; round < rounds && !::testing::Test::HasFailure(); ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      auto store = open_sqlite_store(path, false);
      for (std::uint32_t number = next; store; ++number) {
        if (!(*store)->put(here, batch(number), Time::from_seconds(number)) ||
            write(ends[1], &number, sizeof number) != sizeof number) {
          break;
        }
      }
      _exit(1);
    }
    close(ends[1]);
    usleep(random() % 60'000);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    std::uint32_t number = 0;
    std::vector<std::uint32_t> acknowledged;
    while (read(ends[0], &number, sizeof number) == sizeof number) {
      acknowledged.push_back(number);
    }
    close(ends[0]);
    const auto store = open_sqlite_store(path, false);
    ASSERT_TRUE(store) << store.error().text();
    next = acknowledged.empty() ? next : acknowledged.back() + 1;
    for (const std::uint32_t one : acknowledged) {
      for (const NewVersion& version : batch(one)) {
        const auto found = (*store)->versions(here, version.id);
        ASSERT_TRUE(found);
        ASSERT_EQ(found->size(), 1U) << "round " << round << ": " << version.id;
        EXPECT_EQ(found->front()->bytes, version.bytes);
      }
    }
    // One more may have been stored and not told; whole then.
    std::size_t untold = 0;
    for (const NewVersion& version : batch(next)) {
      untold += (*store)->versions(here, version.id)->size();
    }
    EXPECT_TRUE(untold == 0 || untold == 50) << untold;
    all.insert(all.end(), acknowledged.begin(), acknowledged.end());
    next += untold == 0 ? 0 : 1;
  }
  EXPECT_GT(all.size(), 10U);
  Database database;
  ASSERT_TRUE(database.open(path, {}));
  Statement check(database, "PRAGMA integrity_check");
  ASSERT_TRUE(check.next());
  EXPECT_EQ(check.column(0), "ok");
  EXPECT_GE(*database.number("SELECT count(*) FROM objects"), static_cast<std::int64_t>(all.size() * 50));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tocsin::store
