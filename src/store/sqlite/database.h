// Database and Statement: SQLite's C interface with its lifetimes and errors as ours. Include in this folder only.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::store {

class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close_v2(handle_); }
  Result<void> open(const std::string& path, bool create);
  Result<void> run(const char* sql);
  std::unexpected<Error> failed(std::string_view what) const;
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

// One prepared statement. A step that fails is told by `error()` after the last row.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  Statement& number(std::int64_t value);
  bool next();          // true: there is a row
  Result<void> done();  // after the last row, or for a statement without rows: runs it
  void reset();
  std::string_view column(int at) const;
  std::int64_t integer(int at) const { return sqlite3_column_int64(handle_, at); }

 private:
  const Database* database_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
  int result_ = SQLITE_OK;
};

// Undone unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  ~Transaction();
  Result<void> begin();
  Result<void> commit();

 private:
  Database& database_;
  bool open_ = false;
};

}  // namespace tocsin::store
