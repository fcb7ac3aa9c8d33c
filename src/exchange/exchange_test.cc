// Two or three nodes, step by step. What many of them do in storms is in tests/sim.
#include "exchange/exchange.h"

#include <gtest/gtest.h>

#include "exchange/limits.h"
#include "exchange/notice.h"
#include "exchange/test_nodes.h"

namespace tocsin::exchange {
namespace {

constexpr std::int64_t hour = 3'600 * Time::ticks_per_second;

// A delivery that a peer could have made itself.
std::string crafted(const TestNode& from, const TestNode& to, const std::vector<std::string>& objects,
                    std::uint64_t number = 1'000, std::uint64_t after = 0) {
  DeliveryWriter writer;
  for (const std::string& object : objects) {
    Item item;
    item.object = object;
    writer.add(item);
  }
  return seal_message(writer.finish(to.key.kid, number, after), from.signer());
}

Receipt receipt_of(const std::string& reply) {
  const auto receipt = read_receipt(std::string_view(reply).substr(reply.find('\n') + 1));
  EXPECT_TRUE(receipt) << reply;
  return receipt ? *receipt : Receipt{};
}

TEST(Exchange, WhatIsPutInIsAtThePeerInOneTripVerbatim) {
  TestWorld world(2);
  world.meet(0, 1);
  const std::string bytes = world[0].put(id_of("indicator", 1), green, R"(,"name":"å  \u00e5")");
  world.delivered = 0;
  world.deliver();
  EXPECT_EQ(world.delivered, 1U);
  const auto there = world[1].store->versions({"api", "inbox"}, id_of("indicator", 1));
  ASSERT_EQ(there->size(), 1U);
  EXPECT_EQ(there->front()->bytes, bytes);
  EXPECT_EQ(there->front()->writer, "peer:" + world[0].key.kid);
  EXPECT_FALSE(world[0].exchange->reports().front().waiting);
}

TEST(Exchange, NothingNewIsOneTripThatWritesNothing) {
  TestWorld world(2);
  world.meet(0, 1);
  world[0].put(id_of("indicator", 1), green);
  world.deliver();
  world.delivered = 0;
  world.all.clear();
  // Each node asks the other once, and that is all.
  world.pass(100);
  EXPECT_EQ(world.delivered, 2U);
  EXPECT_EQ(world.all.find("indicator"), std::string::npos);
}

TEST(Exchange, PullsWherePushesDoNotArrive) {
  TestWorld world(2);
  world.meet(0, 1);
  world[0].put(id_of("indicator", 1), green);
  world.waiting.clear();  // lost without a word
  world.clock.ticks += 100 * Time::ticks_per_second;
  world[1].exchange->tick();
  world.deliver();
  EXPECT_TRUE(world[1].has(id_of("indicator", 1)));
  world.pass(1);
  EXPECT_FALSE(world[0].exchange->reports().front().waiting) << "asking for more acknowledges what came";
}

TEST(Exchange, TriesAgainLaterAndLater) {
  TestWorld world(2);
  world.meet(0, 1);
  world.cut = true;
  world[0].put(id_of("indicator", 1), green);
  world.deliver();
  for (int count = 0; count < 20; ++count) {
    world.pass(400);
  }
  EXPECT_GT(world[0].exchange->reports().front().failures, 5U);
  world.delivered = 0;
  world.clock.ticks += Time::ticks_per_second;
  world[0].exchange->tick();
  EXPECT_TRUE(world.waiting.empty()) << "not every second";
  world.cut = false;
  world.pass(800);
  EXPECT_TRUE(world[1].has(id_of("indicator", 1)));
  EXPECT_EQ(world[0].exchange->reports().front().failures, 0U);
}

TEST(Exchange, StateOutlivesARestart) {
  TestWorld world(2);
  world.meet(0, 1);
  world[0].put(id_of("indicator", 1), green);
  world.deliver();
  world[0].restart();
  world[1].restart();
  ASSERT_EQ(world[0].exchange->peers().size(), 1U);
  world.all.clear();
  world.pass(1);
  EXPECT_EQ(world.all.find(id_of("indicator", 1)), std::string::npos) << "it was delivered";
  world[0].put(id_of("indicator", 2), green);
  world.deliver();
  EXPECT_TRUE(world[1].has(id_of("indicator", 2)));
}

TEST(Exchange, AnEmptyAudienceIsNobody) {
  TestWorld world(2);
  world.meet(0, 1);
  policy::Terms nobody;
  nobody.audience.emplace();
  world[0].put(id_of("indicator", 1), green, "", nobody);
  policy::Terms other;
  other.audience = {"identity--0a0a0a0a-0000-4000-8000-000000000009"};
  world[0].put(id_of("indicator", 2), green, "", other);
  world.pass(1'000);
  EXPECT_EQ(world.all.find(id_of("indicator", 1)), std::string::npos);
  EXPECT_EQ(world.all.find(id_of("indicator", 2)), std::string::npos);
}

TEST(Exchange, OnwardTheMarkingDecidesAndTheAudienceTravels) {
  TestWorld world(3);
  world.meet(0, 1);
  world.meet(1, 2);
  Relation relay = world[1].relation("n2");
  relay.collections = {{"api", "inbox"}};
  ASSERT_TRUE(world[1].exchange->change(world[2].key.kid, relay));
  world[0].put(id_of("indicator", 1), green);
  world[0].put(id_of("indicator", 2), amber);
  world[0].put(id_of("indicator", 3), red);
  policy::Terms first_only;
  first_only.audience = {world[1].organisation};
  world[0].put(id_of("indicator", 4), green, "", first_only);
  policy::Terms both;
  both.audience = {world[1].organisation, world[2].organisation};
  world[0].put(id_of("indicator", 5), green, "", both);
  world.deliver();
  for (int number = 1; number <= 5; ++number) {
    EXPECT_TRUE(world[1].has(id_of("indicator", number))) << number;
  }
  EXPECT_TRUE(world[2].has(id_of("indicator", 1)));
  EXPECT_FALSE(world[2].has(id_of("indicator", 2)));
  EXPECT_FALSE(world[2].has(id_of("indicator", 3)));
  EXPECT_FALSE(world[2].has(id_of("indicator", 4)));
  EXPECT_TRUE(world[2].has(id_of("indicator", 5)));
}

TEST(Exchange, AnEmbargoEndsByItselfAndNothingBehindItIsLost) {
  TestWorld world(2);
  world.meet(0, 1);
  policy::Terms embargo;
  embargo.embargo_until = rfc3339(Time{world.clock.ticks + 50 * Time::ticks_per_second});
  world[0].put(id_of("indicator", 1), green, "", embargo);
  world[0].put(id_of("indicator", 2), green);
  world.deliver();
  EXPECT_FALSE(world[1].has(id_of("indicator", 1)));
  EXPECT_TRUE(world[1].has(id_of("indicator", 2)));
  world.pass(51);
  EXPECT_TRUE(world[1].has(id_of("indicator", 1)));
}

TEST(Exchange, AWiderSubscriptionBringsWhatItLeftOut) {
  TestWorld world(2);
  world.meet(0, 1);
  Relation narrow = world[0].relation("n1");
  narrow.subscription.types = {"malware"};
  ASSERT_TRUE(world[0].exchange->change(world[1].key.kid, narrow));
  world[0].put(id_of("indicator", 1), green);
  world[0].put(id_of("malware", 2), green, R"(,"is_family":false)");
  world.deliver();
  EXPECT_FALSE(world[1].has(id_of("indicator", 1)));
  EXPECT_TRUE(world[1].has(id_of("malware", 2)));
  ASSERT_TRUE(world[0].exchange->change(world[1].key.kid, world[0].relation("n1")));
  world.pass(1);
  EXPECT_TRUE(world[1].has(id_of("indicator", 1)));
}

TEST(Exchange, AnObjectThatNamesAHiddenOneWaits) {
  TestWorld world(2);
  world.meet(0, 1);
  policy::Terms hidden;
  hidden.embargo_until = rfc3339(Time{world.clock.ticks + 1'000 * Time::ticks_per_second});
  world[0].put(id_of("malware", 1), green, R"(,"is_family":false)", hidden);
  world[0].put(id_of("indicator", 2), green);
  world[0].put(id_of("relationship", 3), green,
               fmt::format(R"(,"relationship_type":"indicates","source_ref":"{}","target_ref":"{}")",
                           id_of("indicator", 2), id_of("malware", 1)));
  world.pass(1);
  EXPECT_TRUE(world[1].has(id_of("indicator", 2)));
  EXPECT_FALSE(world[1].has(id_of("relationship", 3)));
  EXPECT_EQ(world.all.find(id_of("malware", 1)), std::string::npos) << "not even its id";
  world.pass(1'001);
  world.pass(700);
  EXPECT_TRUE(world[1].has(id_of("malware", 1)));
  EXPECT_TRUE(world[1].has(id_of("relationship", 3)));
}

TEST(Exchange, IdentitiesGoOnlyWithWhatUsesThem) {
  TestWorld world(2);
  world.meet(0, 1);
  const std::string unused = id_of("identity", 7);
  world[0].put(unused, green, R"(,"name":"a victim")");
  world[0].put(id_of("identity", 8), green, R"(,"name":"a sector")");
  world.pass(1);
  EXPECT_EQ(world.all.find(unused), std::string::npos);
  world[0].put(
      id_of("report", 1), green,
      fmt::format(R"(,"name":"r","published":"2024-01-01T00:00:00Z","object_refs":["{}"])", id_of("identity", 8)));
  world.deliver();
  EXPECT_TRUE(world[1].has(id_of("identity", 8)));
  EXPECT_TRUE(world[1].has(id_of("report", 1)));
  EXPECT_EQ(world.all.find(unused), std::string::npos);
  // One that comes after what uses it goes at once.
  world[0].put(
      id_of("report", 2), green,
      fmt::format(R"(,"name":"r","published":"2024-01-01T00:00:00Z","object_refs":["{}"])", id_of("identity", 9)));
  world[0].put(id_of("identity", 9), green, R"(,"name":"late")");
  world.deliver();
  EXPECT_TRUE(world[1].has(id_of("identity", 9)));
}

TEST(Exchange, ARevocationReachesWhoeverWasSentAVersion) {
  TestWorld world(3);
  world.meet(0, 1);
  world.meet(1, 2);
  Relation relay = world[1].relation("n2");
  relay.collections = {{"api", "inbox"}};
  ASSERT_TRUE(world[1].exchange->change(world[2].key.kid, relay));
  const std::string id = id_of("indicator", 1);
  world[0].put(id, green);
  world.pass(1);
  ASSERT_TRUE(world[2].has(id));
  policy::Terms nobody;
  nobody.audience.emplace();
  world[0].put(id, green, R"(,"revoked":true,"name":"why it was wrong")", nobody, "2024-02-01T00:00:00.000Z");
  world.pass(1);
  EXPECT_EQ(world[1].store->versions({"api", "inbox"}, id)->size(), 1U);
  const auto told = world[1].exchange->notice(id);
  ASSERT_TRUE(told && *told);
  EXPECT_TRUE((*told)->revoked);
  EXPECT_EQ((*told)->modified, "2024-02-01T00:00:00.000Z");
  EXPECT_EQ(world.all.find("why it was wrong"), std::string::npos);
  // Who does not know the author's key cannot tell whether the relay tells the truth about a signed object.
  EXPECT_FALSE(*world[2].exchange->notice(id));
}

TEST(Exchange, WordOfARevocationGoesOnThoughNothingElseDoes) {
  TestWorld world(3);
  world[2].author_keys = {world[0].key_document};
  world[2].restart();
  world.meet(0, 1);
  world.meet(1, 2);
  Relation relay = world[1].relation("n2");
  relay.collections = {{"api", "inbox"}};
  ASSERT_TRUE(world[1].exchange->change(world[2].key.kid, relay));
  const std::string id = id_of("indicator", 1);
  world[0].put(id, green);
  world.pass(1);
  ASSERT_TRUE(world[2].has(id));
  world.pass(60);  // nothing is on the way any more, and nobody waits for anything
  policy::Terms nobody;
  nobody.audience.emplace();
  world[0].put(id, green, R"(,"revoked":true)", nobody, "2024-02-01T00:00:00.000Z");
  world.pass(1);
  world.pass(1);
  const auto told = world[2].exchange->notice(id);
  ASSERT_TRUE(told && *told);
  EXPECT_TRUE((*told)->revoked);
}

// `on_the_way`: the author's word comes while the relay's own has left and has not arrived.
void late_word(bool on_the_way) {
  TestWorld world(3);
  world[2].author_keys = {world[0].key_document};
  world[2].restart();
  world.meet(0, 1);
  world.meet(1, 2);
  Relation relay = world[1].relation("n2");
  relay.collections = {{"api", "inbox"}};
  ASSERT_TRUE(world[1].exchange->change(world[2].key.kid, relay));
  const std::string id = id_of("indicator", 1);
  world[0].put(id, green);
  world.pass(1);
  ASSERT_TRUE(world[2].has(id));
  // The relay stores what may not go on, and stumbles before it reaches the notice beside it.
  const std::string revoked = *stix::sign_object(
      fmt::format(
          R"({{"type":"indicator","spec_version":"2.1","id":"{}","created_by_ref":"{}","created":"2024-01-01T00:00:00.000Z","modified":"2024-02-01T00:00:00.000Z","revoked":true,"object_marking_refs":["{}"]}})",
          id, world[0].organisation, red),
      world[0].key, world[0].seed, "2024-02-01T00:00:00.000Z");
  EXPECT_EQ(receipt_of(world[1].exchange->receive(crafted(world[0], world[1], {revoked}, 1'000))).refused, 0U);
  if (on_the_way) {
    world.clock.ticks += 60 * Time::ticks_per_second;
    world[1].exchange->tick();
  } else {
    world.pass(60);
    EXPECT_FALSE(*world[2].exchange->notice(id)) << "the relay's own word does not count";
  }
  DeliveryWriter again;
  Item item;
  item.object = revoked;
  item.notice = *write_notice(id, "2024-02-01T00:00:00.000Z", true, world[0].signer());
  again.add(item);
  EXPECT_EQ(
      receipt_of(world[1].exchange->receive(seal_message(again.finish(world[1].key.kid, 1'001, 0), world[0].signer())))
          .refused,
      0U);
  world.deliver();
  world.pass(60);
  const auto told = world[2].exchange->notice(id);
  ASSERT_TRUE(told && *told);
  EXPECT_TRUE((*told)->revoked);
}
TEST(Exchange, TheAuthorsWordOfARevocationIsPassedOnThoughItComesLate) {
  late_word(false);
  late_word(true);
}

// A relay that took the one and not yet the other would name what it does not know to be hidden.
TEST(Exchange, WhatOnlyLeftIsNotYetThereForWhatNamesIt) {
  TestWorld world(2);
  world.meet(0, 1);
  Relation relation = world[0].relation("n1");
  relation.collections = {{"api", "shared"}, {"api", "inbox"}};
  ASSERT_TRUE(world[0].exchange->change(world[1].key.kid, relation));
  world.deliver();
  world.cut = true;
  world[0].put_into = "inbox";
  const std::string named = id_of("indicator", 1);
  world[0].put(named, green);
  world.pass(1);
  world[0].put_into = "shared";
  const std::string naming = id_of("relationship", 2);
  world[0].put(naming, green,
               fmt::format(R"(,"relationship_type":"related-to","source_ref":"{}","target_ref":"{}")", named, named));
  world.pass(1);
  world.cut = false;
  world.all.clear();
  world.pass(60);
  world.pass(600);
  ASSERT_TRUE(world[1].has(named) && world[1].has(naming));
  EXPECT_LT(world.all.find("\"id\":\"" + named), world.all.find("\"id\":\"" + naming));
}

// The relay holds a second version that may not go on, and has only word of the third.
TEST(Exchange, WordOfTheLatestVersionGoesBesideTheFirst) {
  TestWorld world(3);
  world[2].author_keys = {world[0].key_document};
  world[2].restart();
  world.meet(0, 1);
  world.meet(1, 2);
  Relation relay = world[1].relation("n2");
  relay.collections = {{"api", "inbox"}};
  ASSERT_TRUE(world[1].exchange->change(world[2].key.kid, relay));
  world.deliver();
  const std::string id = id_of("indicator", 1);
  const auto version = [&](std::string_view modified, std::string_view marking) {
    return *stix::sign_object(
        fmt::format(
            R"({{"type":"indicator","spec_version":"2.1","id":"{}","created_by_ref":"{}","created":"2024-01-01T00:00:00.000Z","modified":"{}","object_marking_refs":["{}"]}})",
            id, world[0].organisation, modified, marking),
        world[0].key, world[0].seed, "2024-02-01T00:00:00.000Z");
  };
  DeliveryWriter all;
  Item last;
  last.notice = *write_notice(id, "2024-03-01T00:00:00.000Z", true, world[0].signer());
  const std::string first = version("2024-01-01T00:00:00.000Z", green);
  const std::string second = version("2024-02-01T00:00:00.000Z", red);
  for (const std::string* object : {&first, &second}) {
    Item item;
    item.object = *object;
    all.add(item);
  }
  all.add(last);
  EXPECT_EQ(
      receipt_of(world[1].exchange->receive(seal_message(all.finish(world[1].key.kid, 1'000, 0), world[0].signer())))
          .refused,
      0U);
  world.pass(60);
  ASSERT_TRUE(world[2].has(id));
  const auto told = world[2].exchange->notice(id);
  ASSERT_TRUE(told && *told);
  EXPECT_TRUE((*told)->revoked);
}

TEST(Exchange, VersionsCountOnlyFromTheCreator) {
  TestWorld world(3);
  world.meet(0, 1);
  world.meet(2, 1);
  const std::string id = id_of("indicator", 1);
  world[0].put(id, green);
  world.deliver();
  const auto forged = [&](std::string_view author, std::string_view modified) {
    return fmt::format(
        R"({{"type":"indicator","spec_version":"2.1","id":"{}","created_by_ref":"{}","created":"2024-01-01T00:00:00.000Z","modified":"{}","revoked":true}})",
        id, author, modified);
  };
  const Receipt refused = receipt_of(
      world[1].exchange->receive(crafted(world[2], world[1],
                                         {forged(world[0].organisation, "2025-01-01T00:00:00.000Z"),
                                          forged(world[2].organisation, "2025-01-01T00:00:00.000Z"),
                                          *stix::sign_object(forged(world[2].organisation, "2025-01-01T00:00:00.000Z"),
                                                             world[2].key, world[2].seed, "2024-06-01T00:00:00Z")})));
  EXPECT_EQ(refused.state, Receipt::State::taken);
  EXPECT_EQ(refused.refused, 3U);
  // Signed by another key under the author's name, and what the receiver itself should have said.
  stix::AuthorKey false_key = world[2].key;
  false_key.identity = world[0].organisation;
  const Receipt more = receipt_of(
      world[1].exchange->receive(crafted(world[2], world[1],
                                         {*stix::sign_object(forged(world[0].organisation, "2025-01-01T00:00:00.000Z"),
                                                             false_key, world[2].seed, "2024-06-01T00:00:00Z"),
                                          forged(world[1].organisation, "2024-01-01T00:00:00.000Z")},
                                         1'001)));
  EXPECT_EQ(more.refused, 2U);
  EXPECT_EQ(world[1].store->versions({"api", "inbox"}, id)->size(), 1U);
  // The author's own word takes the place of a claim that came before it.
  const std::string later = id_of("indicator", 2);
  std::string claim = forged(world[0].organisation, "2024-01-01T00:00:00.000Z");
  claim.replace(claim.find(id), id.size(), later);
  EXPECT_EQ(receipt_of(world[1].exchange->receive(crafted(world[2], world[1], {claim}, 1'002))).refused, 0U);
  ASSERT_TRUE(world[1].has(later));
  const std::string genuine = world[0].put(later, green);
  world.deliver();
  const auto there = world[1].store->versions({"api", "inbox"}, later);
  ASSERT_EQ(there->size(), 1U);
  EXPECT_EQ(there->front()->bytes, genuine);
}

// Whoever brings the author's word has not become the author by it.
TEST(Exchange, AClaimGoesOnceTheAuthorSpokeThroughWhomever) {
  TestWorld world(3);
  world.meet(0, 1);
  world.meet(2, 1);
  world.cut = true;
  const auto claim = [&](const std::string& id, std::string_view modified) {
    return fmt::format(
        R"({{"type":"indicator","spec_version":"2.1","id":"{}","created_by_ref":"{}","created":"2024-01-01T00:00:00.000Z","modified":"{}","name":"claimed"}})",
        id, world[0].organisation, modified);
  };
  const auto bring = [&](const std::vector<std::string>& objects, std::uint64_t number) {
    return receipt_of(world[1].exchange->receive(crafted(world[2], world[1], objects, number))).refused;
  };
  // Signed: the same peer that lied brings the truth.
  const std::string with = id_of("indicator", 1);
  const std::string genuine = world[0].put(with, green);
  EXPECT_EQ(bring({claim(with, "2025-01-01T00:00:00.000Z")}, 1'000), 0U);
  EXPECT_EQ(bring({genuine}, 1'001), 0U);
  const auto one = world[1].store->versions({"api", "inbox"}, with);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front()->bytes, genuine);
  // Not signed: a copy and a later version of the peer's own, then the author's node with the first.
  const std::string without = id_of("indicator", 2);
  const std::string bare = world[0].put(without, green, "", {}, "2024-01-01T00:00:00.000Z", false);
  EXPECT_EQ(bring({bare, claim(without, "2025-01-01T00:00:00.000Z")}, 1'002), 0U);
  ASSERT_EQ(world[1].store->versions({"api", "inbox"}, without)->size(), 2U);
  world.cut = false;
  world.pass(600);
  const auto two = world[1].store->versions({"api", "inbox"}, without);
  ASSERT_EQ(two->size(), 1U);
  EXPECT_EQ(two->front()->bytes, bare);
  EXPECT_EQ(two->front()->writer, "peer:" + world[0].key.kid);
}

TEST(Exchange, TwoTruthsOfOneAuthorAreAnAlarmWithBoth) {
  TestWorld world(2);
  world.meet(0, 1);
  const auto version = [&](std::string_view name) {
    return *stix::sign_object(
        fmt::format(
            R"({{"type":"indicator","spec_version":"2.1","id":"{}","created_by_ref":"{}","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z","name":"{}"}})",
            id_of("indicator", 1), world[0].organisation, name),
        world[0].key, world[0].seed, "2024-01-01T00:00:00Z");
  };
  const std::string one = version("one");
  const std::string two = version("two");
  world[1].exchange->receive(crafted(world[0], world[1], {one, one, two}, 5));
  world[1].exchange->receive(crafted(world[0], world[1], {two}, 6));
  const auto alarms = world[1].exchange->alarms();
  ASSERT_EQ(alarms->size(), 1U) << "once, however often it comes";
  EXPECT_EQ(alarms->front().kind, "equivocation");
  EXPECT_EQ(alarms->front().one, one);
  EXPECT_EQ(alarms->front().two, two);
  EXPECT_EQ(alarms->front().author, world[0].organisation);
  EXPECT_EQ(world[1].store->versions({"api", "inbox"}, id_of("indicator", 1))->front()->bytes, one);
}

TEST(Exchange, ReplaysReorderingAndWrongAddressesDoNothing) {
  TestWorld world(3);
  world.meet(0, 1);
  world.meet(0, 2);
  world[0].put(id_of("indicator", 1), green);
  std::string first;
  for (const auto& message : world.waiting) {
    first = message.url == world[1].url ? message.bytes : first;
  }
  ASSERT_FALSE(first.empty());
  world.deliver();
  world[0].put(id_of("indicator", 2), green);
  world.deliver();
  const auto there = world[1].store->versions({"api", "inbox"}, id_of("indicator", 1));
  ASSERT_TRUE(world[1].store->remove({"api", "inbox"}, *there));
  EXPECT_EQ(receipt_of(world[1].exchange->receive(first)).state, Receipt::State::stale);
  EXPECT_FALSE(world[1].has(id_of("indicator", 1))) << "what was removed here does not come back by a replay";
  EXPECT_TRUE(world[2].exchange->receive(first).empty()) << "it was meant for another node";
  std::string changed = first;
  changed.back() = ' ';
  EXPECT_TRUE(world[1].exchange->receive(changed).empty());
  EXPECT_TRUE(world[1].exchange->receive("").empty());
  EXPECT_TRUE(world[1].exchange->receive(std::string(limits::message_bytes_max + 1, 'x')).empty());
}

TEST(Exchange, WhoLostWhatItHadGetsItAgain) {
  TestWorld world(2);
  world.meet(0, 1);
  world[0].put(id_of("indicator", 1), green);
  world.deliver();
  // The receiver goes back to an older copy of its store, the sender to an older copy of its notes.
  const std::string kid = world[0].key.kid;
  std::vector<store::Note> lost = {{"exchange/received/" + kid, std::nullopt}};
  ASSERT_TRUE(world[1].notes->put(lost));
  ASSERT_TRUE(
      world[1].store->remove({"api", "inbox"}, *world[1].store->versions({"api", "inbox"}, id_of("indicator", 1))));
  world[1].restart();
  world[0].put(id_of("indicator", 2), green);
  world.deliver();
  world.pass(60);
  EXPECT_TRUE(world[1].has(id_of("indicator", 1)));
  EXPECT_TRUE(world[1].has(id_of("indicator", 2)));
  lost = {{"exchange/numbers/" + world[1].key.kid, std::nullopt}};
  ASSERT_TRUE(world[0].notes->put(lost));
  world[0].restart();
  world[0].put(id_of("indicator", 3), green);
  world.deliver();
  world.pass(60);
  EXPECT_TRUE(world[1].has(id_of("indicator", 3)));
}

TEST(Exchange, OneBadObjectDoesNotStopTheOthersAndUnknownTypesPass) {
  TestWorld world(3);
  world.meet(0, 1);
  world.meet(1, 2);
  Relation relay = world[1].relation("n2");
  relay.collections = {{"api", "inbox"}};
  ASSERT_TRUE(world[1].exchange->change(world[2].key.kid, relay));
  const std::string unknown = world[0].put(
      id_of("x-new-thing", 1), green,
      R"(,"extensions":{"extension-definition--9c59fd79-4215-4ba2-920d-3e4f320e1e62":{"extension_type":"new-sdo"}},"deep":{"a":[1,2.50,null]})");
  world.pass(1);
  EXPECT_EQ(world[2].store->versions({"api", "inbox"}, id_of("x-new-thing", 1))->front()->bytes, unknown);
  const Receipt receipt = receipt_of(world[1].exchange->receive(
      crafted(world[0], world[1],
              {"no json", R"({"type":"indicator"})", R"({"a":1,"a":2})", std::string(300, '['),
               R"({"type":"file","spec_version":"2.1","id":"file--00000000-0000-4000-8000-000000000005","name":"x"})"},
              50, 1)));
  EXPECT_EQ(receipt.state, Receipt::State::taken);
  EXPECT_EQ(receipt.refused, 4U);
  EXPECT_TRUE(world[1].has("file--00000000-0000-4000-8000-000000000005"));
}

TEST(Exchange, SightingsGoToTheAuthorAloneAndThroughARelayAsItsOwnCount) {
  TestWorld world(4);
  world.meet(0, 1);  // the author and the relay
  world.meet(1, 2);  // the relay and two sighters
  world.meet(1, 3);
  for (const std::size_t sighter : {2, 3}) {
    Relation relation = world[1].relation(fmt::format("n{}", sighter));
    relation.collections.push_back({"api", "inbox"});
    ASSERT_TRUE(world[1].exchange->change(world[sighter].key.kid, relation));
  }
  const std::string indicator = id_of("indicator", 1);
  world[0].put(indicator, green);
  world.pass(1);
  ASSERT_TRUE(world[2].has(indicator) && world[3].has(indicator));
  world.all.clear();
  world[2].put(id_of("sighting", 2), green,
               fmt::format(R"(,"sighting_of_ref":"{}","count":5,"last_seen":"2024-01-05T00:00:00Z")", indicator));
  world[3].put(id_of("sighting", 3), green, fmt::format(R"(,"sighting_of_ref":"{}")", indicator));
  world.pass(1);
  EXPECT_TRUE(world[1].has(id_of("sighting", 2)));
  for (const std::size_t node : {0, 3}) {
    EXPECT_FALSE(world[node].has(id_of("sighting", 2))) << node;
  }
  bool found = false;
  const auto classes = world[0].store->classes({"api", "inbox"});
  std::vector<std::uint32_t> all;
  for (const auto& one : *classes) {
    all.push_back(one.id);
  }
  std::string last;
  ASSERT_TRUE(world[0].store->scan({"api", "inbox"}, 0, {all, {}}, [&](const store::RecordPointer& record) {
    if (record->type == "sighting") {
      found = true;
      last = record->bytes;
      EXPECT_EQ(record->bytes.find(world[2].organisation), std::string::npos);
      EXPECT_EQ(record->bytes.find(world[3].organisation), std::string::npos);
    }
    return true;
  }));
  ASSERT_TRUE(found);
  EXPECT_NE(last.find("\"count\":6"), std::string::npos) << last;
  EXPECT_NE(last.find(world[1].organisation), std::string::npos);
  EXPECT_NE(last.find(std::string(green)), std::string::npos) << "never wider than the indicator";
}

TEST(Exchange, AFloodIsToldToWaitAndCostsTheOthersNothing) {
  TestWorld world(3);
  world.meet(0, 1);
  world.meet(0, 2);
  std::size_t busy = 0;
  for (std::int64_t count = 0; count < 2 * limits::messages_burst_max; ++count) {
    const std::string reply = world[0].exchange->receive(
        seal_message(write_pull({.have = 0, .digest = ""}, world[0].key.kid), world[1].signer()));
    busy += reply.find("\"busy\"") != std::string::npos ? 1 : 0;
  }
  EXPECT_GE(busy, static_cast<std::size_t>(limits::messages_burst_max) - 10);
  world[0].put(id_of("indicator", 1), green);
  world.deliver();
  EXPECT_TRUE(world[2].has(id_of("indicator", 1)));
}

TEST(Exchange, APausedOrRemovedPeerGetsNothing) {
  TestWorld world(2);
  world.meet(0, 1);
  Relation paused = world[0].relation("n1");
  paused.paused = true;
  ASSERT_TRUE(world[0].exchange->change(world[1].key.kid, paused));
  world[0].put(id_of("indicator", 1), green);
  world.pass(200);
  EXPECT_FALSE(world[1].has(id_of("indicator", 1)));
  ASSERT_TRUE(world[0].exchange->change(world[1].key.kid, world[0].relation("n1")));
  world.pass(200);
  EXPECT_TRUE(world[1].has(id_of("indicator", 1)));
  ASSERT_TRUE(world[0].exchange->remove(world[1].key.kid));
  world[0].put(id_of("indicator", 2), green);
  world.pass(200);
  EXPECT_FALSE(world[1].has(id_of("indicator", 2)));
  world[0].restart();
  EXPECT_TRUE(world[0].exchange->peers().empty());
}

TEST(Invitation, WorksOnceInTimeAndForWhoeverHasTheCode) {
  TestWorld world(3);
  const auto code = world[0].exchange->invite(world[0].relation("guest"), hour);
  ASSERT_TRUE(code);
  // Without the secret, or with another one.
  auto read = read_code(*code);
  ASSERT_TRUE(read);
  Invitation guessed = *read;
  guessed.secret = std::string(32, '0');
  ASSERT_TRUE(world[2].exchange->accept(write_code(guessed), world[2].relation("host")));
  world.deliver();
  EXPECT_TRUE(world[0].exchange->peers().empty());
  EXPECT_TRUE(world[2].exchange->peers().empty());
  // The answer is lost; the same node asks again.
  ASSERT_TRUE(world[1].exchange->accept(*code, world[1].relation("host")));
  const auto lost = world.waiting.front();
  world.waiting.clear();
  (void)world[0].exchange->receive(lost.bytes);
  EXPECT_EQ(world[0].exchange->peers().size(), 1U);
  EXPECT_TRUE(world[1].exchange->peers().empty());
  ASSERT_TRUE(world[1].exchange->accept(*code, world[1].relation("host")));
  world.deliver();
  ASSERT_EQ(world[1].exchange->peers().size(), 1U);
  EXPECT_EQ(world[1].exchange->peers().front().organisation, world[0].organisation);
  EXPECT_EQ(world[0].exchange->peers().front().organisation, world[1].organisation);
  EXPECT_EQ(world[0].exchange->peers().front().relation.name, "guest");
  // Another node with the same code.
  ASSERT_TRUE(world[2].exchange->accept(*code, world[2].relation("host")));
  world.deliver();
  EXPECT_EQ(world[0].exchange->peers().size(), 1U);
  EXPECT_TRUE(world[2].exchange->peers().empty());
  // Too late.
  const auto second = world[0].exchange->invite(world[0].relation("late"), hour);
  ASSERT_TRUE(second);
  ASSERT_TRUE(world[2].exchange->accept(*second, world[2].relation("host")));
  world.clock.ticks += 2 * hour;
  world.deliver();
  EXPECT_EQ(world[0].exchange->peers().size(), 1U);
  EXPECT_FALSE(world[2].exchange->accept(*second, world[2].relation("host"))) << "its own clock says so too";
}

TEST(Invitation, TheAnswerMustComeFromTheKeyInTheCode) {
  TestWorld world(3);
  const auto code = world[0].exchange->invite(world[0].relation("guest"), hour);
  Invitation invitation = *read_code(*code);
  invitation.url = world[2].url;  // somebody else answers
  ASSERT_TRUE(world[1].exchange->accept(write_code(invitation), world[1].relation("host")));
  const auto asked = world.waiting.front();
  world.waiting.clear();
  EXPECT_TRUE(world[2].exchange->receive(asked.bytes).empty());
  Introduction welcome;
  welcome.invitation = invitation.id;
  welcome.url = world[2].url;
  welcome.key_document = world[2].key_document;
  welcome.nonce = std::string(32, '0');
  welcome.proof = std::string(64, '0');
  world[1].exchange->answered(
      asked.ticket, seal_message(write_introduction("welcome", welcome, world[1].key.kid), world[2].signer()));
  EXPECT_TRUE(world[1].exchange->peers().empty());
  EXPECT_FALSE(read_code("tocsin-peer.!!"));
  EXPECT_FALSE(read_code(""));
  EXPECT_FALSE(world[0].exchange->accept(*code, world[0].relation("me"))) << "one's own";
  Relation nowhere = world[0].relation("x");
  nowhere.inbox = {"api", "none"};
  EXPECT_FALSE(world[0].exchange->invite(nowhere, hour));
}

TEST(Exchange, AFailedSignatureEndsItInOnePlace) {
  TestWorld world(2);
  world.meet(0, 1);
  const std::string body = DeliveryWriter().finish(world[1].key.kid, 1, 0);
  Signer wrong = world[0].signer();
  wrong.seed[0] ^= 1;
  const std::string message = seal_message(body, wrong);
  const auto key = [&](std::string_view) { return std::optional(world[0].key.key); };
  const auto refused = open_message(message, key);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::damaged);
  EXPECT_TRUE(open_message(seal_message(body, world[0].signer()), key));
  EXPECT_EQ(open_message(message, [](std::string_view) { return std::nullopt; }).error().code, ErrorCode::not_found);
  EXPECT_TRUE(world[1].exchange->receive(message).empty());
}

TEST(Delivery, ReadsWhatItWroteAndNothingElse) {
  DeliveryWriter writer;
  Item one;
  one.object = R"({"a":"}\n"})";
  one.audience = {"identity--x", "b"};
  one.embargo_until = "2030-01-01T00:00:00Z";
  Item two;
  two.notice = R"({"type":"tocsin-notice"})";
  Item three;
  three.object = " {}\n\n";
  three.audience.emplace();
  writer.add(one);
  writer.add(two);
  writer.add(three);
  const std::string body = writer.finish("k", 7, 3);
  const auto delivery = read_delivery(body);
  ASSERT_TRUE(delivery) << delivery.error().text();
  EXPECT_EQ(delivery->number, 7U);
  EXPECT_EQ(delivery->after, 3U);
  ASSERT_EQ(delivery->items.size(), 3U);
  EXPECT_EQ(delivery->items[0].object, one.object);
  EXPECT_EQ(delivery->items[0].audience, one.audience);
  EXPECT_EQ(delivery->items[0].embargo_until, one.embargo_until);
  EXPECT_EQ(delivery->items[1].notice, two.notice);
  EXPECT_FALSE(delivery->items[1].audience);
  EXPECT_EQ(delivery->items[2].object, three.object);
  EXPECT_TRUE(delivery->items[2].audience && delivery->items[2].audience->empty()) << "empty is not absent";
  EXPECT_FALSE(read_delivery(body + "x"));
  EXPECT_FALSE(read_delivery(body.substr(0, body.size() - 1)));
  EXPECT_FALSE(read_delivery(R"({"kind":"delivery","number":-1,"after":0,"items":[]})"));
  EXPECT_FALSE(read_delivery(R"({"kind":"delivery","number":18446744073709551615,"after":0,"items":[]})"));
  EXPECT_FALSE(read_delivery(R"({"number":1,"after":0,"items":[{"bytes":18446744073709551615}]})"));
}

// What a peer brings enters the logs of whoever stores it, by its markings.
TEST(Exchange, WhatComesIsLogged) {
  TestWorld world(2);
  world[1].logs = {.open = "open", .restricted = "restricted"};
  world[1].restart();
  world.meet(0, 1);
  world[0].put(id_of("indicator", 1), green);
  world[0].put(id_of("indicator", 2), "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487");
  world.deliver();
  ASSERT_TRUE(world[1].has(id_of("indicator", 1)) && world[1].has(id_of("indicator", 2)));
  EXPECT_EQ(*world[1].store->log_size("restricted"), 1U);
  EXPECT_EQ(*world[1].store->log_size("open"), 1U);
  EXPECT_EQ(*world[0].store->log_size("open"), 0U) << "that node was told of no logs";
}

// Another Exchange on the same notes changes what a running one does at its next step.
TEST(Exchange, NoticesWhatACommandDid) {
  TestWorld world(2);
  world.meet(0, 1);
  struct Silent final : Transport {
    void send(const std::string&, std::uint64_t, std::string) override {}
  } silent;
  Options options;
  options.key = world[0].key;
  options.key_document = world[0].key_document;
  options.seed = world[0].seed;
  TestRandom random(99);
  const auto command = Exchange::open(*world[0].store, *world[0].notes, world.clock, random, silent, options);
  ASSERT_TRUE(command) << command.error().text();
  Relation relation = (*command)->peers().front().relation;
  relation.paused = true;
  ASSERT_TRUE((*command)->change(world[1].key.kid, relation));
  world[0].put(id_of("indicator", 1), green);
  world.deliver();
  EXPECT_FALSE(world[1].has(id_of("indicator", 1))) << "it is paused";
  relation.paused = false;
  ASSERT_TRUE((*command)->change(world[1].key.kid, relation));
  world.pass(1);
  EXPECT_TRUE(world[1].has(id_of("indicator", 1)));
  ASSERT_TRUE((*command)->remove(world[1].key.kid));
  world[0].put(id_of("indicator", 2), green);
  world.pass(1);
  EXPECT_FALSE(world[1].has(id_of("indicator", 2))) << "it is no peer any more";
  EXPECT_TRUE(world[0].exchange->peers().empty());
}

}  // namespace
}  // namespace tocsin::exchange
