#include "store/sqlite/sqlite_notes.h"

#include <mutex>
#include <utility>

#include "store/sqlite/database.h"
#include "store/sqlite/migrations.h"

namespace tocsin::store {
namespace {

class SqliteNotes final : public Notes {
 public:
  Result<void> open(const std::string& path) {
    TRY_VOID(database_.open(path, {}));
    return migrate(database_, path, false);
  }

  Result<std::optional<std::string>> get(std::string_view key) const override {
    const std::scoped_lock lock(mutex_);
    Statement ask(database_, "SELECT value FROM room_notes WHERE key=?");
    ask.blob(key);
    std::optional<std::string> out;
    while (ask.next()) {
      out = ask.column(0);
    }
    TRY_VOID(ask.done());
    return out;
  }

  Result<void> put(std::span<const Note> changes) override {
    const std::scoped_lock lock(mutex_);
    Transaction transaction(database_);
    TRY_VOID(transaction.begin());
    Statement set(database_, "INSERT OR REPLACE INTO room_notes VALUES(?,?)");
    Statement erase(database_, "DELETE FROM room_notes WHERE key=?");
    for (const Note& change : changes) {
      Statement& statement = change.value ? set : erase;
      statement.reset();
      statement.blob(change.key);
      if (change.value) {
        statement.blob(*change.value);
      }
      TRY_VOID(statement.done());
    }
    return transaction.commit();
  }

  Result<void> scan(std::string_view prefix, std::string_view after,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const std::scoped_lock lock(mutex_);
    const bool from_prefix = after < prefix;
    Statement ask(database_, from_prefix ? "SELECT key, value FROM room_notes WHERE key>=? ORDER BY key"
                                         : "SELECT key, value FROM room_notes WHERE key>? ORDER BY key");
    ask.blob(from_prefix ? prefix : after);
    while (ask.next()) {
      const std::string_view key = ask.column(0);
      if (!key.starts_with(prefix) || !visit(key, ask.column(1))) {
        return {};
      }
    }
    return ask.done();
  }

 private:
  mutable Database database_;
  mutable std::mutex mutex_;  // guards the connection
};

}  // namespace

Result<std::unique_ptr<Notes>> open_sqlite_notes(const std::string& path) {
  auto notes = std::make_unique<SqliteNotes>();
  TRY_VOID(notes->open(path));
  return notes;
}

}  // namespace tocsin::store
