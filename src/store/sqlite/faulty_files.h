// FaultyFiles: a file system in memory, for tests, that loses power, fills up and fails as it is told.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tocsin::store {

// What a disk may do: between two syncs of a file any subset of the sectors that were written may have reached it, a
// sector wholly or in part. Used by one thread at a time; one at a time exists.
class FaultyFiles {
 public:
  FaultyFiles();
  ~FaultyFiles();
  FaultyFiles(const FaultyFiles&) = delete;
  static constexpr const char* name = "tocsin-faulty";

  enum class Fault : std::uint8_t { none, io, full, power };
  // From the operation `at` (counted from 1 from here on; reads count only for `io`) the fault happens: `io` once or
  // for good, `full` and `power` for good.
  void plan(Fault fault, std::uint64_t at, bool once = false);
  std::uint64_t operations() const { return operations_; }
  // The machine comes back: files are as the disk has them. Nobody may have one open.
  void power_on(std::uint64_t seed);

 private:
  friend struct FaultyCalls;
  struct Write {
    std::int64_t offset;
    std::string bytes;
  };
  struct Data {
    std::string now, durable;
    std::vector<Write> unsynced;  // a write of no bytes sets the size
    std::vector<std::unique_ptr<std::vector<char>>> shared;  // memory of the index of the write-ahead log
    int shared_locks[SQLITE_SHM_NLOCK] = {}, exclusive[SQLITE_SHM_NLOCK] = {};
  };
  // What an operation comes to now.
  int step(bool reading);
  static FaultyFiles* instance_;
  std::map<std::string, std::shared_ptr<Data>> files_;
  Fault fault_ = Fault::none;
  std::uint64_t at_ = 0, operations_ = 0;
  bool once_ = false;
};

}  // namespace tocsin::store
