#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/sqlite/database.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite_store.h"
#include "support/corpus.h"

namespace tocsin::store {
namespace {

class Migrations : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/tocsin-store-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/node.sqlite";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  // The database that a released version left, from its text.
  void restore(const char* text) {
    std::ifstream file(test::golden() / "store" / text);
    const std::string sql{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(sql.empty());
    Database database;
    ASSERT_TRUE(database.open(path_, {.create = true}));
    const auto made = database.run(sql.c_str());
    ASSERT_TRUE(made) << made.error().text();
  }
  void run(const char* sql) {
    Database database;
    ASSERT_TRUE(database.open(path_, {}));
    ASSERT_TRUE(database.run(sql));
  }
  std::string schema() {
    Database database;
    EXPECT_TRUE(database.open(path_, {}));
    Statement ask(database, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
    std::string out;
    while (ask.next()) {
      out += std::string(ask.column(0)) + ": " + std::string(ask.column(1)) + "\n";
    }
    return out;
  }
  std::string folder_, path_;
};

TEST_F(Migrations, AStoreOfSchemaOneKeepsEverything) {
  restore("schema_1.sql");
  const auto opened = open_sqlite_store(path_, false);
  ASSERT_TRUE(opened) << opened.error().text();
  Store& store = **opened;
  const CollectionName one{"api", "c1"};
  const auto versions = store.versions(one, "indicator--a");
  ASSERT_TRUE(versions) << versions.error().text();
  ASSERT_EQ(versions->size(), 2U);
  EXPECT_EQ((*versions)[0]->sequence, 1U);
  EXPECT_EQ((*versions)[0]->bytes, R"({"id":"indicator--a","n":1})");
  EXPECT_EQ((*versions)[0]->version_at, *stix::parse_timestamp("2020-01-01T00:00:00Z"));
  EXPECT_EQ((*versions)[1]->sequence, 3U);
  EXPECT_EQ((*versions)[1]->date_added.ticks, 16'000'000'000'020'000);
  EXPECT_EQ((*versions)[1]->writer, "anna");
  EXPECT_EQ(*store.repeated(one, std::vector<std::string_view>{"indicator--a", "tool--b"}),
            (std::vector<bool>{true, false}));
  EXPECT_EQ(store.classes(one)->size(), 2U);
  EXPECT_EQ(*store.classes_using(one, "identity--x"), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(store.versions({"api", "c2"}, "ipv4-addr--a")->front()->writer, "bert");
  EXPECT_EQ(*store.last_at(one, Time{16'000'000'000'000'000}), 2U);
  EXPECT_EQ(*store.last_at(one, Time{15'999'999'999'999'999}), 0U);
  const auto conflicts = store.conflicts(one, "indicator--a");
  EXPECT_EQ(conflicts->seen, 2U);
  ASSERT_EQ(conflicts->kept.size(), 1U) << "the same bytes are kept once";
  EXPECT_EQ(conflicts->kept[0].bytes, R"({"id":"indicator--a","n":9})");
  EXPECT_EQ(store.usage("anna")->objects, 3U);
  EXPECT_EQ((*store.user("anna"))->communities, (std::vector<std::string>{"first", "second"}));
  EXPECT_TRUE(*store.status("api", "s"));
  // A sequence and a date that were given are never given again, though what had them is gone.
  NewVersion next;
  next.id = "tool--b";
  next.type = "tool";
  next.bytes = "{}";
  EXPECT_EQ(store.put(one, {&next, 1}, Time::from_seconds(1))->front(), Put::stored);
  EXPECT_EQ(store.versions(one, "tool--b")->front()->sequence, 6U);
  EXPECT_EQ(store.versions(one, "tool--b")->front()->date_added.ticks, 16'000'000'000'050'000);
}

TEST_F(Migrations, WhatWasBroughtForwardHasTheSchemaOfANewOne) {
  restore("schema_1.sql");
  ASSERT_TRUE(open_sqlite_store(path_, false));
  const std::string brought = schema();
  std::filesystem::remove(path_);
  ASSERT_TRUE(open_sqlite_store(path_, true));
  EXPECT_EQ(brought, schema());
}

TEST_F(Migrations, ANewerDatabaseIsLeftAlone) {
  ASSERT_TRUE(open_sqlite_store(path_, true));
  run("PRAGMA user_version=1000");
  const auto opened = open_sqlite_store(path_, true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::damaged);
  EXPECT_NE(opened.error().text().find("newer version"), std::string::npos) << opened.error().text();
  Database database;
  ASSERT_TRUE(database.open(path_, {}));
  EXPECT_EQ(*database.number("PRAGMA user_version"), 1'000);
}

TEST_F(Migrations, AStepThatFailsLeavesTheOlderSchema) {
  restore("schema_1.sql");
  run("CREATE TABLE lanes(other TEXT)");
  EXPECT_FALSE(open_sqlite_store(path_, false));
  Database database;
  ASSERT_TRUE(database.open(path_, {}));
  EXPECT_EQ(*database.number("PRAGMA user_version"), 1);
  EXPECT_EQ(*database.number("SELECT count(*) FROM versions"), 4);
}

TEST_F(Migrations, AnotherProgramsDatabaseIsNotTaken) {
  {
    Database database;
    ASSERT_TRUE(database.open(path_, {.create = true}));
    ASSERT_TRUE(database.run("CREATE TABLE books(name TEXT)"));
  }
  const auto opened = open_sqlite_store(path_, true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::damaged);
}

}  // namespace
}  // namespace tocsin::store
