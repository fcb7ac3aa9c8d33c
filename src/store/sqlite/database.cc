#include "store/sqlite/database.h"

#include <utility>

#include <fmt/format.h>

namespace tocsin::store {

Result<void> Database::open(const std::string& path, const Options& options) {
  path_ = path;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (options.create ? SQLITE_OPEN_CREATE : 0);
  const int opened = sqlite3_open_v2(path.c_str(), &handle_, flags, options.vfs);
  if (opened != SQLITE_OK) {
    return failure(opened == SQLITE_CANTOPEN && !options.create ? ErrorCode::not_found : ErrorCode::io,
                   fmt::format("the database cannot be opened: {}", sqlite3_errmsg(handle_)), {path});
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, 10'000);
  // A commit is synced before it is acknowledged: a power cut loses nothing that was. The size of a page counts for a
  // new file only; pages of 4 KiB would hold two objects and leave a third of each empty.
  return run(
      "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
      "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;");
}

void Database::close() {
  for (auto& [sql, statements] : prepared_) {
    for (sqlite3_stmt* statement : statements) {
      sqlite3_finalize(statement);
    }
  }
  prepared_.clear();
  sqlite3_close_v2(std::exchange(handle_, nullptr));
}

Result<void> Database::run(const char* sql) {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Result<void>() : failed("a change");
}

Result<std::int64_t> Database::number(std::string_view sql) {
  Statement ask(*this, sql);
  const std::int64_t out = ask.next() ? ask.integer(0) : 0;
  ask.next();
  TRY_VOID(ask.done());
  return out;
}

std::unexpected<Error> Database::failed(std::string_view what) const {
  const int code = sqlite3_errcode(handle_) & 0xFF;
  std::string hint;
  if (code == SQLITE_FULL) {
    hint = "the disk is full: make room; what was acknowledged is safe";
  } else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    hint = "stop the node, keep a copy of its folder as it is, and put a backup in its place";
  }
  return failure(code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ErrorCode::damaged : ErrorCode::io,
                 fmt::format("{} failed in the database: {}", what, sqlite3_errmsg(handle_)), {path_}, hint);
}

sqlite3_stmt* Database::take(std::string_view sql) {
  if (const auto found = prepared_.find(std::string(sql)); found != prepared_.end() && !found->second.empty()) {
    sqlite3_stmt* out = found->second.back();
    found->second.pop_back();
    return out;
  }
  sqlite3_stmt* out = nullptr;
  sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &out, nullptr);
  return out;
}

void Database::give_back(std::string_view sql, sqlite3_stmt* statement) {
  // Reset at once: a statement that stands on a row holds its snapshot of the database.
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  prepared_[std::string(sql)].push_back(statement);
}

Statement::Statement(Database& database, std::string_view sql)
    : database_(&database), sql_(sql), handle_(database.take(sql)) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      sql_(other.sql_),
      handle_(std::exchange(other.handle_, nullptr)),
      bound_(other.bound_),
      result_(other.result_) {}

Statement::~Statement() {
  if (handle_ != nullptr) {
    database_->give_back(sql_, handle_);
  }
}

Statement& Statement::text(std::string_view value) {
  sqlite3_bind_text64(handle_, ++bound_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::borrowed_text(std::string_view value) {
  sqlite3_bind_text64(handle_, ++bound_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::blob(std::string_view value) {
  sqlite3_bind_blob64(handle_, ++bound_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::borrowed(std::string_view value) {
  sqlite3_bind_blob64(handle_, ++bound_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC);
  return *this;
}
Statement& Statement::number(std::int64_t value) {
  sqlite3_bind_int64(handle_, ++bound_, value);
  return *this;
}

bool Statement::next() {
  if (handle_ == nullptr || (result_ != SQLITE_OK && result_ != SQLITE_ROW)) {
    return false;
  }
  result_ = sqlite3_step(handle_);
  return result_ == SQLITE_ROW;
}

Result<void> Statement::done() {
  if (result_ == SQLITE_OK) {
    next();
  }
  return handle_ != nullptr && (result_ == SQLITE_DONE || result_ == SQLITE_ROW) ? Result<void>()
                                                                                 : database_->failed("a question");
}

void Statement::reset() {
  sqlite3_reset(handle_);
  bound_ = 0;
  result_ = SQLITE_OK;
}

std::string_view Statement::column(int at) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, at));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, at)));
}

Transaction::~Transaction() {
  if (open_) {
    (void)database_.run("ROLLBACK");
  }
}
Result<void> Transaction::begin() {
  TRY_VOID(Statement(database_, "BEGIN IMMEDIATE").done());
  open_ = true;
  return {};
}
Result<void> Transaction::commit() {
  TRY_VOID(Statement(database_, "COMMIT").done());
  open_ = false;
  return {};
}

}  // namespace tocsin::store
