#include "trust/password.h"

#include <gtest/gtest.h>

#include "trust/seal.h"

namespace tocsin::trust {
namespace {

constexpr PasswordCost cheap{.passes = 1, .memory_bytes = 64 * 1024};

TEST(Password, VerifiesWhatItHashed) {
  const std::string hash = hash_password("correct horse", {1, 2, 3}, cheap);
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$AQIDAAAAAAAAAAAAAAAAAA$")) << hash;
  EXPECT_TRUE(verify_password("correct horse", hash));
  EXPECT_FALSE(verify_password("correct horsf", hash));
  EXPECT_FALSE(verify_password("", hash));
  EXPECT_NE(hash, hash_password("correct horse", {4}, cheap));
}

TEST(Password, TakesNoOtherTextForAHash) {
  for (const char* text : {"", "$argon2id$", "correct horse", "$argon2i$v=19$m=64,t=1,p=1$AQIDAAAAAAAAAAAAAAAAAA$AAAA",
                           "$argon2id$v=19$m=4294967295,t=1,p=1$AQIDAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_FALSE(verify_password("correct horse", text)) << text;
  }
}

TEST(Seal, OpensWithItsKeyAndContextAlone) {
  const SealKey key{7};
  const std::string sealed = seal("text", "context", key);
  EXPECT_EQ(sealed, seal("text", "context", key));
  EXPECT_NE(sealed, seal("text", "contexu", key));
  EXPECT_EQ(open_seal(sealed, "context", key), "text");
  EXPECT_FALSE(open_seal(sealed, "contexu", key));
  EXPECT_FALSE(open_seal(sealed, "context", SealKey{8}));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(open_seal(changed, "context", key)) << at;
    EXPECT_FALSE(open_seal(sealed.substr(0, at), "context", key)) << at;
  }
  EXPECT_EQ(sealed.find("text"), std::string::npos);
}

TEST(Seal, ContextAndTextDoNotRunTogether) {
  const SealKey key{7};
  EXPECT_NE(seal("ab", "c", key).substr(0, 24), seal("b", "ca", key).substr(0, 24));
}

TEST(Seal, KeyedDigestsNeedTheKey) {
  EXPECT_EQ(keyed_digest("a", SealKey{1}), keyed_digest("a", SealKey{1}));
  EXPECT_NE(keyed_digest("a", SealKey{1}), keyed_digest("a", SealKey{2}));
  EXPECT_TRUE(equal_in_constant_time("ab", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "ac"));
  EXPECT_FALSE(equal_in_constant_time("ab", "a"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace tocsin::trust
