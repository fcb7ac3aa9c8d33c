// What every Notes does alike: in memory and in SQLite, by the same tests, and both against a plain map.
#include "store/notes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "store/memory/memory_notes.h"
#include "store/sqlite/sqlite_notes.h"
#include "store/sqlite/sqlite_store.h"

namespace tocsin::store {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

class NotesContract : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string("memory")) {
      notes_ = make_memory_notes();
      return;
    }
    char name[] = "/tmp/tocsin-notes-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    ASSERT_TRUE(open_sqlite_store(folder_ + "/node.sqlite", true));
    reopen();
  }
  void TearDown() override {
    notes_.reset();
    if (!folder_.empty()) {
      std::filesystem::remove_all(folder_);
    }
  }
  void reopen() {
    if (folder_.empty()) {
      return;
    }
    notes_.reset();
    auto opened = open_sqlite_notes(folder_ + "/node.sqlite");
    ASSERT_TRUE(opened) << opened.error().text();
    notes_ = std::move(*opened);
  }
  void put(std::vector<Note> changes) { ASSERT_TRUE(notes_->put(changes)); }
  Entries scanned(std::string_view prefix, std::string_view after = {}, std::size_t most = 1'000) const {
    Entries out;
    EXPECT_TRUE(notes_->scan(prefix, after, [&](std::string_view key, std::string_view value) {
      out.emplace_back(key, value);
      return out.size() < most;
    }));
    return out;
  }
  std::unique_ptr<Notes> notes_;
  std::string folder_;
};

TEST_P(NotesContract, KeepsReplacesAndForgets) {
  const std::string bytes("\0\xFF\n/", 4);
  put({{"a", "1"}, {"b", bytes}, {"empty", ""}});
  put({{"a", "2"}, {"gone", "x"}, {"gone", std::nullopt}});
  reopen();
  EXPECT_EQ(*notes_->get("a"), "2");
  EXPECT_EQ(*notes_->get("b"), bytes);
  EXPECT_EQ(*notes_->get("empty"), "") << "empty is not absent";
  EXPECT_FALSE(*notes_->get("gone"));
  EXPECT_FALSE(*notes_->get(""));
  put({{"a", std::nullopt}, {"never there", std::nullopt}});
  EXPECT_FALSE(*notes_->get("a"));
}

TEST_P(NotesContract, ScansByPrefixInTheOrderOfBytes) {
  put({{"p/b", "2"},
       {"p/a", "1"},
       {"p", "0"},
       {"p0", "no"},
       {std::string("p/\xFF", 3), "4"},
       {"p/b/c", "3"},
       {"o", "no"}});
  EXPECT_EQ(scanned("p/"), (Entries{{"p/a", "1"}, {"p/b", "2"}, {"p/b/c", "3"}, {std::string("p/\xFF", 3), "4"}}));
  EXPECT_EQ(scanned("p/", "p/b"), (Entries{{"p/b/c", "3"}, {std::string("p/\xFF", 3), "4"}}));
  EXPECT_EQ(scanned("p/", "p/aa", 1), (Entries{{"p/b", "2"}})) << "a key that is not there is a place all the same";
  EXPECT_EQ(scanned("p/", "a").size(), 4U) << "a place before the prefix";
  EXPECT_TRUE(scanned("p/", "q").empty());
  EXPECT_TRUE(scanned("nothing").empty());
  EXPECT_EQ(scanned("").size(), 7U);
}

TEST_P(NotesContract, AgreesWithAMapOverRandomChanges) {
  std::map<std::string, std::string, std::less<>> model;
  std::uint64_t state = 5;
  const auto dice = [&](std::uint64_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % bound;
  };
  for (int round = 0; round < 60; ++round) {
    std::vector<Note> changes;
    for (std::uint64_t count = dice(6); count != 0; --count) {
      std::string key = std::string(1, static_cast<char>('a' + dice(3))) + "/" + std::to_string(dice(20));
      if (dice(3) == 0) {
        model.erase(key);
        changes.push_back({key, {}});
      } else {
        model[key] = std::to_string(round);
        changes.push_back({key, std::to_string(round)});
      }
    }
    put(changes);
    const std::string prefix(1, static_cast<char>('a' + dice(3)));
    Entries expected;
    for (const auto& [key, value] : model) {
      if (key.starts_with(prefix)) {
        expected.emplace_back(key, value);
      }
    }
    EXPECT_EQ(scanned(prefix), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, NotesContract, ::testing::Values("memory", "sqlite"),
                         [](const auto& which) { return std::string(which.param); });

}  // namespace
}  // namespace tocsin::store
