#include "trust/passphrase_box.h"

#include <gtest/gtest.h>

#include "trust/limits.h"

namespace tocsin::trust {
namespace {

// Cheap: these tests are about what opens, not about what it costs.
PassphraseParameters cheap() {
  PassphraseParameters parameters;
  parameters.salt.fill(1);
  parameters.nonce.fill(2);
  parameters.passes = 1;
  parameters.memory_kib = 64;
  return parameters;
}

TEST(PassphraseBox, OpensWithWhatItWasLockedWith) {
  const auto locked = lock_with_passphrase("a secret", "pass", "about it", cheap());
  ASSERT_TRUE(locked);
  EXPECT_EQ(locked->find("a secret"), std::string::npos);
  const auto opened = unlock_with_passphrase(*locked, "pass", "about it", cheap());
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, "a secret");
}

TEST(PassphraseBox, NothingElseOpensIt) {
  const auto locked = lock_with_passphrase("a secret", "pass", "about it", cheap());
  ASSERT_TRUE(locked);
  const auto refused = [](const Result<std::string>& opened) {
    return !opened && opened.error().code == ErrorCode::password;
  };
  EXPECT_TRUE(refused(unlock_with_passphrase(*locked, "Pass", "about it", cheap())));
  EXPECT_TRUE(refused(unlock_with_passphrase(*locked, "", "about it", cheap())));
  EXPECT_TRUE(refused(unlock_with_passphrase(*locked, "pass", "about that", cheap())));
  PassphraseParameters other = cheap();
  other.salt[0] ^= 1;
  EXPECT_TRUE(refused(unlock_with_passphrase(*locked, "pass", "about it", other)));
  other = cheap();
  other.nonce[23] ^= 1;
  EXPECT_TRUE(refused(unlock_with_passphrase(*locked, "pass", "about it", other)));
  other = cheap();
  other.passes = 2;
  EXPECT_TRUE(refused(unlock_with_passphrase(*locked, "pass", "about it", other)));
  for (std::size_t at = 0; at < locked->size(); ++at) {
    std::string changed = *locked;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_TRUE(refused(unlock_with_passphrase(changed, "pass", "about it", cheap()))) << at;
  }
  const auto cut = unlock_with_passphrase(std::string_view(*locked).substr(0, 15), "pass", "about it", cheap());
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::truncated);
}

TEST(PassphraseBox, CostIsLimited) {
  for (const auto& [passes, memory] : {std::pair{0U, 64U},
                                       {limits::passphrase_passes_max + 1, 64U},
                                       {1U, 7U},
                                       {1U, limits::passphrase_memory_kib_max + 1}}) {
    PassphraseParameters dear = cheap();
    dear.passes = passes;
    dear.memory_kib = memory;
    const auto opened = unlock_with_passphrase(std::string(40, 'x'), "pass", "", dear);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::limit) << passes << " " << memory;
  }
}

}  // namespace
}  // namespace tocsin::trust
