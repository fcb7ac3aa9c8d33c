#include "store/sqlite/database.h"

#include <utility>

#include <fmt/format.h>

namespace tocsin::store {

Result<void> Database::open(const std::string& path, bool create) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    return failure(create ? ErrorCode::io : ErrorCode::not_found,
                   fmt::format("the database cannot be opened: {}", sqlite3_errmsg(handle_)), {path});
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, 10'000);
  // A page is synced before a commit is acknowledged: a power cut loses nothing that was.
  return run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
}

Result<void> Database::run(const char* sql) {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Result<void>() : failed("a change");
}

std::unexpected<Error> Database::failed(std::string_view what) const {
  const int code = sqlite3_errcode(handle_) & 0xFF;
  return failure(code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ErrorCode::damaged : ErrorCode::io,
                 fmt::format("{} failed in the database: {}", what, sqlite3_errmsg(handle_)));
}

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  result_ = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle_, nullptr);
}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      handle_(std::exchange(other.handle_, nullptr)),
      bound_(other.bound_),
      result_(other.result_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(handle_, other.handle_);
  std::swap(bound_, other.bound_);
  std::swap(result_, other.result_);
  return *this;
}

Statement& Statement::text(std::string_view value) {
  sqlite3_bind_text64(handle_, ++bound_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::blob(std::string_view value) {
  sqlite3_bind_blob64(handle_, ++bound_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::number(std::int64_t value) {
  sqlite3_bind_int64(handle_, ++bound_, value);
  return *this;
}

bool Statement::next() {
  if (handle_ == nullptr) {
    return false;
  }
  result_ = sqlite3_step(handle_);
  return result_ == SQLITE_ROW;
}

Result<void> Statement::done() {
  if (handle_ != nullptr && result_ != SQLITE_DONE) {
    next();
  }
  return handle_ != nullptr && result_ == SQLITE_DONE ? Result<void>() : database_->failed("a question");
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
  TRY_VOID(database_.run("BEGIN IMMEDIATE"));
  open_ = true;
  return {};
}
Result<void> Transaction::commit() {
  TRY_VOID(database_.run("COMMIT"));
  open_ = false;
  return {};
}

}  // namespace tocsin::store
