// The audit log: what holds, and everything that is noticed when somebody touches it.
#include "app/audit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "store/memory/memory_notes.h"

namespace tocsin::app {
namespace {

class Still final : public Clock {
 public:
  Time now() const override { return Time::from_seconds(1'700'000'000); }
};

struct Audit : testing::Test {
  Audit() {
    std::string made = (std::filesystem::temp_directory_path() / "audit-XXXXXX").string();
    folder = mkdtemp(made.data());
    for (const char* act : {"one", "two", "three", "four"}) {
      EXPECT_TRUE(log().record(act, {{"user", "alice"}}));
    }
  }
  ~Audit() override { std::filesystem::remove_all(folder); }
  AuditLog log() { return AuditLog(folder, *notes, key, clock); }
  std::string text() {
    std::ifstream file(log().path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const std::string& text) { std::ofstream(log().path(), std::ios::binary) << text; }
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    std::ifstream file(log().path());
    for (std::string line; std::getline(file, line);) {
      out.push_back(line + "\n");
    }
    return out;
  }
  std::uint64_t wrong(const AuditHead& held = {}) { return log().verify(held)->wrong_count; }
  std::string first_wrong() {
    const auto report = log().verify({});
    return report->wrong.empty() ? "" : report->wrong[0];
  }

  std::string folder;
  std::unique_ptr<store::Notes> notes = store::make_memory_notes();
  trust::SymmetricKey key{7};
  Still clock;
};

TEST_F(Audit, WhatNobodyTouchedHolds) {
  const auto report = log().verify({});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_count, 0U);
  EXPECT_EQ(report->head.lines, 4U);
  EXPECT_EQ(wrong(report->head), 0U);
  EXPECT_EQ(wrong({4, std::string(64, 'a')}), 1U);
  EXPECT_EQ(wrong({9, report->head.digest}), 1U);
  EXPECT_NE(text().find(R"("act":"two","user":"alice")"), std::string::npos);
}

TEST_F(Audit, NothingThereHoldsAsWell) {
  notes = store::make_memory_notes();
  std::filesystem::remove(log().path());
  EXPECT_EQ(wrong(), 0U);
}

TEST_F(Audit, AChangedByteIsNoticed) {
  const std::string whole = text();
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    put(changed);
    EXPECT_GT(wrong(), 0U) << at;
  }
  put(whole);
  EXPECT_EQ(wrong(), 0U);
}

TEST_F(Audit, LinesLeftOutTwiceOrInAnotherOrderAreNoticed) {
  const auto all = lines();
  put(all[0] + all[2] + all[3]);
  EXPECT_NE(first_wrong().find("1 before it are gone"), std::string::npos) << first_wrong();
  put(all[1] + all[2] + all[3]);
  EXPECT_GT(wrong(), 0U);
  put(all[0] + all[1] + all[1] + all[2] + all[3]);
  EXPECT_GT(wrong(), 0U);
  put(all[0] + all[2] + all[1] + all[3]);
  EXPECT_GT(wrong(), 0U);
}

TEST_F(Audit, ACutTailIsNoticedForEver) {
  const auto all = lines();
  put(all[0] + all[1]);
  EXPECT_EQ(first_wrong(), "2 lines are gone from the end");
  ASSERT_TRUE(log().record("five", {}));
  EXPECT_NE(first_wrong().find("2 before it are gone"), std::string::npos) << first_wrong();
  std::filesystem::remove(log().path());
  EXPECT_EQ(first_wrong(), "5 lines are gone from the end");
}

TEST_F(Audit, LinesOfAnotherKeyAreNoticed) {
  AuditLog forged(folder, *notes, trust::SymmetricKey{8}, clock);
  ASSERT_TRUE(forged.record("five", {}));
  EXPECT_GT(wrong(), 0U);
}

TEST_F(Audit, ACrashBetweenTheLineAndTheNotesIsNoTampering) {
  const auto before = *notes->get("audit/head");
  ASSERT_TRUE(log().record("five", {}));
  const store::Note back{"audit/head", before};
  ASSERT_TRUE(notes->put(std::span(&back, 1)));
  EXPECT_EQ(wrong(), 0U);
  ASSERT_TRUE(log().record("six", {}));
  EXPECT_EQ(wrong(), 0U);
  EXPECT_EQ(log().verify({})->head.lines, 6U);
}

TEST_F(Audit, ANewerFileThanTheDatabaseIsNoticed) {
  const auto before = *notes->get("audit/head");
  ASSERT_TRUE(log().record("five", {}));
  ASSERT_TRUE(log().record("six", {}));
  const store::Note back{"audit/head", before};
  ASSERT_TRUE(notes->put(std::span(&back, 1)));
  EXPECT_NE(first_wrong().find("put back"), std::string::npos) << first_wrong();
}

TEST_F(Audit, ATornLineIsToldAndTheLogGoesOn) {
  put(text() + R"({"line":5,"ti)");
  EXPECT_GT(wrong(), 0U);
  ASSERT_TRUE(log().record("five", {}));
  EXPECT_EQ(wrong(), 1U);
  EXPECT_EQ(log().verify({})->head.lines, 5U);
}

TEST_F(Audit, HostileDetailsStayInTheirLine) {
  ASSERT_TRUE(log().record("x", {{"user", "a\"\n}\x01" + std::string(100'000, 'x')}}));
  EXPECT_EQ(lines().size(), 5U);
  EXPECT_EQ(wrong(), 0U);
}

TEST_F(Audit, ManyWritersMakeOneChain) {
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this] {
      for (int at = 0; at < 25; ++at) {
        EXPECT_TRUE(log().record("many", {}));
      }
    });
  }
  writers.clear();
  EXPECT_EQ(wrong(), 0U);
  EXPECT_EQ(log().verify({})->head.lines, 104U);
}

TEST_F(Audit, MarksSayNothing) {
  const std::string id = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4";
  EXPECT_EQ(log().mark(id), log().mark(id));
  EXPECT_NE(log().mark(id), AuditLog(folder, *notes, {9}, clock).mark(id));
  EXPECT_EQ(log().mark(id).size(), 32U);
}

TEST_F(Audit, AFolderThatCannotBeWrittenIsAnError) {
  EXPECT_FALSE(AuditLog(folder + "/nowhere", *notes, key, clock).record("x", {}));
}

}  // namespace
}  // namespace tocsin::app
