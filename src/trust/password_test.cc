#include "trust/password.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tocsin::trust
