// Connections: the one connection that writes and a few that read, so that no reader waits for a writer.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "store/sqlite/database.h"

namespace tocsin::store {

// Where a version stands: its collection, release class and type. Lanes are never changed and never removed.
struct Lane {
  std::int64_t number = 0, collection = 0, release_class = 0;
  std::string type, writer;
};

// A database with what one connection remembers of it.
struct Connection {
  Database database;
  boost::unordered_flat_map<std::int64_t, Lane> lanes;  // by number
};

// Threads: `writer()` and `reader()` may be called from all. What they give belongs to one thread until it goes. The
// writer is handed to one thread after the other; a reader sees what was committed when it was handed out, and neither
// waits for the other. A thread must not ask for a second one while it holds one.
class Connections {
 public:
  class Writer {
   public:
    Connection* operator->() const { return connection_; }
    Connection& operator*() const { return *connection_; }
    Database& database() const { return connection_->database; }

   private:
    friend class Connections;
    Writer(std::mutex& mutex, Connection& connection) : lock_(mutex), connection_(&connection) {}
    std::unique_lock<std::mutex> lock_;
    Connection* connection_;
  };
  class Reader {
   public:
    Reader(Reader&& other) noexcept : owner_(other.owner_), connection_(std::move(other.connection_)) {}
    Reader& operator=(Reader&&) = delete;
    ~Reader();
    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }
    Database& database() const { return connection_->database; }

   private:
    friend class Connections;
    Reader(const Connections& owner, std::unique_ptr<Connection> connection)
        : owner_(&owner), connection_(std::move(connection)) {}
    const Connections* owner_;
    std::unique_ptr<Connection> connection_;
  };

  Connections() = default;
  ~Connections();
  // Opens the file and brings its schema to ours (migrations.h). With a file system of tests nothing runs beside.
  Result<void> open(const std::string& path, const Database::Options& options);
  // To read one moment of a file that is there already, as others write to it; there is no writer then.
  Result<void> open_moment(const std::string& path);
  Writer writer() const { return {writing_, *writer_}; }
  Result<Reader> reader() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Database::Options options_;
  bool moment_ = false;         // one reader, in one transaction that never ends
  mutable std::mutex writing_;  // guards *writer_
  std::unique_ptr<Connection> writer_;
  mutable std::mutex pool_;  // guards the two below
  mutable std::vector<std::unique_ptr<Connection>> idle_;
  mutable std::size_t readers_ = 0;
  mutable std::condition_variable returned_;

  // Copies the write-ahead log into the database while the writer goes on; it also does so when it is closed.
  void tidy();
  static int log_grew(void* self, sqlite3* handle, const char* name, int pages);
  std::thread tidier_;
  std::mutex tidying_;  // guards the two below
  std::condition_variable grew_;
  bool large_ = false, stopping_ = false;
};

}  // namespace tocsin::store
