// Merkle log: an append-only list of which anyone can check, from a few hashes, that it holds an entry and that it only
// grew (RFC 6962 section 2.1).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "trust/digest.h"

namespace tocsin::trust {

using Proof = std::vector<Sha256Digest>;

// SHA-256(0x00, entry) and SHA-256(0x01, left, right). The root of no leaves is SHA-256 of nothing.
Sha256Digest leaf_hash(std::string_view entry);
Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right);
Sha256Digest empty_root();

struct Leaf {
  std::uint64_t index = 0;
  Sha256Digest hash{};
};
struct TreeHead {
  std::uint64_t size = 0;
  Sha256Digest root{};
};

// Whether the tree holds this leaf at this index. The proof must be exactly as long as needed.
bool verify_inclusion(const Leaf& leaf, const TreeHead& tree, std::span<const Sha256Digest> proof);
// Whether `later` begins with all of `earlier`. Nothing can be proven of an empty earlier tree: its proof is empty and
// its root the empty one.
bool verify_consistency(const TreeHead& earlier, const TreeHead& later, std::span<const Sha256Digest> proof);

// Leaves begin to end - 1.
struct LeafRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
// Proofs of a range of a tree by itself (draft-ietf-plants-merkle-tree-certs), which begins at a multiple of the power
// of two that is no shorter than it: whether the range with this root holds the leaf; whether the tree holds the range
// with this root. The empty range is part of every tree, and its proof says nothing of it.
bool verify_range_inclusion(const Leaf& leaf, LeafRange range, const Sha256Digest& root,
                            std::span<const Sha256Digest> proof);
bool verify_range_consistency(LeafRange range, const Sha256Digest& root, const TreeHead& tree,
                              std::span<const Sha256Digest> proof);

// The full subtree of leaves index * 2^level to (index + 1) * 2^level.
struct Subtree {
  unsigned level = 0;
  std::uint64_t index = 0;
};
// What a proof consists of: the root of each of these ranges, in this order. For index < size; empty for earlier 0 and
// earlier == size.
std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size);
std::vector<LeafRange> consistency_ranges(std::uint64_t earlier, std::uint64_t size);
// The full subtrees of such a range from left to right, and its root from theirs (of none: the empty root). A range
// begins at a multiple of the largest power of two that fits, as all ranges of RFC 6962 do.
std::vector<Subtree> subtrees_of(LeafRange range);
Sha256Digest root_of(std::span<const Sha256Digest> subtrees);

// The log itself, in memory: 64 bytes an entry. Not thread-safe.
class MerkleTree {
 public:
  // Returns the index of the new leaf. Amortised constant cost.
  std::uint64_t append(const Sha256Digest& leaf);
  std::uint64_t size() const { return levels_.empty() ? 0 : levels_.front().size(); }
  // The head of the first `size` leaves, of which there must be so many. Cost: log size hashes.
  TreeHead head(std::uint64_t size) const;
  TreeHead head() const { return head(size()); }
  // index < size <= size(); earlier <= size <= size().
  Proof inclusion_proof(std::uint64_t index, std::uint64_t size) const;
  // Empty for earlier 0 and earlier == size.
  Proof consistency_proof(std::uint64_t earlier, std::uint64_t size) const;

 private:
  Sha256Digest range_hash(LeafRange range) const;
  Proof hashes_of(std::span<const LeafRange> ranges) const;
  // levels_[k][i] is the root of the full subtree of leaves i * 2^k to (i + 1) * 2^k.
  std::vector<std::vector<Sha256Digest>> levels_;
};

}  // namespace tocsin::trust
