// Logs and notes: tiles that are written with the versions that they hold, and small texts that are replaced in one
// step.
#include <algorithm>

#include "store/sqlite/log_tables.h"
#include "store/sqlite/sqlite_store_class.h"

namespace tocsin::store {
namespace {

struct Log {
  std::int64_t number = 0;  // 0: there is none
  std::uint64_t size = 0;
};

Result<Log> log_of(Database& database, std::string_view name) {
  Statement ask(database, "SELECT number, size FROM logs WHERE name=?");
  ask.text(name);
  const Log out = ask.next() ? Log{ask.integer(0), static_cast<std::uint64_t>(ask.integer(1))} : Log();
  TRY_VOID(ask.done());
  return out;
}

class StoredTiles final : public trust::TileReader {
 public:
  StoredTiles(Database& database, std::int64_t log) : database_(database), log_(log) {}
  Result<std::string> tile(trust::TileName name) override {
    Statement ask(database_, "SELECT bytes FROM log_tiles WHERE log=? AND level=? AND position=?");
    ask.number(log_).number(name.level).number(static_cast<std::int64_t>(name.index));
    std::string out(ask.next() ? ask.column(0) : std::string_view());
    TRY_VOID(ask.done());
    return out;
  }

 private:
  Database& database_;
  std::int64_t log_;
};

std::string_view view(const trust::LogSalt& salt) { return {reinterpret_cast<const char*>(salt.data()), salt.size()}; }

}  // namespace

Result<void> append_to_log(Database& database, const std::string& name, std::span<const LoggedVersion> versions) {
  TRY_VOID(Statement(database, "INSERT OR IGNORE INTO logs(name,size) VALUES(?,0)").text(name).done());
  TRY(const Log log, log_of(database, name));
  std::vector<std::string> entries;
  entries.reserve(versions.size());
  Statement place(database, "INSERT INTO log_places VALUES(?,?,?,?)");
  for (const LoggedVersion& version : versions) {
    place.reset();
    TRY_VOID(place.number(version.sequence)
                 .number(log.number)
                 .number(static_cast<std::int64_t>(log.size + entries.size()))
                 .borrowed(view(version.salt))
                 .done());
    entries.push_back(version.entry);
  }
  StoredTiles tiles(database, log.number);
  TRY(const trust::TileChanges changes, trust::append_entries(tiles, log.size, entries));
  Statement put(database,
                "INSERT INTO log_tiles(log,level,position,bytes) VALUES(?,?,?,?) ON CONFLICT(log,level,position) DO "
                "UPDATE SET bytes=excluded.bytes");
  for (const auto& [tile, bytes] : changes.put) {
    put.reset();
    TRY_VOID(
        put.number(log.number).number(tile.level).number(static_cast<std::int64_t>(tile.index)).borrowed(bytes).done());
  }
  return Statement(database, "UPDATE logs SET size=? WHERE number=?")
      .number(static_cast<std::int64_t>(changes.size))
      .number(log.number)
      .done();
}

Result<std::uint64_t> SqliteStore::log_size(std::string_view log) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const Log found, log_of(reader.database(), log));
  return found.size;
}

Result<std::string> SqliteStore::log_tile(std::string_view log, trust::TileName name) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const Log found, log_of(reader.database(), log));
  return StoredTiles(reader.database(), found.number).tile(name);
}

Result<std::optional<LogPlace>> SqliteStore::log_place(Sequence sequence) const {
  TRY(const Connections::Reader reader, connections_.reader());
  Statement ask(reader.database(),
                "SELECT name, position, salt FROM log_places JOIN logs ON logs.number=log WHERE sequence=?");
  ask.number(static_cast<std::int64_t>(sequence));
  if (!ask.next()) {
    TRY_VOID(ask.done());
    return std::optional<LogPlace>();
  }
  LogPlace out{std::string(ask.column(0)), static_cast<std::uint64_t>(ask.integer(1)), {}};
  const std::string_view salt = ask.column(2);
  if (salt.size() != out.salt.size()) {
    return failure(ErrorCode::damaged, "the salt of a log's entry has another length");
  }
  std::copy(salt.begin(), salt.end(), out.salt.begin());
  return std::optional<LogPlace>(out);
}

Result<std::optional<std::string>> SqliteStore::note(std::string_view name) const {
  TRY(const Connections::Reader reader, connections_.reader());
  Statement ask(reader.database(), "SELECT note FROM notes WHERE name=?");
  ask.text(name);
  std::optional<std::string> out;
  if (ask.next()) {
    out = std::string(ask.column(0));
  }
  TRY_VOID(ask.done());
  return out;
}

Result<bool> SqliteStore::replace_note(std::string_view name, const std::optional<std::string>& expected,
                                       std::string_view note) {
  const Connections::Writer writer = connections_.writer();
  Transaction transaction(writer.database());
  TRY_VOID(transaction.begin());
  if (expected) {
    TRY_VOID(Statement(writer.database(), "UPDATE notes SET note=? WHERE name=? AND note=?")
                 .text(note)
                 .text(name)
                 .text(*expected)
                 .done());
  } else {
    TRY_VOID(Statement(writer.database(), "INSERT OR IGNORE INTO notes VALUES(?,?)").text(name).text(note).done());
  }
  const bool replaced = sqlite3_changes(writer.database().handle()) != 0;
  TRY_VOID(transaction.commit());
  return replaced;
}

}  // namespace tocsin::store
