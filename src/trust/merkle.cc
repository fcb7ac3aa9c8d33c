#include "trust/merkle.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/check.h"

namespace tocsin::trust {
namespace {

// The largest power of two below `leaves`, which is at least 2.
std::uint64_t split(std::uint64_t leaves) { return std::bit_floor(leaves - 1); }

// Folds proof hashes from the leaf up: `inner` levels where the sibling's side follows the index, then the right
// border.
Sha256Digest chain_inner(Sha256Digest hash, std::span<const Sha256Digest> proof, std::uint64_t index) {
  for (std::size_t i = 0; i < proof.size(); ++i) {
    hash = (index >> i & 1) == 0 ? node_hash(hash, proof[i]) : node_hash(proof[i], hash);
  }
  return hash;
}

Sha256Digest chain_border(Sha256Digest hash, std::span<const Sha256Digest> proof) {
  for (const Sha256Digest& left : proof) {
    hash = node_hash(left, hash);
  }
  return hash;
}

// The same with only those siblings that stand on the left: what the earlier tree consisted of.
Sha256Digest chain_inner_left(Sha256Digest hash, std::span<const Sha256Digest> proof, std::uint64_t index) {
  for (std::size_t i = 0; i < proof.size(); ++i) {
    if ((index >> i & 1) != 0) {
      hash = node_hash(proof[i], hash);
    }
  }
  return hash;
}

// Levels below the point where the paths to leaf `index` and to the last leaf part.
std::size_t inner_levels(std::uint64_t index, std::uint64_t size) {
  return static_cast<std::size_t>(std::bit_width(index ^ (size - 1)));
}

std::uint64_t shifted(std::uint64_t value, std::size_t bits) { return bits >= 64 ? 0 : value >> bits; }

}  // namespace

Sha256Digest leaf_hash(std::string_view entry) {
  Sha256 hash;
  hash.add(std::string_view("\0", 1));
  hash.add(entry);
  return hash.finish();
}

Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right) {
  std::array<char, 1 + 2 * sizeof(Sha256Digest)> bytes;
  bytes[0] = 1;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 1 + sizeof(Sha256Digest));
  return sha256({bytes.data(), bytes.size()});
}

Sha256Digest empty_root() { return sha256({}); }

bool verify_inclusion(const Leaf& leaf, const TreeHead& tree, std::span<const Sha256Digest> proof) {
  if (leaf.index >= tree.size) {
    return false;
  }
  const std::size_t inner = inner_levels(leaf.index, tree.size);
  const auto border = static_cast<std::size_t>(std::popcount(shifted(leaf.index, inner)));
  if (proof.size() != inner + border) {
    return false;
  }
  const Sha256Digest root = chain_border(chain_inner(leaf.hash, proof.first(inner), leaf.index), proof.subspan(inner));
  return root == tree.root;
}

bool verify_consistency(const TreeHead& earlier, const TreeHead& later, std::span<const Sha256Digest> proof) {
  if (earlier.size == 0 || earlier.size > later.size) {
    return false;
  }
  if (earlier.size == later.size) {
    return proof.empty() && earlier.root == later.root;
  }
  if (proof.empty()) {
    return false;
  }
  const std::uint64_t last = earlier.size - 1;
  std::size_t inner = inner_levels(last, later.size);
  const auto full = static_cast<std::size_t>(std::countr_zero(earlier.size));
  inner -= std::min(inner, full);
  const auto border = static_cast<std::size_t>(std::popcount(shifted(last, inner + full)));
  // Where the earlier tree is a full subtree its root starts the chain and is not in the proof.
  Sha256Digest seed = earlier.root;
  if (earlier.size != std::uint64_t{1} << full) {
    seed = proof.front();
    proof = proof.subspan(1);
  }
  if (proof.size() != inner + border) {
    return false;
  }
  const std::uint64_t mask = shifted(last, full);
  const Sha256Digest before = chain_border(chain_inner_left(seed, proof.first(inner), mask), proof.subspan(inner));
  const Sha256Digest after = chain_border(chain_inner(seed, proof.first(inner), mask), proof.subspan(inner));
  return before == earlier.root && after == later.root;
}

namespace {

bool is_subtree(LeafRange range) {
  if (range.begin >= range.end) {
    return false;
  }
  const std::uint64_t length = range.end - range.begin;
  return length <= std::uint64_t{1} << 63U && range.begin % std::bit_ceil(length) == 0;
}

}  // namespace

bool verify_range_inclusion(const Leaf& leaf, LeafRange range, const Sha256Digest& root,
                            std::span<const Sha256Digest> proof) {
  return is_subtree(range) && leaf.index >= range.begin &&
         verify_inclusion({leaf.index - range.begin, leaf.hash}, {range.end - range.begin, root}, proof);
}

bool verify_range_consistency(LeafRange range, const Sha256Digest& root, const TreeHead& tree,
                              std::span<const Sha256Digest> proof) {
  if (range.end > tree.size) {
    return false;
  }
  if (range.begin == range.end) {
    return proof.empty() && root == empty_root();
  }
  if (!is_subtree(range)) {
    return false;
  }
  // Places of the range's first and last leaf and of the tree's last one, on the level that was reached.
  std::uint64_t first = range.begin;
  std::uint64_t last = range.end - 1;
  std::uint64_t border = tree.size - 1;
  const auto up = [&] {
    first >>= 1;
    last >>= 1;
    border >>= 1;
  };
  // Up to the largest full subtree at the range's end; the whole range where it ends with the tree.
  while (first != last && (last == border || last % 2 == 1)) {
    up();
  }
  Sha256Digest of_range = root;
  if (first != last) {
    if (proof.empty()) {
      return false;
    }
    of_range = proof.front();
    proof = proof.subspan(1);
  }
  Sha256Digest of_tree = of_range;
  for (const Sha256Digest& hash : proof) {
    if (border == 0) {
      return false;
    }
    if (last % 2 == 1 || last == border) {
      if (first < last) {
        of_range = node_hash(hash, of_range);
      }
      of_tree = node_hash(hash, of_tree);
      while (last % 2 == 0 && last != 0) {
        up();
      }
    } else {
      of_tree = node_hash(of_tree, hash);
    }
    up();
  }
  return border == 0 && of_range == root && of_tree == tree.root;
}

std::uint64_t MerkleTree::append(const Sha256Digest& leaf) {
  const std::uint64_t index = size();
  Sha256Digest hash = leaf;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) {
      levels_.emplace_back();
    }
    std::vector<Sha256Digest>& row = levels_[level];
    row.push_back(hash);
    if (row.size() % 2 != 0) {
      return index;
    }
    hash = node_hash(row[row.size() - 2], row.back());
  }
}

std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
  std::vector<LeafRange> out;
  LeafRange around{0, size};
  while (around.end - around.begin > 1) {
    const std::uint64_t middle = around.begin + split(around.end - around.begin);
    if (index < middle) {
      out.push_back({middle, around.end});
      around.end = middle;
    } else {
      out.push_back({around.begin, middle});
      around.begin = middle;
    }
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<LeafRange> consistency_ranges(std::uint64_t earlier, std::uint64_t size) {
  std::vector<LeafRange> out;
  if (earlier == 0 || earlier == size) {
    return out;
  }
  LeafRange around{0, size};
  while (around.end != earlier) {
    const std::uint64_t middle = around.begin + split(around.end - around.begin);
    if (earlier <= middle) {
      out.push_back({middle, around.end});
      around.end = middle;
    } else {
      out.push_back({around.begin, middle});
      around.begin = middle;
    }
  }
  if (around.begin != 0) {
    out.push_back(around);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<Subtree> subtrees_of(LeafRange range) {
  std::vector<Subtree> out;
  while (range.begin != range.end) {
    const auto level = static_cast<unsigned>(std::bit_width(range.end - range.begin) - 1);
    out.push_back({level, range.begin >> level});
    range.begin += std::uint64_t{1} << level;
  }
  return out;
}

Sha256Digest root_of(std::span<const Sha256Digest> subtrees) {
  if (subtrees.empty()) {
    return empty_root();
  }
  Sha256Digest hash = subtrees.back();
  for (std::size_t i = subtrees.size() - 1; i-- > 0;) {
    hash = node_hash(subtrees[i], hash);
  }
  return hash;
}

Sha256Digest MerkleTree::range_hash(LeafRange range) const {
  std::vector<Sha256Digest> parts;
  for (const Subtree& part : subtrees_of(range)) {
    parts.push_back(levels_[part.level][part.index]);
  }
  return root_of(parts);
}

Proof MerkleTree::hashes_of(std::span<const LeafRange> ranges) const {
  Proof out;
  for (const LeafRange& range : ranges) {
    out.push_back(range_hash(range));
  }
  return out;
}

TreeHead MerkleTree::head(std::uint64_t size) const {
  check(size <= this->size(), "a head is of leaves that are there");
  return {size, range_hash({0, size})};
}

Proof MerkleTree::inclusion_proof(std::uint64_t index, std::uint64_t size) const {
  check(index < size && size <= this->size(), "a proof is of leaves that are there");
  return hashes_of(inclusion_ranges(index, size));
}

Proof MerkleTree::consistency_proof(std::uint64_t earlier, std::uint64_t size) const {
  check(earlier <= size && size <= this->size(), "a proof is of leaves that are there");
  return hashes_of(consistency_ranges(earlier, size));
}

}  // namespace tocsin::trust
