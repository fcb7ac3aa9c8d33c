#include "store/sqlite/connections.h"

#include <utility>

#include "store/limits.h"
#include "store/sqlite/migrations.h"

namespace tocsin::store {

Result<void> Connections::open(const std::string& path, const Database::Options& options) {
  path_ = path;
  options_ = options;
  options_.create = false;
  writer_ = std::make_unique<Connection>();
  TRY_VOID(writer_->database.open(path, options));
  TRY_VOID(migrate(writer_->database, path, options.create));
  if (options.vfs == nullptr) {
    sqlite3_wal_hook(writer_->database.handle(), log_grew, this);
    tidier_ = std::thread([this] { tidy(); });
  }
  return {};
}

Result<void> Connections::open_moment(const std::string& path) {
  path_ = path;
  moment_ = true;
  TRY(const Reader first, reader());
  TRY([[maybe_unused]] const std::int64_t tables, first->database.number("SELECT count(*) FROM sqlite_schema"));
  TRY(const std::int64_t schema, first->database.number("PRAGMA user_version"));
  return schema == newest_schema() ? Result<void>()
                                   : failure(ErrorCode::damaged, "the database has another schema", {path});
}

Connections::~Connections() {
  if (tidier_.joinable()) {
    {
      const std::scoped_lock lock(tidying_);
      stopping_ = true;
    }
    grew_.notify_one();
    tidier_.join();
  }
}

// Called by SQLite behind each commit of the writer.
int Connections::log_grew(void* self, sqlite3* handle, const char*, int pages) {
  auto& connections = *static_cast<Connections*>(self);
  if (pages >= limits::log_pages_max) {
    // Most of it is copied already. An error here is met again by the next commit or by whoever reads.
    sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  } else if (pages >= limits::log_pages_min) {
    {
      const std::scoped_lock lock(connections.tidying_);
      connections.large_ = true;
    }
    connections.grew_.notify_one();
  }
  return SQLITE_OK;
}

void Connections::tidy() {
  Database database;
  if (!database.open(path_, options_)) {
    return;  // the writer copies alone
  }
  for (;;) {
    {
      std::unique_lock lock(tidying_);
      grew_.wait(lock, [&] { return large_ || stopping_; });
      if (stopping_) {
        return;
      }
      large_ = false;
    }
    sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
}

Result<Connections::Reader> Connections::reader() const {
  std::unique_ptr<Connection> connection;
  {
    std::unique_lock lock(pool_);
    returned_.wait(lock, [&] { return !idle_.empty() || readers_ < (moment_ ? 1 : limits::readers_max); });
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    } else {
      ++readers_;
    }
  }
  const bool fresh = connection == nullptr;
  if (fresh) {
    connection = std::make_unique<Connection>();
  }
  // Goes back to the pool also where opening fails: closed then, and opened by the next who asks.
  Reader out(*this, std::move(connection));
  if (out.database().handle() == nullptr) {
    if (auto opened = out.database().open(path_, options_); !opened) {
      out.database().close();
      return std::unexpected(std::move(opened).error());
    }
    TRY_VOID(out.database().run("PRAGMA query_only=ON; PRAGMA cache_size=-49152;"));
  }
  if (sqlite3_get_autocommit(out.database().handle()) != 0) {
    TRY_VOID(Statement(out.database(), "BEGIN").done());
  }
  return out;
}

Connections::Reader::~Reader() {
  if (connection_ == nullptr) {
    return;
  }
  if (!owner_->moment_ && connection_->database.handle() != nullptr &&
      sqlite3_get_autocommit(connection_->database.handle()) == 0) {
    (void)Statement(connection_->database, "COMMIT").done();
  }
  {
    const std::scoped_lock lock(owner_->pool_);
    owner_->idle_.push_back(std::move(connection_));
  }
  owner_->returned_.notify_one();
}

}  // namespace tocsin::store
