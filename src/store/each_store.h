// A store of each kind for the contract tests: "memory", or SQLite in a folder that goes with the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace tocsin::store {

class EachStore : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string("memory")) {
      store_ = make_memory_store();
      return;
    }
    char name[] = "/tmp/tocsin-store-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    reopen(true);
  }
  void TearDown() override {
    store_.reset();
    if (!folder_.empty()) {
      std::filesystem::remove_all(folder_);
    }
  }
  // What is on disk, as a new start of the program finds it; the memory store stays.
  void reopen(bool create = false) {
    if (folder_.empty()) {
      return;
    }
    store_.reset();
    auto opened = open_sqlite_store(folder_ + "/node.sqlite", create);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = std::move(*opened);
  }

  std::unique_ptr<Store> store_;
  std::string folder_;  // empty: in memory
};

}  // namespace tocsin::store
