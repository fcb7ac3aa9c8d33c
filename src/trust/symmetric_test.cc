#include "trust/symmetric.h"

#include <gtest/gtest.h>

namespace tocsin::trust {
namespace {

TEST(Symmetric, OpensWithItsKeyAndContextAlone) {
  const SymmetricKey key{7};
  const std::string encrypted = encrypt_deterministic("text", "context", key);
  EXPECT_EQ(encrypted, encrypt_deterministic("text", "context", key));
  EXPECT_NE(encrypted, encrypt_deterministic("text", "contexu", key));
  EXPECT_EQ(decrypt_deterministic(encrypted, "context", key), "text");
  EXPECT_FALSE(decrypt_deterministic(encrypted, "contexu", key));
  EXPECT_FALSE(decrypt_deterministic(encrypted, "context", SymmetricKey{8}));
  for (std::size_t at = 0; at < encrypted.size(); ++at) {
    std::string changed = encrypted;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(decrypt_deterministic(changed, "context", key)) << at;
    EXPECT_FALSE(decrypt_deterministic(encrypted.substr(0, at), "context", key)) << at;
  }
  EXPECT_EQ(encrypted.find("text"), std::string::npos);
}

TEST(Symmetric, ContextAndTextDoNotRunTogether) {
  const SymmetricKey key{7};
  EXPECT_NE(encrypt_deterministic("ab", "c", key).substr(0, 24), encrypt_deterministic("b", "ca", key).substr(0, 24));
}

TEST(Symmetric, KeyedDigestsNeedTheKey) {
  EXPECT_EQ(keyed_digest("a", SymmetricKey{1}), keyed_digest("a", SymmetricKey{1}));
  EXPECT_NE(keyed_digest("a", SymmetricKey{1}), keyed_digest("a", SymmetricKey{2}));
  EXPECT_TRUE(equal_in_constant_time("ab", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "ac"));
  EXPECT_FALSE(equal_in_constant_time("ab", "a"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace tocsin::trust
