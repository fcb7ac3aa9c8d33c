// Merkle proofs against the vectors of transparency-dev/merkle, and trees built here against a recursive definition.
#include "trust/merkle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/text.h"
#include "support/corpus.h"
#include "trust/base64.h"
#include "trust/test_json.h"

namespace tocsin::trust {
namespace {

// A hash of another length can be part of no proof.
bool to_digest(const std::string& base64, Sha256Digest& out) {
  const auto bytes = from_base64(base64);
  if (!bytes || bytes->size() != out.size()) {
    return false;
  }
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return true;
}

// Roots that the vectors do not care about are words: they stand for hashes.
Sha256Digest root_of(const std::string& base64) {
  Sha256Digest out;
  return to_digest(base64, out) ? out : sha256(base64);
}

bool to_proof(const test::Fields& fields, Proof& out) {
  for (const std::string& text : fields.list("proof")) {
    if (!to_digest(text, out.emplace_back())) {
      return false;
    }
  }
  return true;
}

template <class Check>
void over_vectors(const char* folder, std::size_t expected, Check check) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "crypto/merkle is absent";
  }
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus / "crypto" / "merkle" / folder)) {
    if (entry.is_regular_file()) {
      const test::Fields fields = test::json_file(entry.path());
      Proof proof;
      const bool good = to_proof(fields, proof) && check(fields, proof);
      EXPECT_EQ(good, !fields.yes("wantErr")) << entry.path() << " " << fields.text("desc");
      ++count;
    }
  }
  EXPECT_EQ(count, expected);
}

// Sizes in the vectors may be negative or too large for a tree.
bool to_number(const std::string& text, std::uint64_t& out) {
  const auto value = parse_uint64(text);
  out = value.value_or(0);
  return value.has_value();
}

TEST(Merkle, InclusionMeetsTheVectors) {
  over_vectors("inclusion", 98, [](const test::Fields& fields, const Proof& proof) {
    Leaf leaf;
    TreeHead tree;
    return to_number(fields.text("leafIdx"), leaf.index) && to_number(fields.text("treeSize"), tree.size) &&
           to_digest(fields.text("leafHash"), leaf.hash) && to_digest(fields.text("root"), tree.root) &&
           verify_inclusion(leaf, tree, proof);
  });
}

TEST(Merkle, ConsistencyMeetsTheVectors) {
  over_vectors("consistency", 98, [](const test::Fields& fields, const Proof& proof) {
    TreeHead earlier{0, root_of(fields.text("root1"))};
    TreeHead later{0, root_of(fields.text("root2"))};
    return to_number(fields.text("size1"), earlier.size) && to_number(fields.text("size2"), later.size) &&
           verify_consistency(earlier, later, proof);
  });
}

TEST(Merkle, RangesMeetTheVectors) {
  over_vectors("subtreeinclusion", 204, [](const test::Fields& fields, const Proof& proof) {
    Leaf leaf;
    LeafRange range;
    Sha256Digest root;
    return to_number(fields.text("leafIdx"), leaf.index) && to_number(fields.text("start"), range.begin) &&
           to_number(fields.text("end"), range.end) && to_digest(fields.text("leafHash"), leaf.hash) &&
           to_digest(fields.text("root"), root) && verify_range_inclusion(leaf, range, root, proof);
  });
  over_vectors("subtreeconsistency", 118, [](const test::Fields& fields, const Proof& proof) {
    LeafRange range;
    TreeHead tree{0, root_of(fields.text("root2"))};
    return to_number(fields.text("start"), range.begin) && to_number(fields.text("end"), range.end) &&
           to_number(fields.text("size"), tree.size) &&
           verify_range_consistency(range, root_of(fields.text("root1")), tree, proof);
  });
}

// RFC 6962 section 2.1, word for word.
Sha256Digest plain_root(const std::vector<Sha256Digest>& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) {
    return sha256({});
  }
  if (end - begin == 1) {
    return leaves[begin];
  }
  std::size_t k = 1;
  while (k * 2 < end - begin) {
    k *= 2;
  }
  return node_hash(plain_root(leaves, begin, begin + k), plain_root(leaves, begin + k, end));
}

TEST(MerkleTree, EveryProofOfSmallTreesHolds) {
  MerkleTree tree;
  std::vector<Sha256Digest> leaves;
  constexpr std::uint64_t sizes = 70;
  for (std::uint64_t i = 0; i < sizes; ++i) {
    leaves.push_back(leaf_hash("entry " + std::to_string(i)));
    EXPECT_EQ(tree.append(leaves.back()), i);
  }
  for (std::uint64_t size = 0; size <= sizes; ++size) {
    const TreeHead head = tree.head(size);
    ASSERT_EQ(head.root, plain_root(leaves, 0, size)) << size;
    for (std::uint64_t i = 0; i < size; ++i) {
      Proof proof = tree.inclusion_proof(i, size);
      EXPECT_TRUE(verify_inclusion({i, leaves[i]}, head, proof)) << i << " of " << size;
      EXPECT_FALSE(verify_inclusion({i, leaf_hash("other")}, head, proof));
      EXPECT_FALSE(verify_inclusion({i + 1, leaves[i]}, head, proof)) << i << " of " << size;
      proof.push_back(head.root);
      EXPECT_FALSE(verify_inclusion({i, leaves[i]}, head, proof));
    }
    for (std::uint64_t earlier = 0; earlier <= size; ++earlier) {
      Proof proof = tree.consistency_proof(earlier, size);
      const TreeHead before = tree.head(earlier);
      EXPECT_EQ(verify_consistency(before, head, proof), earlier != 0) << earlier << " of " << size;
      EXPECT_FALSE(verify_consistency({earlier, leaf_hash("forged")}, head, proof));
      if (earlier != 0) {
        EXPECT_FALSE(verify_consistency(before, {size, leaf_hash("forged")}, proof));
      }
      if (!proof.empty()) {
        proof.pop_back();
        EXPECT_FALSE(verify_consistency(before, head, proof));
      }
    }
  }
}

// A range that begins the tree is an earlier tree: both verifications must say the same of its proof.
TEST(MerkleTree, RangesThatBeginTheTreeAreEarlierTrees) {
  MerkleTree tree;
  for (std::uint64_t i = 0; i < 40; ++i) {
    tree.append(leaf_hash("entry " + std::to_string(i)));
  }
  for (std::uint64_t size = 1; size <= 40; ++size) {
    for (std::uint64_t end = 1; end <= size; ++end) {
      const Proof proof = tree.consistency_proof(end, size);
      const TreeHead head = tree.head(size);
      EXPECT_TRUE(verify_range_consistency({0, end}, tree.head(end).root, head, proof)) << end << " of " << size;
      EXPECT_FALSE(verify_range_consistency({0, end}, leaf_hash("x"), head, proof));
      EXPECT_FALSE(verify_range_consistency({0, end}, tree.head(end).root, {size, leaf_hash("x")}, proof));
    }
    // A single leaf is a range of its own: its proof is that of its inclusion.
    for (std::uint64_t at = 0; at < size; ++at) {
      const Sha256Digest leaf = leaf_hash("entry " + std::to_string(at));
      EXPECT_TRUE(verify_range_consistency({at, at + 1}, leaf, tree.head(size), tree.inclusion_proof(at, size)))
          << at << " of " << size;
    }
  }
}

TEST(MerkleTree, LargestIndexesDoNotOverflow) {
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_FALSE(verify_inclusion({most - 1, {}}, {most, {}}, {}));
  EXPECT_FALSE(verify_inclusion({most, {}}, {most, {}}, {}));
  EXPECT_FALSE(verify_inclusion({0, {}}, {0, {}}, {}));
  const Proof proof(64);
  EXPECT_FALSE(verify_consistency({most - 1, {}}, {most, {}}, proof));
  EXPECT_FALSE(verify_consistency({std::uint64_t{1} << 63, {}}, {most, {}}, proof));
  EXPECT_FALSE(verify_consistency({2, {}}, {1, {}}, {}));
  EXPECT_FALSE(verify_range_consistency({0, most}, {}, {most, {}}, proof));
  EXPECT_FALSE(verify_range_consistency({most - 1, most}, {}, {most, {}}, proof));
  EXPECT_FALSE(verify_range_inclusion({most - 1, {}}, {0, most}, {}, proof));
}

}  // namespace
}  // namespace tocsin::trust
