#include "store/sqlite/id_filter.h"

#include <algorithm>

#include "store/limits.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/sqlite_store_class.h"

namespace tocsin::store {
namespace {

constexpr std::uint64_t words_of_block = 8;  // a line of the processor's cache
constexpr std::uint64_t bits_of_key = 10;

}  // namespace

// One word of the block for each of the bits: a key's are in a block, which is fetched once.
struct KeySet::Place {
  std::uint64_t first_word = 0;
  std::uint64_t bits = 0;
  std::uint64_t mask(std::uint64_t word) const { return std::uint64_t{1} << (bits >> (word * 6) & 63); }
};

KeySet::KeySet(std::uint64_t capacity)
    : capacity_(capacity),
      blocks_(std::clamp<std::uint64_t>(capacity * bits_of_key / (words_of_block * 64), 1,
                                        limits::id_filter_bytes_max / (words_of_block * 8))),
      words_(std::make_unique<std::atomic<std::uint64_t>[]>(blocks_ * words_of_block)) {}

// The upper half of the number says which block, all of it (mixed once more) which bits.
KeySet::Place KeySet::place_of(std::int64_t key) const {
  const auto number = static_cast<std::uint64_t>(key);
  return {.first_word = ((number >> 32) * blocks_ >> 32) * words_of_block, .bits = number * 0x9E3779B97F4A7C15U >> 10};
}

void KeySet::add(std::int64_t key) {
  const Place place = place_of(key);
  for (std::uint64_t word = 0; word < words_of_block; ++word) {
    words_[place.first_word + word].fetch_or(place.mask(word), std::memory_order_relaxed);
  }
  added_.fetch_add(1, std::memory_order_relaxed);
}

bool KeySet::may_hold(std::int64_t key) const {
  const Place place = place_of(key);
  for (std::uint64_t word = 0; word < words_of_block; ++word) {
    if ((words_[place.first_word + word].load(std::memory_order_relaxed) & place.mask(word)) == 0) {
      return false;
    }
  }
  return true;
}

IdFilter::~IdFilter() {
  if (worker_.joinable()) {
    {
      const std::scoped_lock lock(state_);
      stopping_ = true;
    }
    wanted_or_stopping_.notify_one();
    worker_.join();
  }
}

Result<void> IdFilter::start(const Connections& connections, Database& database, bool beside) {
  TRY(const std::int64_t last, database.number("SELECT sequence FROM clock"));
  connections_ = &connections;
  if (!beside || last <= limits::id_filter_step) {
    keys_ = std::make_shared<KeySet>(limits::id_filter_keys_min);
  } else {
    wanted_ = true;
  }
  if (beside) {
    worker_ = std::thread([this] { work(); });
  }
  return {};
}

std::shared_ptr<KeySet> IdFilter::keys() const {
  const std::scoped_lock lock(state_);
  if (keys_ != nullptr && keys_->full() && keys_->blocks_ * words_of_block * 8 < limits::id_filter_bytes_max) {
    wanted_ = true;
    wanted_or_stopping_.notify_one();
  }
  return keys_;
}

// The next few ids behind those that are covered.
Result<void> IdFilter::extend(Connection& connection, KeySet& keys) {
  Statement ask(connection.database,
                "SELECT sequence, lane, id FROM objects WHERE sequence>? ORDER BY sequence LIMIT ?");
  ask.number(keys.covers_.load()).number(limits::id_filter_step);
  std::int64_t rows = 0;
  std::int64_t last = 0;
  for (; ask.next(); ++rows) {
    last = ask.integer(0);
    TRY(const Lane* lane, lane_of(connection, ask.integer(1)));
    keys.add(key_of(KeyKind::id, lane->collection, ask.column(2)).number());
  }
  TRY_VOID(ask.done());
  // What was given a sequence and is gone needs no cover.
  if (rows < limits::id_filter_step) {
    TRY(last, connection.database.number("SELECT sequence FROM clock"));
  }
  keys.covers_.store(last, std::memory_order_release);
  return {};
}

Result<IdFilter::Moment> IdFilter::at_moment_of(Connection& reader) const {
  Moment out;
  const std::shared_ptr<KeySet> keys = this->keys();
  if (keys == nullptr) {
    return out;
  }
  TRY(const std::int64_t last, reader.database.number("SELECT sequence FROM clock"));
  if (keys->covers_.load(std::memory_order_acquire) < last) {
    const std::unique_lock lock(extending_, std::try_to_lock);
    if (lock.owns_lock() && keys->covers_.load() < last) {
      TRY_VOID(extend(reader, *keys));
    }
  }
  if (keys->covers_.load(std::memory_order_acquire) >= last) {
    out.keys_ = keys;
  }
  return out;
}

IdFilter::Addition::Addition(const IdFilter& filter, std::int64_t last) : filter_(filter), keys_(filter.keys()) {
  complete_ = keys_ != nullptr && keys_->covers_.load(std::memory_order_acquire) >= last;
}

void IdFilter::Addition::add(std::int64_t key) {
  if (complete_) {
    keys_->add(key);
  }
}

// Held until it is told: those who read what was committed would read its ids from the database.
Result<void> IdFilter::Addition::commit(Transaction& transaction, std::int64_t last) {
  const std::scoped_lock lock(filter_.extending_);
  TRY_VOID(transaction.commit());
  if (complete_ && keys_->covers_.load() < last) {
    keys_->covers_.store(last, std::memory_order_release);
  }
  return {};
}

// All keys of the index, of whatever kind: they are small and lie together, where the ids are spread over all objects.
Result<std::shared_ptr<KeySet>> IdFilter::read_index() const {
  std::shared_ptr<KeySet> out;
  {
    TRY(const Connections::Reader reader, connections_->reader());
    TRY(const std::int64_t last, reader.database().number("SELECT sequence FROM clock"));
    TRY(const std::int64_t many, reader.database().number("SELECT count(*) FROM postings"));
    out = std::make_shared<KeySet>(
        std::max(limits::id_filter_keys_min, static_cast<std::uint64_t>(many) + static_cast<std::uint64_t>(many) / 2));
    Statement ask(reader.database(), "SELECT key FROM postings UNION ALL SELECT key FROM fresh_postings");
    std::uint64_t rows = 0;
    for (std::int64_t before = 0; ask.next();) {
      if (const std::int64_t key = ask.integer(0); rows == 0 || key != before) {
        out->add(key);
        before = key;
      }
      if (++rows % 65'536 == 0) {
        const std::scoped_lock lock(state_);
        if (stopping_) {
          return std::shared_ptr<KeySet>();
        }
      }
    }
    TRY_VOID(ask.done());
    out->covers_.store(last);
  }
  // What came meanwhile; those who read do the rest.
  for (int round = 0; round < 64; ++round) {
    TRY(const Connections::Reader reader, connections_->reader());
    TRY(const std::int64_t last, reader.database().number("SELECT sequence FROM clock"));
    if (last - out->covers_.load() < limits::id_filter_step / 2) {
      break;
    }
    TRY_VOID(extend(*reader, *out));
  }
  return out;
}

void IdFilter::work() {
  for (;;) {
    {
      std::unique_lock lock(state_);
      wanted_or_stopping_.wait(lock, [&] { return wanted_ || stopping_; });
      if (stopping_) {
        return;
      }
    }
    // An error here is met again by whoever reads; without a filter everything is looked for.
    auto read = read_index();
    const std::scoped_lock lock(state_);
    wanted_ = false;
    if (stopping_ || !read) {
      return;
    }
    keys_ = std::move(*read);
  }
}

}  // namespace tocsin::store
