#include "trust/tiles.h"

#include <algorithm>

#include "base/text.h"
#include "trust/limits.h"

namespace tocsin::trust {
namespace {

constexpr std::size_t hash_bytes = sizeof(Sha256Digest);
constexpr unsigned tile_height = 8;  // 2^8 = tile_width
constexpr std::uint8_t levels = 8;

Sha256Digest hash_at(std::string_view tile, std::size_t at) {
  Sha256Digest out;
  std::copy_n(tile.begin() + static_cast<std::ptrdiff_t>(at * hash_bytes), hash_bytes, out.begin());
  return out;
}

void append_hash(std::string& tile, const Sha256Digest& hash) {
  tile.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// The root over `count` hashes from `first` on; `count` is a power of two.
Sha256Digest folded(std::string_view tile, std::size_t first, std::size_t count) {
  std::vector<Sha256Digest> row;
  row.reserve(count);
  for (std::size_t at = first; at < first + count; ++at) {
    row.push_back(hash_at(tile, at));
  }
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (std::size_t at = 0; at < row.size() / 2; ++at) {
      row[at] = node_hash(row[2 * at], row[2 * at + 1]);
    }
  }
  return row.front();
}

std::uint64_t hashes_at_level(std::uint8_t level, std::uint64_t size) {
  const unsigned bits = tile_height * level;
  return bits >= 64 ? 0 : size >> bits;
}

std::unexpected<Error> damaged(TileName name, unsigned width) {
  return failure(ErrorCode::damaged, "the log's " + tile_path(name, width) + " is missing or not as its size says", {},
                 "restore the log from a backup");
}

// Where the entry behind the one at `at` begins; nothing where there is no whole one.
std::optional<std::size_t> after_entry(std::string_view bundle, std::size_t at) {
  if (bundle.size() - at < 2) {
    return {};
  }
  const std::size_t length =
      static_cast<std::size_t>(static_cast<std::uint8_t>(bundle[at])) << 8 | static_cast<std::uint8_t>(bundle[at + 1]);
  return bundle.size() - at - 2 < length ? std::nullopt : std::optional(at + 2 + length);
}

// The tile that grows next at a level, as it was for a tree of `size`: empty where a new one begins.
Result<std::string> growing(TileReader& tiles, std::uint8_t level, std::uint64_t size) {
  const std::uint64_t hashes = hashes_at_level(level == TileName::entries ? 0 : level, size);
  const auto width = static_cast<unsigned>(hashes % tile_width);
  if (width == 0) {
    return std::string();
  }
  const TileName name{level, hashes / tile_width};
  TRY(std::string bytes, tiles.tile(name));
  const auto cut = cut_tile(bytes, {name, width});
  if (!cut) {
    return damaged(name, width);
  }
  // What stands behind was never part of a tree: a store that writes tiles before sizes may have been stopped between.
  return std::string(*cut);
}

}  // namespace

Result<TileChanges> append_entries(TileReader& tiles, std::uint64_t size, std::span<const std::string> entries) {
  if (entries.size() > limits::log_entries_max || size > limits::log_entries_max - entries.size()) {
    return failure(ErrorCode::limit, "the log is full");
  }
  TileChanges out;
  out.size = size + entries.size();
  if (entries.empty()) {
    return out;
  }
  std::vector<Sha256Digest> row;
  row.reserve(entries.size());
  TRY(std::string bundle, growing(tiles, TileName::entries, size));
  for (std::uint64_t at = size; const std::string& entry : entries) {
    if (entry.size() > 0xFFFF) {
      return failure(ErrorCode::limit, "an entry of a log is at most 65,535 bytes long");
    }
    row.push_back(leaf_hash(entry));
    bundle += static_cast<char>(entry.size() >> 8);
    bundle += static_cast<char>(entry.size() & 0xFF);
    bundle += entry;
    if (++at % tile_width == 0 || at == out.size) {
      out.put.emplace_back(TileName{TileName::entries, (at - 1) / tile_width}, std::exchange(bundle, {}));
    }
  }
  for (std::uint8_t level = 0; level < levels && !row.empty(); ++level) {
    std::vector<Sha256Digest> above;
    std::uint64_t at = hashes_at_level(level, size);
    const std::uint64_t end = at + row.size();
    TRY(std::string tile, growing(tiles, level, size));
    for (const Sha256Digest& hash : row) {
      append_hash(tile, hash);
      if (++at % tile_width == 0) {
        above.push_back(folded(tile, 0, tile_width));
      }
      if (at % tile_width == 0 || at == end) {
        out.put.emplace_back(TileName{level, (at - 1) / tile_width}, std::exchange(tile, {}));
      }
    }
    row = std::move(above);
  }
  return out;
}

Result<Sha256Digest> TileTree::subtree(Subtree which) {
  const auto level = static_cast<std::uint8_t>(which.level / tile_height);
  const unsigned inside = which.level % tile_height;
  const std::uint64_t first = which.index << inside;
  const TileName name{level, first / tile_width};
  auto kept = kept_.find(name);
  if (kept == kept_.end()) {
    TRY(std::string bytes, tiles_.tile(name));
    const unsigned width = width_in(name, size_);
    if (bytes.size() < width * hash_bytes) {
      return damaged(name, width);
    }
    kept = kept_.emplace(name, std::move(bytes)).first;
  }
  return folded(kept->second, first % tile_width, std::size_t{1} << inside);
}

Result<Sha256Digest> TileTree::range(LeafRange range) {
  std::vector<Sha256Digest> parts;
  for (const Subtree& part : subtrees_of(range)) {
    TRY(const Sha256Digest hash, subtree(part));
    parts.push_back(hash);
  }
  return root_of(parts);
}

Result<Proof> TileTree::hashes_of(std::span<const LeafRange> ranges) {
  Proof out;
  for (const LeafRange& each : ranges) {
    TRY(const Sha256Digest hash, range(each));
    out.push_back(hash);
  }
  return out;
}

Result<TreeHead> TileTree::head() { return head(size_); }

Result<TreeHead> TileTree::head(std::uint64_t size) {
  if (size > size_) {
    return failure(ErrorCode::usage, "the log is not that long");
  }
  TRY(const Sha256Digest root, range({0, size}));
  return TreeHead{size, root};
}

Result<Proof> TileTree::inclusion_proof(std::uint64_t index) {
  if (index >= size_) {
    return failure(ErrorCode::usage, "the log has no such entry");
  }
  return hashes_of(inclusion_ranges(index, size_));
}

Result<Proof> TileTree::consistency_proof(std::uint64_t earlier) {
  if (earlier > size_) {
    return failure(ErrorCode::usage, "the log is not that long");
  }
  return hashes_of(consistency_ranges(earlier, size_));
}

Result<Sha256Digest> TileTree::leaf(std::uint64_t index) {
  if (index >= size_) {
    return failure(ErrorCode::usage, "the log has no such entry");
  }
  return subtree({0, index});
}

Result<TreeHead> check_tiles(TileReader& tiles, std::uint64_t size) {
  for (std::uint8_t level = 0; level < levels; ++level) {
    const std::uint64_t hashes = hashes_at_level(level, size);
    for (std::uint64_t index = 0; index * tile_width < hashes; ++index) {
      const TileName name{level, index};
      const unsigned width = width_in(name, size);
      TRY(const std::string tile, tiles.tile(name));
      if (tile.size() < width * hash_bytes) {
        return damaged(name, width);
      }
      std::vector<std::string_view> entries;
      std::string bundle;
      if (level == 0) {
        const TileName of_entries{TileName::entries, index};
        TRY(bundle, tiles.tile(of_entries));
        const auto cut = cut_tile(bundle, {of_entries, width});
        if (!cut) {
          return damaged(of_entries, width);
        }
        entries = entries_of(*cut).value_or(std::vector<std::string_view>{});
      }
      for (unsigned at = 0; at < width; ++at) {
        Sha256Digest expected;
        if (level == 0) {
          expected = leaf_hash(entries[at]);
        } else {
          const TileName below{static_cast<std::uint8_t>(level - 1), index * tile_width + at};
          TRY(const std::string lower, tiles.tile(below));
          if (lower.size() != tile_width * hash_bytes) {
            return damaged(below, tile_width);
          }
          expected = folded(lower, 0, tile_width);
        }
        if (hash_at(tile, at) != expected) {
          return damaged(name, width);
        }
      }
    }
  }
  return TileTree(tiles, size).head();
}

std::optional<std::vector<std::string_view>> entries_of(std::string_view bundle) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < bundle.size();) {
    const auto next = after_entry(bundle, at);
    if (!next) {
      return {};
    }
    out.push_back(bundle.substr(at + 2, *next - at - 2));
    at = *next;
  }
  return out;
}

unsigned width_in(TileName name, std::uint64_t size) {
  const std::uint64_t hashes = hashes_at_level(name.level == TileName::entries ? 0 : name.level, size);
  const std::uint64_t full = hashes / tile_width;
  return name.index < full ? tile_width : name.index == full ? static_cast<unsigned>(hashes % tile_width) : 0;
}

std::string tile_path(TileName name, unsigned width) {
  std::string out = "tile/" + (name.level == TileName::entries ? "entries" : std::to_string(name.level));
  const std::string digits = std::to_string(name.index);
  const std::string padded = std::string((3 - digits.size() % 3) % 3, '0') + digits;
  for (std::size_t at = 0; at < padded.size(); at += 3) {
    out += (at + 3 < padded.size() ? "/x" : "/") + padded.substr(at, 3);
  }
  return width == tile_width ? out : out + ".p/" + std::to_string(width);
}

std::optional<TilePath> parse_tile_path(std::string_view path) {
  constexpr std::string_view start = "tile/";
  constexpr std::size_t longest = 60;
  const std::string_view whole = path;
  if (!path.starts_with(start) || path.size() > longest) {
    return {};
  }
  path.remove_prefix(start.size());
  TilePath out;
  const std::string_view level = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(level.size() + 1, path.size()));
  if (level == "entries") {
    out.name.level = TileName::entries;
  } else if (level.size() == 1 && level[0] >= '0' && level[0] < '0' + levels) {
    out.name.level = static_cast<std::uint8_t>(level[0] - '0');
  } else {
    return {};
  }
  if (const std::size_t partial = path.find(".p/"); partial != std::string_view::npos) {
    const auto width = parse_uint64(path.substr(partial + 3));
    if (!width || *width == 0 || *width >= tile_width) {
      return {};
    }
    out.width = static_cast<unsigned>(*width);
    path = path.substr(0, partial);
  }
  std::string digits;
  for (const char c : path) {
    if (ascii_digit(c)) {
      digits += c;
    }
  }
  const auto index = parse_uint64(digits);
  if (!index) {
    return {};
  }
  out.name.index = *index;
  // One tile has one spelling: whatever else was written differs from it.
  return tile_path(out.name, out.width) == whole ? std::optional(out) : std::nullopt;
}

std::optional<std::string_view> cut_tile(std::string_view bytes, TilePath path) {
  std::size_t end = path.width * hash_bytes;
  if (path.name.level == TileName::entries) {
    end = 0;
    for (unsigned at = 0; at < path.width; ++at) {
      const auto next = after_entry(bytes, end);
      if (!next) {
        return {};
      }
      end = *next;
    }
  }
  return bytes.size() < end ? std::nullopt : std::optional(bytes.substr(0, end));
}

}  // namespace tocsin::trust
