// The filter of ids: never without one that is there, and the store with it beside one that other programs write to.
#include "store/sqlite/id_filter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "store/limits.h"
#include "store/sqlite/sqlite_store.h"

namespace tocsin::store {
namespace {

constexpr CollectionName here{"api", "c1"};

std::string id_of(std::size_t number) { return fmt::format("indicator--00000000-0000-4000-8000-{:012}", number); }

NewVersion version_of(std::size_t number) {
  NewVersion out;
  out.id = id_of(number);
  out.bytes = "{\"id\":\"" + out.id + "\"}";
  out.type = "indicator";
  out.spec_version = "2.1";
  out.release = "indicator";
  out.writer = "w";
  return out;
}

TEST(KeySet, HoldsAllThatWasAddedAndFewOthers) {
  std::mt19937_64 random(7);
  KeySet keys(20'000);
  std::vector<std::int64_t> in;
  for (int at = 0; at < 20'000; ++at) {
    in.push_back(static_cast<std::int64_t>(random()));
    keys.add(in.back());
  }
  EXPECT_FALSE(keys.full());
  for (const std::int64_t key : in) {
    EXPECT_TRUE(keys.may_hold(key));
  }
  int wrong = 0;
  for (int at = 0; at < 100'000; ++at) {
    wrong += keys.may_hold(static_cast<std::int64_t>(random())) ? 1 : 0;
  }
  EXPECT_LT(wrong, 3'000);
  keys.add(1);
  EXPECT_TRUE(keys.full());
}

class IdFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("tocsin-id-filter-{}", ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Store> opened() {
    auto store = open_sqlite_store(folder_ / "s.sqlite", true);
    EXPECT_TRUE(store);
    Collection collection;
    collection.root = here.root;
    collection.id = here.id;
    EXPECT_TRUE((*store)->put_collection(collection));
    return std::move(*store);
  }
  static void put(Store& store, std::size_t first, std::size_t end) {
    std::vector<NewVersion> batch;
    for (std::size_t at = first; at < end; ++at) {
      batch.push_back(version_of(at));
    }
    const auto put = store.put(here, batch, Time::from_seconds(1));
    ASSERT_TRUE(put) << put.error().text();
  }
  // How many of the ids `first` to `end` are found, asked in batches as references.h asks.
  static std::size_t found(const Store& store, std::size_t first, std::size_t end) {
    std::set<std::size_t> out;
    for (std::size_t at = first; at < end; at += 256) {
      std::vector<std::string> ids;
      for (std::size_t one = at; one < std::min(at + 256, end); ++one) {
        ids.push_back(id_of(one));
      }
      const std::vector<std::string_view> views(ids.begin(), ids.end());
      EXPECT_TRUE(store.versions(here, views, [&](std::size_t number, const RecordPointer& record) {
        EXPECT_EQ(record->id, ids[number]);
        out.insert(at + number);
      }));
    }
    return out.size();
  }
  std::filesystem::path folder_;
};

TEST_F(IdFilterTest, FindsWhatAnotherProgramWrites) {
  const auto store = opened();
  const auto other = opened();
  std::size_t many = 0;
  // One at a time, in turns, and more at once than one reader takes up.
  for (const std::size_t more : {1UL, 1UL, 700UL, 1UL, static_cast<std::size_t>(limits::id_filter_step) * 2 + 5, 1UL}) {
    put(*other, many, many + more);
    many += more;
    EXPECT_EQ(found(*store, 0, many), many);
    put(*store, many, many + 1);
    ++many;
    EXPECT_EQ(found(*other, 0, many), many);
  }
  EXPECT_EQ(found(*store, many, many + 1'000), 0U);
  // What is put twice is seen to be there by both.
  for (Store* one : {store.get(), other.get()}) {
    const std::vector<NewVersion> again = {version_of(3), version_of(many - 2), version_of(many), version_of(many)};
    const auto put = one->put(here, again, Time::from_seconds(1));
    ASSERT_TRUE(put);
    EXPECT_EQ(*put, (std::vector<Put>{Put::present, Put::present, one == store.get() ? Put::stored : Put::present,
                                      Put::present}));
  }
}

TEST_F(IdFilterTest, ALargeStoreIsReadWhileItIsWrittenAndAsked) {
  constexpr std::size_t many = 6'000;
  {
    const auto store = opened();
    for (std::size_t at = 0; at < many; at += 1'000) {
      put(*store, at, at + 1'000);
    }
  }
  const auto store = opened();  // reads the index beside what follows
  std::atomic<std::size_t> written = many;
  std::atomic<bool> ended = false;
  std::thread writer([&] {
    for (int round = 0; round < 60; ++round) {
      put(*store, written, written + 50);
      written += 50;
    }
    ended = true;
  });
  std::size_t rounds = 0;
  for (; !ended || rounds < 3; ++rounds) {
    const std::size_t now = written;
    EXPECT_EQ(found(*store, now - 500, now), 500U);
  }
  writer.join();
  EXPECT_EQ(found(*store, 0, written), written);
  EXPECT_EQ(found(*store, written, written + 2'000), 0U);
  // What is removed is not found again, and may come back.
  const auto gone = store->versions(here, id_of(77));
  ASSERT_TRUE(gone && gone->size() == 1);
  ASSERT_TRUE(store->remove(here, *gone));
  EXPECT_EQ(found(*store, 0, written), written - 1);
  put(*store, 77, 78);
  EXPECT_EQ(found(*store, 0, written), written);
}

TEST_F(IdFilterTest, GrowsWithTheStore) {
  const auto store = opened();
  const std::size_t many = limits::id_filter_keys_min + 20'000;
  for (std::size_t at = 0; at < many; at += 5'000) {
    put(*store, at, std::min(at + 5'000, many));
    EXPECT_EQ(found(*store, at, std::min(at + 300, many)), 300U);
  }
  for (std::size_t at = 0; at + 400 < many; at += 7'001) {
    EXPECT_EQ(found(*store, at, at + 400), 400U);
  }
}

}  // namespace
}  // namespace tocsin::store
