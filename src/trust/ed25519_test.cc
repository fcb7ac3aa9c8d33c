#include "trust/ed25519.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/corpus.h"
#include "trust/digest.h"

namespace tocsin::trust {
namespace {

template <class Bytes>
Bytes bytes_of(std::string_view hex) {
  Bytes bytes{};
  EXPECT_TRUE(from_hex(hex, bytes)) << hex;
  return bytes;
}

// RFC 8032 section 7.1, TEST 2.
const Ed25519Seed seed = bytes_of<Ed25519Seed>("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
const Ed25519Key key = bytes_of<Ed25519Key>("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const Ed25519Signature signature = bytes_of<Ed25519Signature>(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

TEST(Ed25519, MeetsRfc8032) {
  EXPECT_EQ(ed25519_public_key(seed), key);
  EXPECT_EQ(ed25519_sign("\x72", seed), signature);
  EXPECT_TRUE(ed25519_verify("\x72", signature, key));
  EXPECT_FALSE(ed25519_verify("\x73", signature, key));
  EXPECT_FALSE(ed25519_verify("", signature, key));
}

TEST(Ed25519, AnyChangedBitIsRefused) {
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    Ed25519Signature changed = signature;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(ed25519_verify("\x72", changed, key)) << bit;
  }
}

TEST(Ed25519, KeysOfSmallOrderAndOtherSpellingsAreRefused) {
  // With the neutral element as key every text would have a signature: R = S·B.
  Ed25519Key neutral{};
  neutral[0] = 1;
  Ed25519Signature empty{};
  empty[0] = 1;
  EXPECT_FALSE(ed25519_verify("any text", empty, neutral));
  // S + L is the same number modulo L, in another spelling.
  const Ed25519Seed order = bytes_of<Ed25519Seed>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Ed25519Signature other = signature;
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned>(other[32 + i]) + order[i];
    other[32 + i] = static_cast<std::uint8_t>(carry & 255U);
    carry >>= 8U;
  }
  EXPECT_FALSE(ed25519_verify("\x72", other, key));
}

// The values of one member of JSON that is written one member a line, as Wycheproof's files are.
std::string member(const std::string& line, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\": \"";
  const std::size_t at = line.find(start);
  const std::size_t from = at + start.size();
  return at == std::string::npos ? "none" : line.substr(from, line.find('"', from) - from);
}

TEST(Ed25519, AgreesWithEveryVectorOfWycheproof) {
  const auto folder = test::corpus();
  if (folder.empty() || !std::filesystem::exists(folder / "crypto" / "ed25519_test.json")) {
    GTEST_SKIP() << "crypto/ed25519_test.json of the corpus is absent";
  }
  std::ifstream file(folder / "crypto" / "ed25519_test.json");
  std::string line;
  std::string public_key;
  std::string message;
  std::string signed_hex;
  std::size_t valid = 0;
  std::size_t invalid = 0;
  while (std::getline(file, line)) {
    if (const std::string value = member(line, "pk"); value != "none") {
      public_key = value;
    } else if (const std::string text = member(line, "msg"); text != "none") {
      message = text;
    } else if (const std::string hex = member(line, "sig"); hex != "none") {
      signed_hex = hex;
    } else if (const std::string result = member(line, "result"); result != "none") {
      std::vector<std::uint8_t> bytes(message.size() / 2);
      ASSERT_TRUE(from_hex(message, bytes));
      Ed25519Signature given{};
      // A signature of another length is no signature.
      const bool accepted =
          from_hex(signed_hex, given) && ed25519_verify({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                                        given, bytes_of<Ed25519Key>(public_key));
      EXPECT_EQ(accepted, result == "valid") << public_key << " " << message << " " << signed_hex;
      (result == "valid" ? valid : invalid) += 1;
    }
  }
  EXPECT_EQ(valid, 88U);
  EXPECT_EQ(invalid, 63U);
}

}  // namespace
}  // namespace tocsin::trust
