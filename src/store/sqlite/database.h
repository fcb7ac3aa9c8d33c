// Database and Statement: SQLite's C interface with its lifetimes and errors as ours. Include in this folder only.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/result.h"

namespace tocsin::store {

// One connection, used by one thread at a time. Statements are prepared once and used again: their texts must come
// from a small set (values are bound, never written into them).
class Database {
 public:
  struct Options {
    bool create = false;
    const char* vfs = nullptr;  // the operating system's
  };
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { close(); }
  Result<void> open(const std::string& path, const Options& options);
  void close();
  // Several statements, without values.
  Result<void> run(const char* sql);
  // The first column of the first row; 0 where there is none.
  Result<std::int64_t> number(std::string_view sql);
  std::unexpected<Error> failed(std::string_view what) const;
  sqlite3* handle() const { return handle_; }

 private:
  friend class Statement;
  sqlite3_stmt* take(std::string_view sql);
  void give_back(std::string_view sql, sqlite3_stmt* statement);

  sqlite3* handle_ = nullptr;
  std::string path_;
  boost::unordered_flat_map<std::string, std::vector<sqlite3_stmt*>> prepared_;  // not in use now
};

// One use of a prepared statement. A step that fails is told by `done()` after the last row. The text must outlive it.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  ~Statement();
  // Values in the order of the question marks; `text` and `blob` copy, `borrowed` must live until the next reset.
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  Statement& borrowed(std::string_view value);  // a blob
  Statement& borrowed_text(std::string_view value);
  Statement& number(std::int64_t value);
  bool next();                            // true: there is a row
  Result<void> done();                    // after the last row, or for a statement without rows: runs it
  void reset();                           // for other values
  std::string_view column(int at) const;  // until the next step
  std::int64_t integer(int at) const { return sqlite3_column_int64(handle_, at); }

 private:
  Database* database_;
  std::string_view sql_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
  int result_ = SQLITE_OK;
};

// A change: undone unless committed.
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
