#include "trust/sealed.h"

#include <gtest/gtest.h>

#include "trust/limits.h"

namespace tocsin::trust {
namespace {

// Cheap: these tests are about what opens, not about what it costs.
Sealing cheap() {
  Sealing sealing;
  sealing.salt.fill(1);
  sealing.nonce.fill(2);
  sealing.passes = 1;
  sealing.memory_kib = 64;
  return sealing;
}

TEST(Sealed, OpensWithWhatItWasSealedWith) {
  const auto sealed = seal("a secret", "pass", "about it", cheap());
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->find("a secret"), std::string::npos);
  const auto opened = open_sealed(*sealed, "pass", "about it", cheap());
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, "a secret");
}

TEST(Sealed, NothingElseOpensIt) {
  const auto sealed = seal("a secret", "pass", "about it", cheap());
  ASSERT_TRUE(sealed);
  const auto refused = [](const Result<std::string>& opened) {
    return !opened && opened.error().code == ErrorCode::password;
  };
  EXPECT_TRUE(refused(open_sealed(*sealed, "Pass", "about it", cheap())));
  EXPECT_TRUE(refused(open_sealed(*sealed, "", "about it", cheap())));
  EXPECT_TRUE(refused(open_sealed(*sealed, "pass", "about that", cheap())));
  Sealing other = cheap();
  other.salt[0] ^= 1;
  EXPECT_TRUE(refused(open_sealed(*sealed, "pass", "about it", other)));
  other = cheap();
  other.nonce[23] ^= 1;
  EXPECT_TRUE(refused(open_sealed(*sealed, "pass", "about it", other)));
  other = cheap();
  other.passes = 2;
  EXPECT_TRUE(refused(open_sealed(*sealed, "pass", "about it", other)));
  for (std::size_t at = 0; at < sealed->size(); ++at) {
    std::string changed = *sealed;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_TRUE(refused(open_sealed(changed, "pass", "about it", cheap()))) << at;
  }
  const auto cut = open_sealed(std::string_view(*sealed).substr(0, 15), "pass", "about it", cheap());
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::truncated);
}

TEST(Sealed, CostIsLimited) {
  for (const auto& [passes, memory] : {std::pair{0U, 64U},
                                       {limits::sealing_passes_max + 1, 64U},
                                       {1U, 7U},
                                       {1U, limits::sealing_memory_kib_max + 1}}) {
    Sealing dear = cheap();
    dear.passes = passes;
    dear.memory_kib = memory;
    const auto opened = open_sealed(std::string(40, 'x'), "pass", "", dear);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::limit) << passes << " " << memory;
  }
}

}  // namespace
}  // namespace tocsin::trust
