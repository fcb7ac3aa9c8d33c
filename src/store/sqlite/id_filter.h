// IdFilter: which ids a store has certainly never held, told from memory. Objects name many that no node has, and to
// find nothing in the index of postings costs as much as to find something.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/sqlite/connections.h"

namespace tocsin::store {

// A blocked Bloom filter (Putze, Sanders, Singler 2007) over numbers that are spread evenly: what was added may be
// there, and of what was not, one in a hundred or so; more where more than `capacity` were added. Any thread may add
// and ask.
class KeySet {
 public:
  explicit KeySet(std::uint64_t capacity);
  void add(std::int64_t key);
  bool may_hold(std::int64_t key) const;
  bool full() const { return added_.load(std::memory_order_relaxed) > capacity_; }

 private:
  friend class IdFilter;
  struct Place;
  Place place_of(std::int64_t key) const;

  std::uint64_t capacity_, blocks_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
  std::atomic<std::uint64_t> added_ = 0;
  // Every id up to this sequence is in it.
  std::atomic<std::int64_t> covers_ = 0;
};

// Threads: all methods may be called from all threads; the connection given is the caller's. Other programs may write
// to the same database: what a moment holds is compared with what the filter covers, and where that is less nothing is
// excluded. Memory: 10 bits for each key of the index of postings, at most limits::id_filter_bytes_max.
class IdFilter {
 public:
  ~IdFilter();
  // Reads the index where the store is large, in a thread of its own; a small one, and one that must have no thread
  // (`beside`), is read step by step by those who ask.
  Result<void> start(const Connections& connections, Database& database, bool beside);

  // What one reader, in its moment, need not look for.
  class Moment {
   public:
    bool excludes(std::int64_t key) const { return keys_ != nullptr && !keys_->may_hold(key); }

   private:
    friend class IdFilter;
    std::shared_ptr<KeySet> keys_;  // none: nothing is excluded
  };
  Result<Moment> at_moment_of(Connection& reader) const;

  // What a commit adds, by the one who writes; `last` was the last sequence before it.
  class Addition {
   public:
    Addition(const IdFilter& filter, std::int64_t last);
    bool excludes(std::int64_t key) const { return complete_ && !keys_->may_hold(key); }
    void add(std::int64_t key);
    // Makes the commit and says that its ids are covered.
    Result<void> commit(Transaction& transaction, std::int64_t last);

   private:
    const IdFilter& filter_;
    std::shared_ptr<KeySet> keys_;
    bool complete_ = false;  // every id that was there before is in it
  };

 private:
  std::shared_ptr<KeySet> keys() const;
  static Result<void> extend(Connection& connection, KeySet& keys);
  Result<std::shared_ptr<KeySet>> read_index() const;
  void work();

  mutable std::mutex state_;  // guards the five below
  mutable std::condition_variable wanted_or_stopping_;
  std::shared_ptr<KeySet> keys_;
  mutable bool wanted_ = false;
  bool stopping_ = false;
  mutable std::mutex extending_;  // held by whoever changes what is covered
  const Connections* connections_ = nullptr;
  std::thread worker_;
};

}  // namespace tocsin::store
