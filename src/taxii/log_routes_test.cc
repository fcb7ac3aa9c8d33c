// The logs of a node over HTTP: what a reader of tiles needs, and nothing to anybody else.
#include "taxii/log_routes.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "store/log_proofs.h"
#include "taxii/test_node.h"
#include "trust/witness.h"

namespace tocsin::taxii {
namespace {

constexpr std::string_view clear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";

std::string tool(int number, std::string_view marking = "") {
  return fmt::format(R"({{"type":"tool","spec_version":"2.1","id":"tool--00000000-0000-4000-8000-{:012}",)"
                     R"("created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"x"{}}})",
                     number, marking.empty() ? "" : fmt::format(R"(,"object_marking_refs":["{}"])", marking));
}

class LogRoutesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(node.store->put_root({.name = "api", .title = "A", .description = "", .max_content_length = 0}));
    store::Collection collection;
    collection.root = "api";
    collection.id = "c1";
    ASSERT_TRUE(node.store->put_collection(collection));
    node.add_user("alice", {{"*", "*", true, true}});
    node.add_user("writer", {{"api", "c1", false, true}});
    node.add_user("witness", {{"tocsin", "restricted-log", true, false}});
    node.service = std::make_unique<Service>(
        *node.store, node.clock, node.random,
        ServiceOptions{.key = {1, 2, 3}, .logs = {.open = "n/open", .restricted = "n/restricted"}});
    open_seed.fill(1);
    restricted_seed.fill(2);
  }
  void post(int first, int count, std::string_view marking) {
    std::string body = "{\"objects\":[";
    for (int at = 0; at < count; ++at) {
      body += (at == 0 ? "" : ",") + tool(first + at, marking);
    }
    ASSERT_EQ(node.ask("POST", "/api/collections/c1/objects/", "alice", body + "]}").status, 202);
  }
  void sign() {
    ASSERT_TRUE(store::make_checkpoint(*node.store, "n/open", "n/open", open_seed));
    ASSERT_TRUE(store::make_checkpoint(*node.store, "n/restricted", "n/restricted", restricted_seed));
  }
  net::Response get(std::string path, const std::string& user = "alice") {
    return node.ask("GET", "/tocsin/log/" + path, user);
  }

  TestNode node;
  trust::Ed25519Seed open_seed{}, restricted_seed{};
};

// Tiles as a client reads them, over the routes.
class RouteTiles final : public trust::TileReader {
 public:
  RouteTiles(TestNode& node, std::uint64_t size) : node_(node), size_(size) {}
  Result<std::string> tile(trust::TileName name) override {
    const unsigned width = trust::width_in(name, size_);
    if (width == 0) {
      return std::string();
    }
    const net::Response got = node_.ask("GET", "/tocsin/log/open/" + trust::tile_path(name, width));
    EXPECT_EQ(got.status, 200) << trust::tile_path(name, width);
    EXPECT_NE(got.header("Cache-Control").find("immutable"), std::string_view::npos);
    return got.body;
  }

 private:
  TestNode& node_;
  std::uint64_t size_;
};

TEST_F(LogRoutesTest, AReaderOfTilesFindsTheRootThatWasSigned) {
  post(0, 300, clear);
  sign();
  const net::Response note = get("open/checkpoint");
  ASSERT_EQ(note.status, 200);
  EXPECT_EQ(note.header("Content-Type"), "text/plain; charset=utf-8");
  const std::vector<trust::VerifierKey> keys = {trust::verifier_key("n/open", trust::ed25519_public_key(open_seed))};
  const auto said = trust::open_checkpoint(note.body, keys);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->head.size, 300U);
  RouteTiles tiles(node, 300);
  const auto head = trust::check_tiles(tiles, 300);
  ASSERT_TRUE(head) << head.error().text();
  EXPECT_EQ(head->root, said->head.root);
  EXPECT_EQ(get("open/tile/0/000").body.size(), 256U * 32);
  EXPECT_EQ(get("open/tile/0/001.p/44").body.size(), 44U * 32);
  EXPECT_EQ(get("open/tile/0/001.p/7").body, get("open/tile/0/001.p/44").body.substr(0, 7U * 32)) << "an earlier size";
  EXPECT_EQ(get("open/tile/1/000.p/1").body.size(), 32U);
  EXPECT_EQ(get("open/tile/entries/000").body.size(), 256U * 34);
}

TEST_F(LogRoutesTest, NothingIsShownBeyondTheLastCheckpoint) {
  EXPECT_EQ(get("open/checkpoint").status, 404) << "none was made yet";
  post(0, 3, clear);
  EXPECT_EQ(get("open/tile/0/000.p/3").status, 404);
  sign();
  EXPECT_EQ(get("open/tile/0/000.p/3").status, 200);
  post(10, 2, clear);
  EXPECT_EQ(get("open/tile/0/000.p/4").status, 404);
  EXPECT_EQ(get("open/tile/entries/000.p/5").status, 404);
  EXPECT_EQ(get("open/tile/0/000.p/3").status, 200);
  const std::string before = get("open/checkpoint").body;
  sign();
  EXPECT_NE(get("open/checkpoint").body, before);
  EXPECT_EQ(get("open/tile/0/000.p/5").status, 200);
}

TEST_F(LogRoutesTest, TheRestrictedLogIsForThoseWhoWereNamedForIt) {
  post(0, 2, clear);
  post(10, 3, "");
  sign();
  const std::string nowhere = get("nosuch/checkpoint").body;
  EXPECT_EQ(get("restricted/checkpoint").status, 404) << "whoever may read everything may not read this";
  EXPECT_EQ(get("restricted/checkpoint").body, nowhere);
  EXPECT_EQ(get("restricted/tile/0/000.p/3").body, nowhere);
  EXPECT_EQ(get("restricted/checkpoint", "witness").status, 200);
  EXPECT_EQ(get("restricted/tile/0/000.p/3", "witness").status, 200);
  EXPECT_EQ(get("open/checkpoint", "witness").status, 200);
  EXPECT_EQ(node.ask("GET", "/api/", "witness").status, 404) << "it is a grant for the log alone";
  EXPECT_EQ(get("open/checkpoint", "writer").status, 404) << "who may read nothing reads no log";
  EXPECT_EQ(get("open/checkpoint", "").status, 401);
  EXPECT_EQ(get("restricted/checkpoint", "").status, 401);
}

TEST_F(LogRoutesTest, WhatIsNoFileOfALogIsNotThere) {
  post(0, 2, clear);
  sign();
  for (const char* path : {"open",
                           "open/",
                           "open/tile",
                           "open/tile/0",
                           "open/tile/0/0",
                           "open/tile/0/001",
                           "open/tile/0/000",
                           "open/tile/0/000.p/0",
                           "open/tile/0/000.p/3",
                           "open/tile/0/000.p/256",
                           "open/tile/0/000.p/-1",
                           "open/tile/64/000",
                           "open/tile/9/000.p/1",
                           "open/tile/entries/x000/000.p/1",
                           "open/tile/0/x999/x999/999",
                           "open/tile/0/x999/x999/x999/x999/x999/x999/x999/999",
                           "open/checkpoint/x",
                           "open/../restricted/checkpoint",
                           "OPEN/checkpoint",
                           "n%2Fopen/checkpoint",
                           "open/tile/0/000.p/02"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(node.ask("POST", "/tocsin/log/open/checkpoint", "alice", "x").status, 405);
  EXPECT_EQ(node.ask("DELETE", "/tocsin/log/open/tile/0/000.p/2").status, 405);
}

TEST_F(LogRoutesTest, ANodeWithoutLogsHasNone) {
  node.service = std::make_unique<Service>(*node.store, node.clock, node.random, ServiceOptions{.key = {1, 2, 3}});
  EXPECT_EQ(get("open/checkpoint").status, 404);
  EXPECT_EQ(get("restricted/checkpoint", "witness").status, 404);
}

}  // namespace
}  // namespace tocsin::taxii
