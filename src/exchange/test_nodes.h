// Nodes in memory for tests: one clock that tests move, a network that delivers when it is told to and can be cut.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "exchange/exchange.h"
#include "policy/terms.h"
#include "stix/signature.h"
#include "store/memory/memory_notes.h"
#include "store/memory/memory_store.h"

namespace tocsin::exchange {

inline constexpr std::string_view green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
inline constexpr std::string_view amber = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421";
inline constexpr std::string_view red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";

class TestClock final : public Clock {
 public:
  Time now() const override { return Time{ticks}; }
  std::int64_t ticks = Time::from_seconds(1'700'000'000).ticks;
};

class TestRandom final : public Random {
 public:
  explicit TestRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_;
};

struct TestWorld;

struct TestNode final : Transport {
  TestNode(TestWorld& in, int which);
  void send(const std::string& to, std::uint64_t ticket, std::string message) override;
  void restart();
  // Puts an object of its own into `put_into` and tells the exchange.
  std::string put(std::string id, std::string_view marking, std::string_view more = "", policy::Terms terms = {},
                  std::string modified = "2024-01-01T00:00:00.000Z", bool sign = true);
  bool has(std::string_view id) const {
    for (const char* collection : {"shared", "inbox"}) {
      if (!store->versions({"api", collection}, id)->empty()) {
        return true;
      }
    }
    return false;
  }
  Signer signer() const { return {key.kid, seed}; }
  Relation relation(std::string name) const {
    Relation out;
    out.name = std::move(name);
    out.collections = {{"api", "shared"}};
    out.inbox = {"api", "inbox"};
    return out;
  }
  std::string kid_of(const TestNode& other) const { return other.key.kid; }

  TestWorld& world;
  int number;
  std::string organisation, url;
  std::string put_into = "shared";
  trust::Ed25519Seed seed{};
  stix::AuthorKey key;
  std::string key_document;
  std::vector<std::string> author_keys;  // documents, of authors who are no peers; from the next restart on
  taxii::LogNames logs;
  TestRandom random;
  std::unique_ptr<store::Store> store = store::make_memory_store();
  std::unique_ptr<store::Notes> notes = store::make_memory_notes();
  std::unique_ptr<Exchange> exchange;
};

struct TestWorld {
  struct Message {
    TestNode* from;
    std::string url;
    std::uint64_t ticket;
    std::string bytes;
  };
  explicit TestWorld(int count) {
    for (int number = 0; number < count; ++number) {
      nodes.push_back(std::make_unique<TestNode>(*this, number));
    }
    for (auto& node : nodes) {
      node->restart();
    }
  }
  TestNode& operator[](std::size_t at) { return *nodes[at]; }
  // Delivers until nothing is on the way.
  void deliver() {
    for (int steps = 0; !waiting.empty(); ++steps) {
      ASSERT_LT(steps, 10'000) << "the nodes never come to rest";
      Message message = std::move(waiting.front());
      waiting.pop_front();
      ++delivered;
      if (cut) {
        message.from->exchange->answered(message.ticket, failure(ErrorCode::io, "no answer"));
        continue;
      }
      TestNode& to = *nodes[static_cast<std::size_t>(message.url.back() - '0')];
      all += message.bytes;
      std::string reply = to.exchange->receive(message.bytes);
      all += reply;
      if (reply.empty()) {
        message.from->exchange->answered(message.ticket, failure(ErrorCode::io, "no answer"));
      } else {
        message.from->exchange->answered(message.ticket, std::move(reply));
      }
      to.exchange->tick();
    }
  }
  void pass(std::int64_t seconds) {
    clock.ticks += seconds * Time::ticks_per_second;
    for (auto& node : nodes) {
      node->exchange->tick();
    }
    deliver();
  }
  void meet(std::size_t host, std::size_t guest) {
    const auto code = nodes[host]->exchange->invite(nodes[host]->relation(fmt::format("n{}", guest)), 1'000'000'000);
    ASSERT_TRUE(code) << code.error().text();
    ASSERT_TRUE(nodes[guest]->exchange->accept(*code, nodes[guest]->relation(fmt::format("n{}", host))));
    deliver();
  }
  TestClock clock;
  std::deque<Message> waiting;
  std::string all;  // every byte that was delivered
  std::size_t delivered = 0;
  bool cut = false;
  std::vector<std::unique_ptr<TestNode>> nodes;
};

inline TestNode::TestNode(TestWorld& in, int which)
    : world(in), number(which), random(static_cast<std::uint64_t>(which) + 1) {
  organisation = fmt::format("identity--0a0a0a0a-0000-4000-8000-{:012}", which);
  url = fmt::format("test:{}", which);
  seed.fill(static_cast<std::uint8_t>(which + 1));
  key.key = trust::ed25519_public_key(seed);
  key.kid = stix::key_id(key.key);
  key.identity = organisation;
  key.name = url;
  key.valid_from = "2020-01-01T00:00:00Z";
  key_document = *stix::write_author_key(key, seed);
  (void)store->put_root({.name = "api", .title = "", .description = "", .max_content_length = 0});
  for (const char* id : {"shared", "inbox"}) {
    store::Collection collection;
    collection.root = "api";
    collection.id = id;
    (void)store->put_collection(collection);
  }
}

inline void TestNode::send(const std::string& to, std::uint64_t ticket, std::string message) {
  world.waiting.push_back({this, to, ticket, std::move(message)});
}

inline void TestNode::restart() {
  Options options;
  options.key = key;
  options.key_document = key_document;
  options.seed = seed;
  options.url = url;
  options.logs = logs;
  options.author_keys = author_keys;
  exchange = *Exchange::open(*store, *notes, world.clock, random, *this, std::move(options));
}

inline std::string TestNode::put(std::string id, std::string_view marking, std::string_view more, policy::Terms terms,
                                 std::string modified, bool sign) {
  const std::string type = id.substr(0, id.find("--"));
  std::string bytes = fmt::format(
      R"({{"type":"{}","spec_version":"2.1","id":"{}","created_by_ref":"{}","created":"2024-01-01T00:00:00.000Z","modified":"{}"{}{}}})",
      type, id, organisation, modified,
      marking.empty() ? std::string() : fmt::format(R"(,"object_marking_refs":["{}"])", marking), more);
  if (sign) {
    bytes = *stix::sign_object(bytes, key, seed, "2024-01-01T00:00:00.000Z");
  }
  const auto reading = read_for_exchange(bytes);
  EXPECT_TRUE(reading) << reading.error().text();
  terms.type = type;
  if (!marking.empty()) {
    terms.markings = {std::string(marking)};
  }
  const store::NewVersion version = new_version(*reading, bytes, policy::terms_text(terms), "analyst");
  EXPECT_EQ(store->put({"api", put_into}, {&version, 1}, world.clock.now())->front(), store::Put::stored);
  exchange->committed();
  return bytes;
}

inline std::string id_of(std::string_view type, int number) {
  return fmt::format("{}--00000000-0000-4000-8000-{:012}", type, number);
}

}  // namespace tocsin::exchange
