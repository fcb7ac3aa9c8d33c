// The poller against servers of every habit: whatever they do, no object is lost, and none is stored twice.
#include "taxii/poller.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "store/memory/memory_notes.h"
#include "taxii/release.h"
#include "taxii/test_node.h"
#include "taxii/test_server.h"

namespace tocsin::taxii {
namespace {

struct World {
  TestServer server;
  TestTransport transport{[this](const net::Asking& asking) {
    last_target = asking.url.target;
    return server.answer(asking);
  }};
  std::string last_target;
  TestClock clock;
  TestRandom random;
  std::unique_ptr<store::Store> store = store::make_memory_store();
  std::unique_ptr<store::Notes> notes = store::make_memory_notes();
  Feed feed{
      .peer = "p", .root = *net::parse_url("https://peer/r/"), .collection = "c", .local_root = "l", .local_id = "i"};

  World() {
    (void)store->put_root({.name = "l", .title = "L", .description = ""});
    store::Collection collection;
    collection.root = "l";
    collection.id = "i";
    (void)store->put_collection(collection);
  }
  // As after a restart: only the store and the notes remain.
  PollResult poll() {
    clock.ticks += Time::ticks_per_second * 60;
    return Poller(feed, Remote(transport, clock, ""), *store, *notes, clock, random).poll();
  }
  std::set<std::string> held() const {
    std::set<std::string> out;
    std::vector<std::uint32_t> classes;
    const auto known = store->classes({"l", "i"});
    for (const auto& one : *known) {
      classes.push_back(one.id);
    }
    (void)store->scan({"l", "i"}, 0, {classes, {}}, [&](const store::RecordPointer& record) {
      EXPECT_TRUE(out.insert(record->bytes).second);
      EXPECT_EQ(record->writer, "peer:p");
      return true;
    });
    return out;
  }
  std::set<std::string> there() const {
    std::set<std::string> out;
    for (const auto& object : server.objects) {
      out.insert(object.bytes);
    }
    return out;
  }
};

constexpr std::int64_t day = 1'600'000'000'000'000;

TEST(Poller, CopiesACollectionAndAsksForNewsOnly) {
  World world;
  world.feed.page_items = 10;
  for (int at = 0; at < 95; ++at) {
    world.server.add(day + at / 7);
  }
  PollResult result = world.poll();
  ASSERT_FALSE(result.refusal) << result.refusal->error.text();
  EXPECT_EQ(result.stored, 95U);
  EXPECT_EQ(result.pages, 10U);
  EXPECT_TRUE(world.held() == world.there());
  // What came last is young: it is looked at again for a while, then no more.
  result = world.poll();
  EXPECT_EQ(result.stored, 0U);
  EXPECT_GT(result.present, 0U);
  world.poll();
  world.poll();
  result = world.poll();
  EXPECT_EQ(result.received, 0U);
  EXPECT_EQ(result.pages, 1U);
  EXPECT_NE(world.last_target.find("added_after=2020-09-13T12%3A26%3A40.000013"), std::string::npos)
      << world.last_target;
  world.server.add(day + 1'000'000);
  result = world.poll();
  EXPECT_EQ(result.stored, 1U);
  EXPECT_EQ(result.received, 1U);
}

TEST(Poller, DoesNotLookAgainAtWhatLiesBackByTheClockOfTheServer) {
  // The last object came at 12:26:40.
  for (const auto& [says, again] :
       {std::pair{"Sun, 13 Sep 2020 12:28:40 GMT", false}, std::pair{"Sun, 13 Sep 2020 12:28:39 GMT", true},
        std::pair{"Sun, 13 Sep 2020 12:20:00 GMT", true}, std::pair{"yesterday", true}}) {
    World world;
    world.server.date_header = says;
    for (int at = 0; at < 30; ++at) {
      world.server.add(day);
    }
    EXPECT_EQ(world.poll().stored, 30U);
    PollResult result = world.poll();
    EXPECT_EQ(result.received, again ? 30U : 0U) << says;
    EXPECT_EQ(result.pages, 1U);
    world.server.add(day + 1);
    result = world.poll();
    EXPECT_EQ(result.stored, 1U) << says;
    EXPECT_TRUE(world.held() == world.there());
  }
}

TEST(Poller, LosesNothingToServersThatPageBadly) {
  for (const auto habit : {TestServer::Next::stateless, TestServer::Next::stateful, TestServer::Next::none}) {
    for (const bool milliseconds : {false, true}) {
      for (const std::size_t page_max : {50UL, 200UL}) {
        World world;
        world.server.next = habit;
        world.server.milliseconds = milliseconds;
        world.server.page_max = page_max;
        world.feed.page_items = 20;
        // Batches of 45 with one date each: every page ends in the middle of one.
        for (int at = 0; at < 450; ++at) {
          world.server.add(day + at / 45 * 1'000'500);
        }
        const PollResult result = world.poll();
        EXPECT_FALSE(result.refusal) << result.refusal->error.text();
        EXPECT_TRUE(world.held() == world.there()) << static_cast<int>(habit) << milliseconds << page_max;
        EXPECT_EQ(result.stored, 450U);
        EXPECT_EQ(result.gaps, 0U);
      }
    }
  }
}

TEST(Poller, SaysWhereAServerHidesObjects) {
  World world;
  world.server.next = TestServer::Next::none;
  world.server.page_max = 10;
  for (int at = 0; at < 60; ++at) {
    world.server.add(day + at / 30 * 1'000'000);
  }
  const PollResult result = world.poll();
  EXPECT_FALSE(result.refusal);
  EXPECT_EQ(result.gaps, 2U) << "both batches are larger than a page";
  EXPECT_GT(result.stored, 0U);
}

// Random habits, random failures, objects that come while we read: in the end all are there, each once.
TEST(Poller, LosesNothingWhateverHappens) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    World world;
    world.server.random.seed(seed);
    world.server.next = static_cast<TestServer::Next>(draw(3));
    world.server.dates = world.server.next == TestServer::Next::none || draw(4) != 0;
    world.server.milliseconds = draw(3) == 0;
    world.server.shuffled = draw(3) == 0;
    world.server.page_max = static_cast<std::size_t>(20 + draw(50));
    world.server.lost = draw(3) == 0 ? 0.3 : 0.0;
    world.server.forgets = draw(3) == 0 ? 0.1 : 0.0;
    world.server.date_header = draw(2) == 0 ? "Fri, 01 Jan 2100 00:00:00 GMT" : "";
    world.feed.page_items = static_cast<std::size_t>(5 + draw(40));
    std::int64_t date = day;
    int in_batch = 0;
    for (int round = 0; round < 12; ++round) {
      for (int count = draw(40); count > 0; --count) {
        if (in_batch == 0) {
          in_batch = 1 + draw(15);
          date += 2'000 + draw(3'000'000);
        }
        --in_batch;
        world.server.add(date);
      }
      in_batch = 0;
      world.poll();
    }
    world.server.lost = world.server.forgets = 0;
    PollResult last;
    for (int round = 0; round < 4; ++round) {
      last = world.poll();
    }
    EXPECT_FALSE(last.refusal) << seed << " " << last.refusal->error.text();
    ASSERT_TRUE(world.held() == world.there()) << seed;
  }
}

TEST(Poller, EndsWithServersThatGoInCircles) {
  const auto outcome = [](std::function<net::Response(int)> answer) {
    World world;
    int asked = 0;
    TestTransport transport([&](const net::Asking&) -> Result<net::Response> { return answer(asked++); });
    const PollResult result =
        Poller(world.feed, Remote(transport, world.clock, ""), *world.store, *world.notes, world.clock, world.random)
            .poll();
    EXPECT_LT(transport.asked, 2'000);
    return result;
  };
  TestServer source;
  source.add(day);
  const std::string object = source.objects[0].bytes;
  const auto dated = [](std::string body) {
    return taxii_answer(std::move(body)).add("X-TAXII-Date-Added-Last", "2020-01-01T00:00:00.000000Z");
  };
  EXPECT_TRUE(outcome([&](int) { return dated(R"({"more":true,"objects":[)" + object + "]}"); }).refusal);
  const PollResult same = outcome([&](int) { return dated(R"({"more":true,"next":"a","objects":[)" + object + "]}"); });
  EXPECT_TRUE(same.refusal);
  EXPECT_EQ(same.stored, 1U) << "what came is kept";
  EXPECT_TRUE(outcome([&](int) { return taxii_answer(R"({"more":true,"objects":[]})"); }).refusal);
  EXPECT_TRUE(outcome([&](int) { return taxii_answer(R"({"more":true,"next":"a","objects":[]})"); }).refusal);
  EXPECT_TRUE(outcome([&](int) { return taxii_answer(R"({"more":true,"objects":[)" + object + "]}"); }).refusal);
  const PollResult undefined = outcome([&](int) {
    net::Response response = taxii_answer(R"({"objects":[)" + object + "]}");
    return response.add("X-TAXII-Date-Added-Last", "undefined");
  });
  EXPECT_FALSE(undefined.refusal);
  EXPECT_TRUE(undefined.undated);
  EXPECT_EQ(undefined.stored, 1U);
  EXPECT_TRUE(outcome([&](int) { return taxii_answer("{}", 500); }).refusal);
  // A token that is never known: no end of beginnings.
  EXPECT_TRUE(outcome([&](int asked) {
                return asked % 2 == 0 ? dated(R"({"more":true,"next":"a","objects":[)" + object + "]}")
                                      : taxii_answer("{}", 404);
              }).refusal);
}

TEST(Poller, KeepsAsideWhatIsNoValidStix) {
  World world;
  world.server.add(day);
  world.server.objects.push_back({day, R"({"type":"indicator","id":"indicator--1"})"});
  world.server.objects.push_back(
      {day, R"({"type":"x-new-kind","spec_version":"2.1","id":"x-new-kind--00000000-0000-4000-8000-00000000000a",)"
            R"("created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","zed":1.50})"});
  PollResult result = world.poll();
  EXPECT_FALSE(result.refusal);
  EXPECT_EQ(result.stored, 2U) << "a type that nobody here knows is kept and passed on";
  EXPECT_EQ(result.refused, 1U);
  EXPECT_TRUE(world.held().contains(world.server.objects[2].bytes));
  int count = 0;
  ASSERT_TRUE(visit_aside(*world.notes, "p", [&](const Aside& aside) {
    ++count;
    EXPECT_EQ(aside.bytes, world.server.objects[1].bytes);
    EXPECT_FALSE(aside.reason.empty());
    EXPECT_TRUE(aside.at.known());
    return true;
  }));
  EXPECT_EQ(count, 1);
  world.poll();
  ASSERT_TRUE(visit_aside(*world.notes, "p", [&](const Aside&) { return ++count < 100; }));
  EXPECT_EQ(count, 2) << "kept once, met twice by this test";
  ASSERT_TRUE(forget_peer(*world.notes, "p"));
  EXPECT_EQ(pull_state(*world.notes, world.feed)->since, "");
  ASSERT_TRUE(visit_aside(*world.notes, "p", [&](const Aside&) { return ++count < 100; }));
  EXPECT_EQ(count, 2);
}

// A peer is a writer that may not read: what others brought is nothing to it, and its versions count for its own only.
TEST(Poller, CannotSpeakForOthersNorLearnOfThem) {
  World world;
  world.server.add(day);
  const std::string red = R"(,"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]})";
  const auto with = [&](std::size_t number, std::string_view modified, std::string_view tail) {
    return fmt::format(
        R"({{"type":"indicator","spec_version":"2.1","id":"{}","created":"2020-01-01T00:00:00.000Z","modified":"{}",)"
        R"("pattern":"[ipv4-addr:value = '1.2.3.4']","pattern_type":"stix","valid_from":"2020-01-01T00:00:00Z"{})",
        TestServer::id_of(number), modified, tail);
  };
  // One that alice has already and marked RED; here it comes with other content, and with a revocation.
  ObjectHeader header;
  const std::string hers = with(7, "2020-01-01T00:00:00.000Z", red);
  ASSERT_TRUE(read_header(hers, header));
  std::vector<store::NewVersion> versions = {new_version(hers, header, "alice")};
  store::User alice;
  alice.name = "alice";
  ASSERT_EQ(admit(*world.store, {"l", "i"}, alice, true, versions, world.clock.now())->front(), store::Put::stored);
  world.server.objects.push_back({day, with(7, "2020-01-01T00:00:00.000Z", "}")});
  world.server.objects.push_back({day, with(7, "2021-01-01T00:00:00.000Z", R"(,"revoked":true})")});
  // Marked RED by whoever gave it: nobody here may read it, and it is not taken twice.
  world.server.objects.push_back({day, with(8, "2020-01-01T00:00:00.000Z", red)});
  // Another creator's version of what this peer itself brought.
  world.server.objects.push_back({day, with(0, "2021-01-01T00:00:00.000Z",
                                            R"(,"created_by_ref":"identity--00000000-0000-4000-8000-000000000001"})")});
  PollResult result = world.poll();
  ASSERT_FALSE(result.refusal) << result.refusal->error.text();
  EXPECT_EQ(result.stored, 4U);
  EXPECT_EQ(result.refused, 1U);
  ASSERT_EQ(result.reasons.size(), 1U);
  EXPECT_EQ(result.reasons[0].first, TestServer::id_of(0));
  EXPECT_NE(result.reasons[0].second.find("only its creator"), std::string::npos);
  result = world.poll();
  EXPECT_EQ(result.stored, 0U);
  EXPECT_EQ(result.present, 4U);
  EXPECT_EQ(result.conflicts, 0U);
  // alice sees her own; who sees nothing of hers sees what the peer says, as if hers were not there.
  const auto seen_by = [&](const std::string& name) {
    store::User user;
    user.name = name;
    auto view = View::open(*world.store, {"l", "i"}, user, stix::from_time(world.clock.now()));
    return *view->versions(TestServer::id_of(7));
  };
  ASSERT_EQ(seen_by("alice").size(), 1U);
  EXPECT_EQ(seen_by("alice")[0]->bytes, hers);
}

TEST(Poller, RefusesWhatAPostWouldAndTellsTheProgramAroundIt) {
  World world;
  for (int at = 0; at < 30; ++at) {
    world.server.add(day);
    world.server.objects.push_back(
        {day,
         fmt::format(R"({{"type":"malware","spec_version":"2.1","id":"malware--{:08x}-0000-4000-8000-000000000000",)"
                     R"("created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z"}})",
                     at)});
  }
  world.feed.page_items = 10;
  int commits = 0;
  std::uint64_t told = 0;
  const PollHooks hooks{.logs = {.open = "o", .restricted = "r"},
                        .committed = [&] { ++commits; },
                        .progress = [&](const PollResult& so_far) { told = so_far.received; }};
  Poller poller(world.feed, Remote(world.transport, world.clock, ""), *world.store, *world.notes, world.clock,
                world.random, hooks);
  const PollResult result = poller.poll();
  EXPECT_FALSE(result.refusal);
  EXPECT_EQ(result.stored, 30U);
  EXPECT_EQ(result.refused, 30U) << "is_family is missing";
  EXPECT_EQ(result.reasons.size(), limits::reasons_max);
  EXPECT_NE(result.reasons[0].second.find("is_family"), std::string::npos) << result.reasons[0].second;
  EXPECT_EQ(commits, 6);
  EXPECT_EQ(told, 60U);
  EXPECT_EQ(*world.store->log_size("r"), 30U);
  EXPECT_EQ(*world.store->log_size("o"), 0U);
  EXPECT_FALSE(poller.due());
  Poller again(world.feed, Remote(world.transport, world.clock, ""), *world.store, *world.notes, world.clock,
               world.random);
  again.resume(3, poller.next());
  EXPECT_FALSE(again.due());
  EXPECT_EQ(again.failures(), 3U);
}

TEST(Poller, MovesOnlyBehindWhatIsStored) {
  World world;
  store::User writer;
  writer.name = "peer:p";
  writer.objects_max = 70;
  (void)world.store->put_user(writer);
  world.feed.page_items = 20;
  for (int at = 0; at < 100; ++at) {
    world.server.add(day + at * 10'000'000LL);
  }
  PollResult result = world.poll();
  ASSERT_TRUE(result.refusal);
  EXPECT_EQ(result.refusal->error.code, ErrorCode::limit);
  EXPECT_EQ(pull_state(*world.notes, world.feed)->since, world.server.date(day + 590'000'000LL));
  writer.objects_max = 0;
  (void)world.store->put_user(writer);
  result = world.poll();
  EXPECT_FALSE(result.refusal);
  EXPECT_TRUE(world.held() == world.there());
}

TEST(PullState, IsWrittenAndRead) {
  const PullState state{.since = "2020-01-01T00:00:00.000001Z", .since_seen = Time::from_seconds(5), .settled = true};
  EXPECT_EQ(*read_pull_state(write_pull_state(state)), state);
  EXPECT_FALSE(read_pull_state("{"));
}

TEST(Pacing, WaitsLongerAfterEachFailureAndNeverInStep) {
  TestRandom random;
  Pacing pacing(std::chrono::seconds(60));
  Time now = Time::from_seconds(1'000);
  EXPECT_TRUE(pacing.due(now));
  pacing.succeeded(now, random);
  const auto wait = [&] { return static_cast<double>(pacing.next().ticks - now.ticks) / Time::ticks_per_second; };
  EXPECT_GE(wait(), 54);
  EXPECT_LE(wait(), 66);
  EXPECT_FALSE(pacing.due(now));
  std::set<std::int64_t> waits;
  for (int failures = 1; failures <= 40; ++failures) {
    pacing.failed(now, random, false, std::nullopt);
    const double most = std::min(3'600.0, 5.0 * std::pow(2, failures - 1));
    EXPECT_GE(wait(), most / 2 - 0.001);
    EXPECT_LE(wait(), most + 0.001);
    waits.insert(pacing.next().ticks);
  }
  EXPECT_GT(waits.size(), 35U);
  EXPECT_EQ(pacing.failures(), 40U);
  pacing.failed(now, random, false, std::chrono::seconds(7'200));
  EXPECT_GE(wait(), 7'200);
  pacing.succeeded(now, random);
  pacing.failed(now, random, true, std::nullopt);
  EXPECT_GE(wait(), 150);
}

}  // namespace
}  // namespace tocsin::taxii
