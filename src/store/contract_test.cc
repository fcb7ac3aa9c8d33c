// What every store does alike: the memory store and SQLite, by the same tests.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "store/each_store.h"
#include "store/limits.h"
#include "store/sqlite/upkeep.h"

namespace tocsin::store {
namespace {

constexpr CollectionName here{"api", "c1"};

NewVersion version_of(std::string id, std::string version, std::string release = "indicator",
                      std::string writer = "w") {
  NewVersion out;
  out.bytes = "{\"id\":\"" + id + "\",\"modified\":\"" + version + "\"}";
  out.type = id.substr(0, id.find("--"));
  out.id = std::move(id);
  if (const auto at = stix::parse_timestamp(version)) {
    out.version_at = *at;
    out.version = std::move(version);
  }
  out.spec_version = "2.1";
  out.release = std::move(release);
  out.writer = std::move(writer);
  return out;
}

class StoreContract : public EachStore {
 protected:
  void SetUp() override {
    EachStore::SetUp();
    ASSERT_NE(store_, nullptr);
    ASSERT_TRUE(store_->put_collection({.root = "api",
                                        .id = "c1",
                                        .title = "One",
                                        .description = "",
                                        .alias = "one",
                                        .can_read = true,
                                        .can_write = false,
                                        .media_types = {"a", "b"}}));
  }
  std::vector<Sequence> scanned(Sequence after, std::vector<std::uint32_t> classes, std::vector<std::string> types = {},
                                std::size_t most = 1000) {
    std::vector<Sequence> out;
    EXPECT_TRUE(store_->scan(here, after, {classes, types}, [&](const RecordPointer& record) {
      out.push_back(record->sequence);
      return out.size() < most;
    }));
    return out;
  }
};

TEST_P(StoreContract, SequencesOrderAndDatesNeverGoBack) {
  const Time late = Time::from_seconds(2'000);
  const std::vector<NewVersion> first = {version_of("indicator--1", "2020-01-01T00:00:00Z"),
                                         version_of("malware--1", "2020-01-01T00:00:00Z", "malware")};
  const auto put = store_->put(here, first, Time{late.ticks + 12'345});
  ASSERT_TRUE(put) << put.error().text();
  EXPECT_EQ(*put, (std::vector<Put>{Put::stored, Put::stored}));
  const std::vector<NewVersion> second = {version_of("indicator--1", "2021-01-01T00:00:00Z")};
  ASSERT_TRUE(store_->put(here, second, Time::from_seconds(1)));
  reopen();
  const auto versions = store_->versions(here, "indicator--1");
  ASSERT_TRUE(versions);
  ASSERT_EQ(versions->size(), 2U);
  EXPECT_EQ((*versions)[0]->date_added.ticks, late.ticks + 10'000) << "whole milliseconds";
  EXPECT_EQ((*versions)[1]->date_added.ticks, late.ticks + 20'000) << "a clock set back must not hide what comes";
  EXPECT_LT((*versions)[0]->sequence, (*versions)[1]->sequence);
  EXPECT_EQ((*versions)[0]->bytes, first[0].bytes);
  EXPECT_EQ((*versions)[1]->version, "2021-01-01T00:00:00Z");
  EXPECT_EQ((*versions)[1]->version_at, *stix::parse_timestamp("2021-01-01T00:00:00Z"));
  const std::vector<std::string_view> ids = {"malware--1", "indicator--9", "indicator--1"};
  EXPECT_EQ(*store_->repeated(here, ids), (std::vector<bool>{false, false, true}));
  EXPECT_EQ(*store_->repeated({"api", "none"}, ids), (std::vector<bool>{false, false, false}));
  std::vector<std::pair<std::size_t, Sequence>> met;
  ASSERT_TRUE(store_->versions(
      here, ids, [&](std::size_t at, const RecordPointer& record) { met.emplace_back(at, record->sequence); }));
  EXPECT_EQ(met, (std::vector<std::pair<std::size_t, Sequence>>{{0, 2}, {2, 1}, {2, 3}}));
  EXPECT_EQ(*store_->last_at(here, Time::from_seconds(1'999)), 0U);
  EXPECT_EQ(*store_->last_at(here, Time::from_seconds(3'000)), (*versions)[1]->sequence);
}

TEST_P(StoreContract, TheSameVersionIsStoredOnce) {
  const std::vector<NewVersion> one = {version_of("indicator--1", "2020-01-01T00:00:00Z")};
  ASSERT_TRUE(store_->put(here, one, Time::from_seconds(1)));
  EXPECT_EQ(store_->put(here, one, Time::from_seconds(2))->front(), Put::present);
  std::vector<NewVersion> other = one;
  other[0].bytes = "{\"other\":1}";
  EXPECT_EQ(store_->put(here, other, Time::from_seconds(2))->front(), Put::conflict);
  // The same moment, written in another way, is the same version.
  other[0].version = "2020-01-01T00:00:00.000Z";
  EXPECT_EQ(store_->put(here, other, Time::from_seconds(2))->front(), Put::conflict);
  EXPECT_EQ(store_->versions(here, "indicator--1")->size(), 1U);
  EXPECT_EQ(store_->versions(here, "indicator--1")->front()->bytes, one[0].bytes);
  const std::vector<NewVersion> twice = {version_of("ipv4-addr--1", ""), version_of("ipv4-addr--1", "")};
  EXPECT_EQ(*store_->put(here, twice, Time::from_seconds(3)), (std::vector<Put>{Put::stored, Put::present}));
}

TEST_P(StoreContract, AClosedCollectionIsGoneAtOnceAndIsEmptiedInSteps) {
  constexpr CollectionName there{"api", "c2"};
  ASSERT_TRUE(store_->put_collection(
      {.root = "api", .id = "c2", .title = "Two", .description = "", .alias = "", .media_types = {}}));
  ASSERT_TRUE(store_->put_user({.name = "u",
                                .grants = {{.root = "api", .collection = "c1", .read = true, .write = true},
                                           {.root = "api", .collection = "c2", .read = true, .write = true}}}));
  std::vector<NewVersion> many;
  std::uint64_t bytes = 0;
  for (int at = 0; at < 10; ++at) {
    many.push_back(version_of("indicator--" + std::to_string(at), "2020-01-01T00:00:00Z"));
    many.push_back(version_of("indicator--" + std::to_string(at), "2021-01-01T00:00:00Z", "other"));
    many.back().uses = {"identity--1"};
    many.back().log = "open";
    many.back().salt[0] = static_cast<std::uint8_t>(at);
    bytes += many[many.size() - 2].bytes.size() + many.back().bytes.size();
  }
  const std::vector<NewVersion> stays = {version_of("indicator--1", "2020-01-01T00:00:00Z")};
  ASSERT_TRUE(store_->put(here, stays, Time::from_seconds(1)));
  ASSERT_TRUE(store_->put(there, many, Time::from_seconds(2)));
  many[0].bytes = "{\"another\":1}";
  ASSERT_EQ(store_->put(there, std::span(many).first(1), Time::from_seconds(3))->front(), Put::conflict);
  const Sequence logged = store_->versions(there, "indicator--3")->back()->sequence;
  ASSERT_TRUE(*store_->log_place(logged));
  ASSERT_EQ(store_->usage("w")->objects, 21U);

  EXPECT_FALSE(*store_->close_collection({"api", "none"}));
  ASSERT_EQ(*store_->remove_closed(100), 0U) << "none is closed yet";
  ASSERT_TRUE(*store_->close_collection(there));
  EXPECT_FALSE(*store_->close_collection(there)) << "it is gone";
  reopen();
  const auto is_gone = [&] {
    ASSERT_EQ(store_->collections("api")->size(), 1U);
    EXPECT_EQ(store_->collections("api")->front().id, "c1");
    EXPECT_TRUE(store_->collections("")->empty());
    EXPECT_TRUE(store_->classes(there)->empty());
    EXPECT_TRUE(store_->classes_using(there, "identity--1")->empty());
    EXPECT_TRUE(store_->versions(there, "indicator--3")->empty());
    EXPECT_EQ(store_->conflicts(there, "indicator--0")->seen, 0U);
    EXPECT_EQ(*store_->last_at(there, Time::from_seconds(9)), 0U);
    const std::vector<std::uint32_t> classes = {0, 1};
    EXPECT_TRUE(store_->find(there, {}, {classes, {}})->empty());
    bool any = false;
    EXPECT_TRUE(store_->scan(there, 0, {classes, {}}, [&](const RecordPointer&) { return any = true; }));
    EXPECT_FALSE(any);
    EXPECT_FALSE(store_->put(there, stays, Time::from_seconds(4)));
    ASSERT_EQ((*store_->user("u"))->grants.size(), 1U);
    EXPECT_EQ((*store_->user("u"))->grants[0].collection, "c1");
  };
  is_gone();
  EXPECT_EQ(*store_->remove_closed(7), 7U);
  reopen();
  is_gone();
  EXPECT_EQ(store_->usage("w")->objects, 14U);
  // A collection of the same name is another one, also while the old one is not empty yet.
  ASSERT_TRUE(store_->put_collection(
      {.root = "api", .id = "c2", .title = "New", .description = "", .alias = "", .media_types = {}}));
  EXPECT_TRUE(store_->versions(there, "indicator--3")->empty());
  ASSERT_EQ(store_->put(there, stays, Time::from_seconds(5))->front(), Put::stored);
  EXPECT_EQ(*store_->remove_closed(7), 7U);
  EXPECT_EQ(*store_->remove_closed(7), 6U);
  EXPECT_EQ(*store_->remove_closed(7), 0U);
  reopen();
  EXPECT_EQ(store_->usage("w")->objects, 2U);
  EXPECT_EQ(store_->usage("w")->bytes, 2 * stays[0].bytes.size());
  EXPECT_LT(store_->usage("w")->bytes, bytes);
  EXPECT_FALSE(*store_->log_place(logged)) << "the salt goes with the version";
  EXPECT_EQ(*store_->log_size("open"), 10U) << "the log only grows";
  EXPECT_EQ(store_->versions(here, "indicator--1")->size(), 1U);
  EXPECT_EQ(store_->versions(there, "indicator--1")->size(), 1U);
  if (!folder_.empty()) {
    const auto verified = verify_file(folder_ + "/node.sqlite", {});
    ASSERT_TRUE(verified) << verified.error().text();
    EXPECT_EQ(verified->found, 0U) << (verified->findings.empty() ? "" : verified->findings.front());
  }
}

TEST_P(StoreContract, AScanSeesItsClassesInOrder) {
  std::vector<NewVersion> many;
  for (int at = 0; at < 60; ++at) {
    many.push_back(version_of((at % 2 == 0 ? "indicator--" : "malware--") + std::to_string(at), "2020-01-01T00:00:00Z",
                              "r" + std::to_string(at % 3)));
  }
  ASSERT_TRUE(store_->put(here, many, Time::from_seconds(1)));
  const auto classes = store_->classes(here);
  ASSERT_TRUE(classes);
  ASSERT_EQ(classes->size(), 3U);
  EXPECT_EQ((*classes)[1].release, "r1");
  const auto all = scanned(0, {0, 1, 2});
  ASSERT_EQ(all.size(), 60U);
  EXPECT_TRUE(std::ranges::is_sorted(all));
  const auto some = scanned(0, {0, 2});
  EXPECT_EQ(some.size(), 40U);
  EXPECT_TRUE(std::ranges::is_sorted(some));
  EXPECT_EQ(scanned(all[29], {0, 1, 2}).size(), 30U);
  EXPECT_EQ(scanned(0, {0, 1, 2}, {"malware"}).size(), 30U);
  EXPECT_EQ(scanned(0, {0, 1, 2}, {}, 7).size(), 7U);
  EXPECT_TRUE(scanned(0, {}).empty()) << "no class, nothing";
  EXPECT_TRUE(scanned(0, {99}).empty());
}

TEST_P(StoreContract, WhatIsRemovedIsGoneEverywhere) {
  std::vector<NewVersion> two = {version_of("indicator--1", "2020-01-01T00:00:00Z"),
                                 version_of("indicator--1", "2021-01-01T00:00:00Z")};
  two[0].uses = {"identity--1"};
  ASSERT_TRUE(store_->put(here, two, Time::from_seconds(1)));
  EXPECT_EQ(store_->classes_using(here, "identity--1")->size(), 1U);
  const auto versions = *store_->versions(here, "indicator--1");
  EXPECT_EQ(*store_->remove(here, std::span(versions).first(1)), 1U);
  EXPECT_EQ(*store_->remove(here, std::span(versions).first(1)), 0U);
  EXPECT_EQ(scanned(0, {0}), std::vector<Sequence>{versions[1]->sequence});
  EXPECT_TRUE(store_->classes_using(here, "identity--1")->empty());
  const std::vector<NewVersion> again = {two[0]};
  ASSERT_TRUE(store_->put(here, again, Time::from_seconds(2)));
  EXPECT_GT(scanned(0, {0}).back(), versions[1]->sequence) << "a sequence is never used again";
}

TEST_P(StoreContract, UsersRootsAndStatuses) {
  User user{.name = "a",
            .password_hash = "h",
            .grants = {{"*", "*", true, false}, {"api", "c1", false, true}},
            .organisation = "o",
            .client_of = {"x"},
            .communities = {"y", "z"}};
  ASSERT_TRUE(store_->put_user(user));
  ASSERT_TRUE(store_->put_user(user));
  ASSERT_TRUE(store_->put_root({.name = "api", .title = "T", .description = "", .max_content_length = 5}));
  ASSERT_TRUE(store_->set_discovery({.title = "D", .description = "", .contact = "", .default_root = "api"}));
  ASSERT_TRUE(store_->put_status({"api", "s", "a", Time::from_seconds(9), "{}"}));
  reopen();
  const auto found = store_->user("a");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->grants.size(), 2U);
  EXPECT_TRUE((*found)->grants[1].write && !(*found)->grants[1].read);
  EXPECT_EQ((*found)->communities, user.communities);
  EXPECT_FALSE(*store_->user(""));
  EXPECT_FALSE(*store_->user("b"));
  EXPECT_EQ(store_->users()->size(), 1U);
  EXPECT_EQ(store_->roots()->front().max_content_length, 5U);
  EXPECT_EQ(store_->discovery()->title, "D");
  EXPECT_EQ(store_->collections("api")->front().media_types, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(store_->collections("api")->front().can_write);
  EXPECT_TRUE(store_->collections("other")->empty());
  EXPECT_EQ((*store_->status("api", "s"))->owner, "a");
  EXPECT_FALSE(*store_->status("other", "s"));
  ASSERT_TRUE(store_->expire_statuses(Time::from_seconds(9)));
  EXPECT_TRUE(*store_->status("api", "s"));
  ASSERT_TRUE(store_->expire_statuses(Time::from_seconds(10)));
  EXPECT_FALSE(*store_->status("api", "s"));
  EXPECT_TRUE(*store_->remove_user("a"));
  EXPECT_FALSE(*store_->remove_user("a"));
}

TEST_P(StoreContract, EveryCommitHasALaterDateThoughTheClockDoesNotMove) {
  const Time now{Time::ticks_per_second * 1'700'000'000};
  const auto put_at = [&](const char* id, Time time) {
    const NewVersion version = version_of(id, "2024-01-01T00:00:00.000Z");
    EXPECT_TRUE(store_->put(here, {&version, 1}, time));
    const auto found = store_->versions(here, id);
    EXPECT_TRUE(found && found->size() == 1);
    return found->front();
  };
  const RecordPointer first = put_at("indicator--00000000-0000-4000-8000-000000000001", now);
  const RecordPointer second = put_at("indicator--00000000-0000-4000-8000-000000000002", now);
  EXPECT_GT(second->date_added.ticks, first->date_added.ticks);
  // What is deleted was seen all the same.
  const std::vector<RecordPointer> both{first, second};
  ASSERT_TRUE(store_->remove(here, both));
  reopen();
  const RecordPointer third =
      put_at("indicator--00000000-0000-4000-8000-000000000003", Time{now.ticks - Time::ticks_per_second * 60});
  EXPECT_GT(third->date_added.ticks, second->date_added.ticks);
}

TEST_P(StoreContract, FindsByValueAuthorTypeAndTime) {
  std::vector<NewVersion> many;
  for (int at = 0; at < 40; ++at) {
    NewVersion one = version_of((at % 2 == 0 ? "indicator--" : "ipv4-addr--") + std::to_string(at),
                                "2020-01-01T00:00:00Z", at % 4 < 2 ? "open" : "hidden");
    one.author = at % 5 == 0 ? "identity--five" : "identity--other";
    one.values = {"192.0.2." + std::to_string(at % 10)};
    many.push_back(std::move(one));
  }
  ASSERT_TRUE(store_->put(here, std::span(many).first(20), Time::from_seconds(100)));
  ASSERT_TRUE(store_->put(here, std::span(many).subspan(20), Time::from_seconds(200)));
  reopen();
  const std::vector<std::uint32_t> both{0, 1};
  const std::vector<std::uint32_t> open{0};
  const auto found = [&](const Search& search, std::span<const std::uint32_t> classes,
                         std::vector<std::string> types = {}) {
    std::vector<std::string> out;
    const auto records = store_->find(here, search, {classes, types});
    EXPECT_TRUE(records);
    for (const auto& record : *records) {
      out.push_back(record->id.substr(record->id.find("--") + 2));
    }
    return out;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(found({.value = "192.0.2.4"}, both), (Ids{"4", "14", "24", "34"}));
  EXPECT_EQ(found({.value = "192.0.2.4"}, open), (Ids{"4", "24"})) << "what a reader may not see is not found";
  EXPECT_EQ(found({.value = "192.0.2"}, both), Ids{}) << "a part is not the value";
  EXPECT_EQ(found({.value = "192.0.2.5", .author = "identity--five"}, both), (Ids{"5", "15", "25", "35"}));
  EXPECT_EQ(found({.value = "192.0.2.4", .author = "identity--five"}, both), Ids{});
  EXPECT_EQ(found({.author = "identity--five"}, both, {"ipv4-addr"}), (Ids{"5", "15", "25", "35"}));
  EXPECT_EQ(found({.value = "192.0.2.4", .since = Time::from_seconds(150)}, both), (Ids{"24", "34"}));
  EXPECT_EQ(found({.value = "192.0.2.4", .until = Time::from_seconds(200)}, both), (Ids{"4", "14"}));
  EXPECT_EQ(found({.since = Time::from_seconds(100), .until = Time::from_seconds(200), .limit = 3}, both),
            (Ids{"0", "1", "2"}));
  EXPECT_EQ(found({.value = "192.0.2.4", .after = 5, .limit = 2}, both), (Ids{"14", "24"}));
  EXPECT_EQ(found({.value = "192.0.2.4"}, {}), Ids{});
  const auto gone = *store_->versions(here, "indicator--4");
  ASSERT_TRUE(store_->remove(here, gone));
  EXPECT_EQ(found({.value = "192.0.2.4"}, both), (Ids{"14", "24", "34"}));
}

TEST_P(StoreContract, AWriterHasAQuota) {
  ASSERT_TRUE(store_->put_user({.name = "w", .objects_max = 3}));
  const std::vector<NewVersion> four = {
      version_of("indicator--1", "2020-01-01T00:00:00Z"), version_of("indicator--2", "2020-01-01T00:00:00Z"),
      version_of("indicator--3", "2020-01-01T00:00:00Z"), version_of("indicator--4", "2020-01-01T00:00:00Z")};
  EXPECT_EQ(*store_->put(here, four, Time::from_seconds(1)),
            (std::vector<Put>{Put::stored, Put::stored, Put::stored, Put::over_quota}));
  EXPECT_EQ(store_->usage("w")->objects, 3U);
  EXPECT_EQ(store_->usage("w")->bytes, 3 * four[0].bytes.size());
  EXPECT_EQ(store_->usage("nobody")->objects, 0U);
  reopen();
  EXPECT_EQ(store_->put(here, std::span(four).last(1), Time::from_seconds(2))->front(), Put::over_quota);
  EXPECT_EQ(store_->put(here, std::span(four).first(1), Time::from_seconds(2))->front(), Put::present);
  NewVersion other = four[3];
  other.writer = "v";
  EXPECT_EQ(store_->put(here, {&other, 1}, Time::from_seconds(2))->front(), Put::stored) << "it is the writer's own";
  const auto gone = *store_->versions(here, "indicator--1");
  ASSERT_TRUE(store_->remove(here, gone));
  EXPECT_EQ(store_->usage("w")->objects, 2U);
  const NewVersion fifth = version_of("indicator--5", "2020-01-01T00:00:00Z");
  EXPECT_EQ(store_->put(here, {&fifth, 1}, Time::from_seconds(3))->front(), Put::stored);
  ASSERT_TRUE(store_->put_user({.name = "w", .bytes_max = store_->usage("w")->bytes + four[0].bytes.size() - 1}));
  const NewVersion sixth = version_of("indicator--6", "2020-01-01T00:00:00Z");
  EXPECT_EQ(store_->put(here, {&sixth, 1}, Time::from_seconds(4))->front(), Put::over_quota);
  EXPECT_EQ((*store_->user("w"))->bytes_max, store_->usage("w")->bytes + four[0].bytes.size() - 1);
}

TEST_P(StoreContract, AnObjectHasALimit) {
  std::vector<NewVersion> two = {version_of("indicator--1", "2020-01-01T00:00:00Z"),
                                 version_of("indicator--2", "2020-01-01T00:00:00Z")};
  two[0].bytes.assign(limits::object_bytes_max + 1, ' ');
  two[1].bytes.assign(limits::object_bytes_max, ' ');
  EXPECT_EQ(*store_->put(here, two, Time::from_seconds(1)), (std::vector<Put>{Put::too_large, Put::stored}));
  EXPECT_TRUE(store_->versions(here, "indicator--1")->empty());
  EXPECT_EQ(store_->versions(here, "indicator--2")->front()->bytes.size(), limits::object_bytes_max);
}

TEST_P(StoreContract, ConflictsKeptAsideAreFew) {
  NewVersion one = version_of("indicator--1", "2020-01-01T00:00:00Z");
  ASSERT_TRUE(store_->put(here, {&one, 1}, Time::from_seconds(1)));
  for (int at = 0; at < 20; ++at) {
    one.bytes = "{\"other\":" + std::to_string(at) + "}";
    one.writer = "mallory";
    EXPECT_EQ(store_->put(here, {&one, 1}, Time::from_seconds(2))->front(), Put::conflict);
    EXPECT_EQ(store_->put(here, {&one, 1}, Time::from_seconds(2))->front(), Put::conflict);
  }
  reopen();
  auto conflicts = store_->conflicts(here, "indicator--1");
  ASSERT_TRUE(conflicts);
  EXPECT_EQ(conflicts->seen, 40U);
  ASSERT_EQ(conflicts->kept.size(), limits::conflicts_of_version_max);
  EXPECT_EQ(conflicts->kept[1].bytes, "{\"other\":1}") << "each content once, the first ones";
  EXPECT_EQ(conflicts->kept[1].writer, "mallory");
  const auto gone = *store_->versions(here, "indicator--1");
  ASSERT_TRUE(store_->remove(here, gone));
  EXPECT_EQ(store_->conflicts(here, "indicator--1")->seen, 0U);
}

TEST_P(StoreContract, NothingGoesIntoACollectionThatIsNotThere) {
  const NewVersion one = version_of("indicator--1", "2020-01-01T00:00:00Z");
  const auto put = store_->put({"api", "other"}, {&one, 1}, Time::from_seconds(1));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::not_found);
  EXPECT_TRUE(store_->versions({"api", "other"}, "indicator--1")->empty());
}

TEST_P(StoreContract, ReadersRunBesideTheWriter) {
  constexpr int commits = 60;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int at = 0; at < 6; ++at) {
    readers.emplace_back([&] {
      std::size_t before = 0;
      do {
        std::size_t seen = 0;
        Sequence last = 0;
        const std::vector<std::uint32_t> classes{0};
        const auto scanned = store_->scan(here, 0, {classes, {}}, [&](const RecordPointer& record) {
          wrong += record->sequence <= last ? 1 : 0;
          last = record->sequence;
          ++seen;
          return true;
        });
        // Whole commits only, and never fewer than before.
        wrong += !scanned || seen % 10 != 0 || seen < before ? 1 : 0;
        before = seen;
        // A lock of the standard library that is shared lets readers without a pause keep the writer out for good.
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      } while (!done);
    });
  }
  for (int at = 0; at < commits; ++at) {
    std::vector<NewVersion> ten;
    for (int one = 0; one < 10; ++one) {
      ten.push_back(version_of("indicator--" + std::to_string(at * 10 + one), "2020-01-01T00:00:00Z"));
    }
    EXPECT_TRUE(store_->put(here, ten, Time::from_seconds(at + 1)));
  }
  done = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(scanned(0, {0}, {}, 10'000).size(), 10U * commits);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::Values("memory", "sqlite"),
                         [](const auto& which) { return std::string(which.param); });

TEST(SqliteStore, TakesNoOtherFile) {
  char name[] = "/tmp/tocsin-store-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const std::string folder = name;
  const auto missing = open_sqlite_store(folder + "/none", false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  std::FILE* file = std::fopen((folder + "/text").c_str(), "w");
  std::fputs("this is no database, whatever its name says, and long enough to look", file);
  std::fclose(file);
  const auto text = open_sqlite_store(folder + "/text", false);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::damaged) << text.error().text();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tocsin::store
