#include "store/sqlite/upkeep.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "store/limits.h"
#include "store/sqlite/database.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/migrations.h"
#include "trust/digest.h"

namespace tocsin::store {
namespace {

constexpr std::uint64_t progress_every = 4'096;  // versions
constexpr int pages_at_once = 2'048;

// A file that is looked at and not brought to the newest schema.
Result<void> open_to_look(Database& database, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return failure(ErrorCode::not_found, "there is no such database", {path});
  }
  TRY_VOID(database.open(path, {}));
  return database.run("PRAGMA query_only=ON");
}

// One moment of the file, while others write.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() {
    if (open_) {
      [[maybe_unused]] const auto undone = database_.run("ROLLBACK");
    }
  }
  Result<void> begin() {
    TRY_VOID(database_.run("BEGIN"));
    open_ = true;
    // The moment is that of the first read.
    TRY([[maybe_unused]] const std::int64_t tables, database_.number("SELECT count(*) FROM sqlite_schema"));
    return {};
  }

 private:
  Database& database_;
  bool open_ = false;
};

std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

std::unexpected<Error> interrupted() { return failure(ErrorCode::interrupted, "it was interrupted"); }

std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

class Verifier {
 public:
  Verifier(Database& database, const VerifyHooks& hooks) : database_(database), hooks_(hooks) {}

  Result<Verified> run() {
    TRY_VOID(pages());
    TRY_VOID(versions());
    TRY_VOID(postings());
    TRY_VOID(kept_aside());
    TRY_VOID(counts());
    return std::move(out_);
  }

 private:
  void find(std::string what) {
    ++out_.found;
    if (out_.findings.size() < limits::findings_max) {
      out_.findings.push_back(std::move(what));
    }
  }

  Result<void> pages() {
    Statement check(database_, "PRAGMA integrity_check(100)");
    while (check.next()) {
      if (check.column(0) != "ok") {
        find(fmt::format("SQLite: {}", check.column(0)));
      }
    }
    return check.done();
  }

  // A sum of hashes over what stands in an index is that over what should, whatever the order.
  static std::uint64_t hash(std::int64_t key, std::int64_t lane, std::int64_t sequence) {
    std::uint64_t out = unsigned_of(key);
    for (const std::int64_t part : {lane, sequence}) {
      out ^= unsigned_of(part) + 0x9E3779B97F4A7C15ULL;
      out *= 0xBF58476D1CE4E5B9ULL;
      out ^= out >> 29;
      out *= 0x94D049BB133111EBULL;
      out ^= out >> 32;
    }
    return out;
  }

  Result<void> versions() {
    TRY(const std::int64_t all, database_.number("SELECT count(*) FROM objects"));
    Statement each(database_,
                   "SELECT objects.sequence, objects.lane, lanes.collection, objects.id, lanes.type, objects.version, "
                   "objects.digest, objects.keys, objects.bytes FROM objects LEFT JOIN lanes ON "
                   "lanes.number=objects.lane ORDER BY objects.sequence");
    std::vector<std::int64_t> keys;
    while (each.next()) {
      const std::int64_t sequence = each.integer(0);
      const std::int64_t lane = each.integer(1);
      const std::int64_t collection = each.integer(2);
      const std::string_view id = each.column(3);
      const std::string_view bytes = each.column(8);
      const auto name = [&] { return fmt::format("{} (sequence {})", id, sequence); };
      if (collection == 0) {
        find(fmt::format("{} stands in no collection", name()));
      }
      const trust::Sha256Digest digest = trust::sha256(bytes);
      if (each.column(6) != std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size())) {
        find(fmt::format("{} is not what was stored: its digest is another", name()));
      } else if (hooks_.version) {
        std::string wrong = hooks_.version({unsigned_of(sequence), id, each.column(4), each.column(5), bytes});
        if (!wrong.empty()) {
          find(fmt::format("{}: {}", name(), wrong));
        }
      }
      keys.clear();
      keys.push_back(key_of(KeyKind::id, collection, id).number());
      for (std::size_t at = 0; (at + 1) * Key::size <= each.column(7).size(); ++at) {
        keys.push_back(key_at(each.column(7), at).number());
      }
      std::sort(keys.begin(), keys.end());
      keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
      for (const std::int64_t key : keys) {
        sum_ += hash(key, lane, sequence);
      }
      postings_ += keys.size();
      out_.bytes += bytes.size();
      ++out_.versions;
      if (out_.versions % progress_every == 0 && hooks_.progress && !hooks_.progress(out_.versions, unsigned_of(all))) {
        return interrupted();
      }
    }
    return each.done();
  }

  Result<void> postings() {
    std::uint64_t sum = 0;
    std::uint64_t count = 0;
    for (const std::string_view sql :
         {"SELECT key, lane, sequence FROM postings", "SELECT key, lane, sequence FROM fresh_postings"}) {
      Statement each(database_, sql);
      while (each.next()) {
        sum += hash(each.integer(0), each.integer(1), each.integer(2));
        ++count;
      }
      TRY_VOID(each.done());
    }
    if (sum == sum_ && count == postings_) {
      return {};
    }
    find(fmt::format("the index of ids, references and values holds {} postings where the versions ask for {}", count,
                     postings_));
    return lost_postings();
  }

  // Which ones; only where some are.
  Result<void> lost_postings() {
    Statement each(database_, "SELECT sequence, lane, collection, id, keys FROM objects JOIN lanes ON number=lane");
    Statement posted(database_,
                     "SELECT EXISTS(SELECT 1 FROM fresh_postings WHERE key=?1 AND lane=?2 AND sequence=?3) OR "
                     "EXISTS(SELECT 1 FROM postings WHERE key=?1 AND lane=?2 AND sequence=?3)");
    while (each.next()) {
      std::vector<std::int64_t> keys = {key_of(KeyKind::id, each.integer(2), each.column(3)).number()};
      for (std::size_t at = 0; (at + 1) * Key::size <= each.column(4).size(); ++at) {
        keys.push_back(key_at(each.column(4), at).number());
      }
      for (const std::int64_t key : keys) {
        posted.reset();
        posted.number(key).number(each.integer(1)).number(each.integer(0));
        const bool found = posted.next() && posted.integer(0) != 0;
        TRY_VOID(posted.done());
        if (!found) {
          find(fmt::format("{} (sequence {}) is not found by one of its {} keys", each.column(3), each.integer(0),
                           keys.size()));
        }
      }
    }
    return each.done();
  }

  Result<void> kept_aside() {
    Statement each(database_, "SELECT sequence, digest, bytes FROM conflicts");
    while (each.next()) {
      const trust::Sha256Digest digest = trust::sha256(each.column(2));
      if (each.column(1) != std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size())) {
        find(fmt::format("a copy that was kept aside of the version at {} is not what was kept", each.integer(0)));
      }
    }
    return each.done();
  }

  // Counts of what must not be; each question is one walk over one index or table.
  Result<void> counts() {
    struct Question {
      const char* sql;
      const char* what;  // with the number of them
    };
    static constexpr Question questions[] = {
        {"SELECT count(*) FROM lanes LEFT JOIN classes ON classes.collection=lanes.collection AND "
         "classes.id=lanes.class LEFT JOIN collections ON collections.number=lanes.collection "
         "WHERE classes.id IS NULL OR collections.number IS NULL",
         "{} lanes belong to no release class or no collection"},
        {"SELECT count(*) FROM objects JOIN lanes ON lanes.number=objects.lane WHERE NOT EXISTS(SELECT 1 FROM commits "
         "WHERE commits.collection=lanes.collection AND commits.date_added=objects.date_added AND "
         "commits.sequence>=objects.sequence)",
         "{} versions belong to no commit of their date"},
        {"SELECT count(*) FROM (SELECT sequence, lag(sequence) OVER (PARTITION BY collection ORDER BY date_added) AS "
         "before FROM commits) WHERE before>=sequence",
         "{} commits have a later date than one behind them"},
        {"SELECT count(*) FROM (SELECT classes.writer AS writer, count(*) AS n, sum(length(objects.bytes)) AS b FROM "
         "objects JOIN lanes ON lanes.number=objects.lane JOIN classes ON classes.collection=lanes.collection AND "
         "classes.id=lanes.class GROUP BY 1) AS counted FULL JOIN usage ON usage.writer=counted.writer "
         "WHERE coalesce(n,0)<>coalesce(usage.objects,0) OR coalesce(b,0)<>coalesce(usage.bytes,0)",
         "the accounts of {} writers are not what they wrote"},
        {"SELECT count(*) FROM clock WHERE sequence<(SELECT coalesce(max(sequence),0) FROM objects) OR "
         "last<(SELECT coalesce(max(date_added),last) FROM commits)",
         "the clock of commits stands behind {} of them"},
        {"SELECT count(*) FROM clock WHERE conflict_bytes<>(SELECT coalesce(sum(length(bytes)),0) FROM conflicts)",
         "what was kept aside is not as large as is written down ({})"},
        {"SELECT count(*) FROM conflicts WHERE sequence NOT IN (SELECT sequence FROM objects)",
         "{} copies were kept aside of versions that are gone"},
        {"SELECT count(*) FROM log_places WHERE sequence NOT IN (SELECT sequence FROM objects)",
         "{} places in logs belong to versions that are gone"},
        {"SELECT count(*) FROM grants WHERE user NOT IN (SELECT name FROM users)", "{} grants belong to no user"},
    };
    for (const Question& question : questions) {
      TRY(const std::int64_t wrong, database_.number(question.sql));
      if (wrong != 0) {
        find(fmt::format(fmt::runtime(question.what), wrong));
      }
    }
    return repeated();
  }

  // Ids with several versions must be known as such, or pages would show old ones.
  Result<void> repeated() {
    Statement each(database_,
                   "SELECT lanes.collection, objects.id FROM objects JOIN lanes ON lanes.number=objects.lane "
                   "GROUP BY lanes.collection, objects.id HAVING count(*)>1");
    Statement known(database_, "SELECT 1 FROM repeated WHERE key=?");
    while (each.next()) {
      known.reset();
      known.number(key_of(KeyKind::id, each.integer(0), each.column(1)).number());
      const bool there = known.next();
      TRY_VOID(known.done());
      if (!there) {
        find(fmt::format("{} has several versions and is not known for it", each.column(1)));
      }
    }
    return each.done();
  }

  Database& database_;
  const VerifyHooks& hooks_;
  Verified out_;
  std::uint64_t sum_ = 0, postings_ = 0;
};

}  // namespace

Result<FileFigures> file_figures(const std::string& path) {
  Database database;
  TRY_VOID(open_to_look(database, path));
  Snapshot snapshot(database);
  TRY_VOID(snapshot.begin());
  FileFigures out;
  out.newest_schema = newest_schema();
  TRY(out.schema, database.number("PRAGMA user_version"));
  out.file_bytes = size_of(path);
  out.log_bytes = size_of(path + "-wal");
  TRY(const std::int64_t free, database.number("PRAGMA freelist_count"));
  TRY(const std::int64_t page, database.number("PRAGMA page_size"));
  out.free_bytes = unsigned_of(free) * unsigned_of(page);
  if (out.schema != out.newest_schema) {
    return out;
  }
  const std::pair<const char*, std::uint64_t*> counts[] = {
      {"SELECT count(*) FROM collections WHERE root<>''", &out.collections},
      {"SELECT coalesce(sum(objects),0) FROM usage", &out.versions},
      {"SELECT coalesce(sum(bytes),0) FROM usage", &out.object_bytes},
      {"SELECT coalesce(sum(seen),0) FROM conflict_counts", &out.conflicts},
      {"SELECT count(*) FROM users", &out.users},
      {"SELECT sequence FROM clock", &out.last_sequence},
  };
  for (const auto& [sql, into] : counts) {
    TRY(const std::int64_t number, database.number(sql));
    *into = unsigned_of(number);
  }
  if (out.last_sequence != 0) {
    TRY(out.last_added.ticks, database.number("SELECT last FROM clock"));
  }
  Statement logs(database, "SELECT name FROM logs ORDER BY name");
  while (logs.next()) {
    out.logs.emplace_back(logs.column(0));
  }
  TRY_VOID(logs.done());
  return out;
}

Result<void> copy_file(const std::string& path, const std::string& to,
                       const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  std::error_code error;
  if (std::filesystem::exists(to, error)) {
    return failure(ErrorCode::usage, "the file exists", {to});
  }
  Database from;
  TRY_VOID(open_to_look(from, path));
  Snapshot snapshot(from);
  TRY_VOID(snapshot.begin());
  // Readable by its owner alone from its first byte on.
  const int made = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) {
    return failure(ErrorCode::io, fmt::format("the copy cannot be made: {}", std::strerror(errno)), {to});
  }
  close(made);
  const auto copy = [&]() -> Result<void> {
    // Not Database::open(): it would make the copy a file with a write-ahead log before there is anything in it.
    sqlite3* handle = nullptr;
    const auto failed = [&](const std::string& what) {
      const std::string why = sqlite3_errmsg(handle);
      const bool full = (sqlite3_errcode(handle) & 0xFF) == SQLITE_FULL;
      sqlite3_close(handle);
      return failure(ErrorCode::io, fmt::format("{}: {}", what, why), {to},
                     full ? "the disk is full: the node goes on, there is no copy" : "");
    };
    if (sqlite3_open_v2(to.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
      return failed("the copy cannot be opened");
    }
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_backup* backup = sqlite3_backup_init(handle, "main", from.handle(), "main");
    if (backup == nullptr) {
      return failed("the copy cannot be begun");
    }
    int step = SQLITE_OK;
    bool goes_on = true;
    while (goes_on && (step == SQLITE_OK || step == SQLITE_BUSY || step == SQLITE_LOCKED)) {
      step = sqlite3_backup_step(backup, pages_at_once);
      const int all = sqlite3_backup_pagecount(backup);
      goes_on = !progress || progress(unsigned_of(all - sqlite3_backup_remaining(backup)), unsigned_of(all));
    }
    const int finished = sqlite3_backup_finish(backup);
    if (!goes_on && step != SQLITE_DONE) {
      sqlite3_close(handle);
      return interrupted();
    }
    if (step != SQLITE_DONE || finished != SQLITE_OK) {
      return failed("the copy failed");
    }
    if (sqlite3_close(handle) != SQLITE_OK) {
      return failure(ErrorCode::io, "the copy cannot be closed", {to});
    }
    const int written = open(to.c_str(), O_RDONLY | O_CLOEXEC);
    const bool safe = written >= 0 && fsync(written) == 0;
    if (written >= 0) {
      close(written);
    }
    return safe ? Result<void>() : failure(ErrorCode::io, "the copy cannot be made durable", {to});
  };
  Result<void> copied = copy();
  if (!copied) {
    for (const char* end : {"", "-journal", "-wal", "-shm"}) {
      std::filesystem::remove(to + end, error);
    }
  }
  return copied;
}

Result<Verified> verify_file(const std::string& path, const VerifyHooks& hooks) {
  Database database;
  TRY_VOID(open_to_look(database, path));
  Snapshot snapshot(database);
  TRY_VOID(snapshot.begin());
  TRY(const std::int64_t schema, database.number("PRAGMA user_version"));
  if (schema != newest_schema()) {
    return failure(ErrorCode::damaged,
                   fmt::format("the database has schema {}, this program verifies {}", schema, newest_schema()), {path},
                   "'tocsin serve' brings an older one up to date at its start");
  }
  return Verifier(database, hooks).run();
}

}  // namespace tocsin::store
