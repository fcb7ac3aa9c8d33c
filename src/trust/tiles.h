// Tiles: a log of any length on disk, kept so that every proof needs only a few small pieces of it (C2SP tlog-tiles).
//
// A tile is up to 256 hashes side by side: at level 0 of leaves, at each level above of the full tiles below. A tile
// grows at its end until it is full and never changes otherwise, so that the partial tile of any earlier size is the
// beginning of the one that is kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "trust/merkle.h"

namespace tocsin::trust {

inline constexpr unsigned tile_width = 256;

struct TileName {
  // Level 0 to 7 hold hashes (256^8 leaves are more than there can be); `entries` holds the entries themselves, each
  // behind its length in two bytes, big-endian.
  static constexpr std::uint8_t entries = 255;
  std::uint8_t level = 0;
  std::uint64_t index = 0;
  friend auto operator<=>(const TileName&, const TileName&) = default;
};

// Where tiles are kept. Pure code reads through it; what is to be written is given back as `TileChanges`, so that a
// store writes it in one transaction with whatever was logged.
class TileReader {
 public:
  virtual ~TileReader() = default;
  // The bytes so far; empty where there is no such tile. An error where it cannot be read.
  virtual Result<std::string> tile(TileName name) = 0;
};

struct TileChanges {
  std::uint64_t size = 0;                             // of the tree afterwards
  std::vector<std::pair<TileName, std::string>> put;  // whole tiles that replace those of the same name
};

// The entries behind a log of `size` entries. Nothing is written. Cost: one read a level and 40 bytes an entry. Errors:
// limit where an entry is longer than 65,535 bytes or the log were longer than limits::log_entries_max; damaged where a
// tile is shorter than the size says.
Result<TileChanges> append_entries(TileReader& tiles, std::uint64_t size, std::span<const std::string> entries);

// Heads and proofs, read from tiles. What was read is kept as long as this lives: make one for each answer. Not
// thread-safe.
class TileTree {
 public:
  // Borrows `tiles`, which hold a log of at least `size` entries.
  TileTree(TileReader& tiles, std::uint64_t size) : tiles_(tiles), size_(size) {}

  std::uint64_t size() const { return size_; }
  // Errors: usage where more is asked for than `size`; damaged where a tile is too short; what the reader says.
  Result<TreeHead> head();
  Result<TreeHead> head(std::uint64_t size);
  Result<Proof> inclusion_proof(std::uint64_t index);
  Result<Proof> consistency_proof(std::uint64_t earlier);
  Result<Sha256Digest> leaf(std::uint64_t index);
  // How many tiles were read: at most two a level for one proof.
  std::size_t reads() const { return kept_.size(); }

 private:
  Result<Sha256Digest> subtree(Subtree which);
  Result<Sha256Digest> range(LeafRange range);
  Result<Proof> hashes_of(std::span<const LeafRange> ranges);

  TileReader& tiles_;
  std::uint64_t size_;
  std::map<TileName, std::string> kept_;
};

// Reads every bundle once and every tile twice, and holds each against those below it. Returns the head. Error damaged
// names the first tile that is wrong.
Result<TreeHead> check_tiles(TileReader& tiles, std::uint64_t size);

// The entries of a bundle; nothing where it is not made of whole ones.
std::optional<std::vector<std::string_view>> entries_of(std::string_view bundle);

// How wide the tile is in a tree of this size: 0 where it is not part of it.
unsigned width_in(TileName name, std::uint64_t size);
// "tile/0/x001/x234/067", "tile/entries/000.p/17"; the suffix where the width is not 256.
std::string tile_path(TileName name, unsigned width);
struct TilePath {
  TileName name;
  unsigned width = tile_width;
};
// Nothing for any other spelling.
std::optional<TilePath> parse_tile_path(std::string_view path);
// The tile or bundle cut down to that width; nothing where it is shorter.
std::optional<std::string_view> cut_tile(std::string_view bytes, TilePath path);

}  // namespace tocsin::trust
