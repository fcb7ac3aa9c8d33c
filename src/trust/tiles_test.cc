// Tiles against the tree in memory: the same heads and proofs, whatever the sizes and batches.
#include "trust/tiles.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace tocsin::trust {
namespace {

class MemoryTiles final : public TileReader {
 public:
  Result<std::string> tile(TileName name) override {
    ++reads;
    const auto found = kept.find(name);
    return found == kept.end() ? std::string() : found->second;
  }
  void put(const TileChanges& changes) {
    for (const auto& [name, bytes] : changes.put) {
      kept[name] = bytes;
    }
    size = changes.size;
  }
  bool append(std::span<const std::string> entries) {
    const auto changes = append_entries(*this, size, entries);
    if (changes) {
      put(*changes);
    }
    return changes.has_value();
  }

  std::map<TileName, std::string> kept;
  std::uint64_t size = 0;
  std::size_t reads = 0;
};

std::vector<std::string> numbered(std::uint64_t first, std::uint64_t count) {
  std::vector<std::string> out;
  for (std::uint64_t at = first; at < first + count; ++at) {
    out.push_back("entry " + std::to_string(at));
  }
  return out;
}

// Both logs, grown alike.
struct Pair {
  MemoryTiles tiles;
  MerkleTree tree;
  bool grow(std::uint64_t count) {
    const auto entries = numbered(tree.size(), count);
    for (const std::string& entry : entries) {
      tree.append(leaf_hash(entry));
    }
    return tiles.append(entries);
  }
};

bool same(const TreeHead& a, const TreeHead& b) { return a.size == b.size && a.root == b.root; }

TEST(Tiles, EveryHeadAndProofOfSmallTreesIsThatOfTheTreeInMemory) {
  Pair pair;
  ASSERT_TRUE(pair.grow(70));
  for (std::uint64_t size = 0; size <= 70; ++size) {
    const auto head = TileTree(pair.tiles, 70).head(size);
    ASSERT_TRUE(head);
    EXPECT_TRUE(same(*head, pair.tree.head(size))) << size;
    for (std::uint64_t at = 0; at < size; ++at) {
      TileTree tree(pair.tiles, size);
      EXPECT_EQ(*tree.inclusion_proof(at), pair.tree.inclusion_proof(at, size)) << at << " of " << size;
      EXPECT_EQ(*tree.consistency_proof(at), pair.tree.consistency_proof(at, size)) << at << " of " << size;
    }
  }
}

TEST(Tiles, RandomTreesInRandomBatches) {
  EXPECT_TRUE(rc::check("tiles and tree in memory agree", [] {
    Pair pair;
    const auto batches =
        *rc::gen::container<std::vector<unsigned>>(*rc::gen::inRange(1, 6), rc::gen::inRange(0u, 900u));
    for (const unsigned batch : batches) {
      RC_ASSERT(pair.grow(batch));
    }
    const std::uint64_t whole = pair.tree.size();
    RC_PRE(whole > 0);
    const auto size = *rc::gen::inRange<std::uint64_t>(1, whole + 1);
    const auto index = *rc::gen::inRange<std::uint64_t>(0, size);
    const auto earlier = *rc::gen::inRange<std::uint64_t>(0, size + 1);
    TileTree tree(pair.tiles, size);
    const TreeHead head = *tree.head();
    RC_ASSERT(same(head, pair.tree.head(size)));
    RC_ASSERT(*tree.inclusion_proof(index) == pair.tree.inclusion_proof(index, size));
    RC_ASSERT(*tree.consistency_proof(earlier) == pair.tree.consistency_proof(earlier, size));
    RC_ASSERT(verify_inclusion({index, *tree.leaf(index)}, head, *tree.inclusion_proof(index)));
    const auto checked = check_tiles(pair.tiles, whole);
    RC_ASSERT(checked.has_value());
    RC_ASSERT(same(*checked, pair.tree.head()));
  }));
}

// The example of the specification, and what one proof costs in it.
TEST(Tiles, ATreeOfSeventyThousand) {
  Pair pair;
  for (const std::uint64_t batch : {1u, 255u, 1u, 40'000u, 29'743u}) {
    ASSERT_TRUE(pair.grow(batch));
  }
  constexpr std::uint64_t size = 70'000;
  ASSERT_EQ(pair.tiles.size, size);
  EXPECT_EQ(width_in({0, 272}, size), 256U);
  EXPECT_EQ(width_in({0, 273}, size), 112U);
  EXPECT_EQ(width_in({0, 274}, size), 0U);
  EXPECT_EQ(width_in({1, 0}, size), 256U);
  EXPECT_EQ(width_in({1, 1}, size), 17U);
  EXPECT_EQ(width_in({2, 0}, size), 1U);
  EXPECT_EQ(width_in({3, 0}, size), 0U);
  EXPECT_EQ(width_in({1, 0}, 256), 1U);
  EXPECT_EQ((pair.tiles.kept[{0, 273}].size()), 112U * 32);
  EXPECT_EQ((pair.tiles.kept[{1, 1}].size()), 17U * 32);
  EXPECT_EQ((pair.tiles.kept[{2, 0}].size()), 1U * 32);
  for (const std::uint64_t index : {0u, 255u, 256u, 40'000u, 65'535u, 65'536u, 69'999u}) {
    TileTree tree(pair.tiles, size);
    const auto proof = tree.inclusion_proof(index);
    ASSERT_TRUE(proof);
    EXPECT_EQ(*proof, pair.tree.inclusion_proof(index, size));
    EXPECT_LE(tree.reads(), 6U) << index;
    TileTree later(pair.tiles, size);
    ASSERT_TRUE(later.consistency_proof(index));
    EXPECT_LE(later.reads(), 6U) << index;
  }
  pair.tiles.reads = 0;
  ASSERT_TRUE(pair.grow(1));
  EXPECT_LE(pair.tiles.reads, 5U);
  EXPECT_TRUE(same(*TileTree(pair.tiles, size + 1).head(), pair.tree.head()));
}

TEST(Tiles, WhatWasWrittenAndNeverCountedIsWrittenOver) {
  Pair pair;
  ASSERT_TRUE(pair.grow(300));
  // A store that was stopped after the tiles and before the size.
  const auto lost = append_entries(pair.tiles, 300, numbered(5'000, 30));
  ASSERT_TRUE(lost);
  for (const auto& [name, bytes] : lost->put) {
    pair.tiles.kept[name] = bytes;
  }
  EXPECT_TRUE(same(*TileTree(pair.tiles, 300).head(), pair.tree.head()));
  ASSERT_TRUE(pair.grow(10));
  EXPECT_TRUE(same(*TileTree(pair.tiles, 310).head(), pair.tree.head()));
  EXPECT_TRUE(check_tiles(pair.tiles, 310));
}

TEST(Tiles, DamageIsFoundAndNamed) {
  Pair pair;
  ASSERT_TRUE(pair.grow(600));
  for (const auto& [name, bytes] : pair.tiles.kept) {
    MemoryTiles changed = pair.tiles;
    std::string& tile = changed.kept[name];
    tile[tile.size() / 2] = static_cast<char>(tile[tile.size() / 2] ^ 1);
    const auto found = check_tiles(changed, 600);
    ASSERT_FALSE(found) << tile_path(name, width_in(name, 600));
    EXPECT_EQ(found.error().code, ErrorCode::damaged);
    changed.kept.erase(name);
    EXPECT_FALSE(check_tiles(changed, 600));
  }
  MemoryTiles gone = pair.tiles;
  gone.kept.erase({0, 2});
  EXPECT_FALSE(append_entries(gone, 600, numbered(600, 1)));
  EXPECT_FALSE(TileTree(gone, 600).head());
  EXPECT_FALSE(TileTree(gone, 600).inclusion_proof(0));
  EXPECT_FALSE(TileTree(pair.tiles, 600).inclusion_proof(600));
  EXPECT_FALSE(TileTree(pair.tiles, 600).consistency_proof(601));
  EXPECT_FALSE(TileTree(pair.tiles, 600).head(601));
  EXPECT_FALSE(append_entries(pair.tiles, 600, std::vector<std::string>{std::string(65'536, 'x')}));
  const std::vector<std::string> one = {"x"};
  const auto full = append_entries(pair.tiles, std::uint64_t{1} << 62U, one);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::limit);
}

TEST(Tiles, BundlesHoldTheEntries) {
  Pair pair;
  ASSERT_TRUE(pair.grow(257));
  const std::string& bundle = pair.tiles.kept[{TileName::entries, 0}];
  const auto entries = entries_of(bundle);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 256U);
  EXPECT_EQ((*entries)[255], "entry 255");
  EXPECT_FALSE(entries_of(std::string_view(bundle).substr(0, bundle.size() - 1)));
  const auto cut = cut_tile(bundle, {{TileName::entries, 0}, 2});
  ASSERT_TRUE(cut);
  EXPECT_EQ(entries_of(*cut)->size(), 2U);
  EXPECT_FALSE(cut_tile(*cut, {{TileName::entries, 0}, 3}));
}

TEST(Tiles, APathHasOneSpelling) {
  EXPECT_EQ(tile_path({0, 1'234'067}, 256), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({TileName::entries, 0}, 8), "tile/entries/000.p/8");
  for (const char* good : {"tile/0/000", "tile/7/x001/x234/067.p/255", "tile/entries/999.p/1",
                           "tile/0/x018/x446/x744/x073/x709/x551/615"}) {
    const auto path = parse_tile_path(good);
    ASSERT_TRUE(path) << good;
    EXPECT_EQ(tile_path(path->name, path->width), good);
  }
  for (const char* bad : {"",
                          "tile/",
                          "tile/0",
                          "tile/0/",
                          "tile/0/00",
                          "tile/0/0000",
                          "tile/00/000",
                          "tile/8/000",
                          "tile/63/000",
                          "tile/0/x000/000",
                          "tile/0/000.p/0",
                          "tile/0/000.p/256",
                          "tile/0/000.p/08",
                          "tile/0/000.p/",
                          "tile/0/001/067",
                          "tile/0/x1/067",
                          "tile/-1/000",
                          "tile/entries/000/",
                          "/tile/0/000",
                          "tile/0/x018/x446/x744/x073/x709/x551/616",
                          "tile/0/../000",
                          "checkpoint"}) {
    EXPECT_FALSE(parse_tile_path(bad)) << bad;
  }
}

}  // namespace
}  // namespace tocsin::trust
