#include "trust/digest.h"

#include <gtest/gtest.h>

#include "trust/uuid.h"

namespace tocsin::trust {
namespace {

TEST(Digest, MeetsTheExamplesOfFips180) {
  EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_base64("abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  EXPECT_EQ(
      to_hex(sha512("abc")),
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce"
      "80e2a9ac94fa54ca49f");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, OfPartsIsTheDigestOfTheWhole) {
  Sha256 hash;
  const std::string text(1000, 'x');
  for (std::size_t at = 0; at < text.size(); at += 7) {
    hash.add(std::string_view(text).substr(at, 7));
  }
  EXPECT_EQ(hash.finish(), sha256(text));
  hash.add("abc");
  EXPECT_EQ(hash.hex(), sha256_hex("abc")) << "finish() begins the next one";
  EXPECT_EQ(hash.hex(), sha256_hex(""));
}

TEST(Digest, HexGoesBothWays) {
  std::array<std::uint8_t, 3> bytes{};
  ASSERT_TRUE(from_hex("00aBfF", bytes));
  EXPECT_EQ(to_hex(bytes), "00abff");
  for (const char* bad : {"", "00abf", "00abff0", "00abff00", "00abfg", "0x00ab", " 0abff"}) {
    EXPECT_FALSE(from_hex(bad, bytes)) << bad;
  }
  EXPECT_TRUE(from_hex("", {}));
}

TEST(Uuid, FollowsRfc4122) {
  constexpr UuidBytes dns = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                             0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
  EXPECT_EQ(uuid_v5(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  EXPECT_EQ(uuid_v5(stix_observable_namespace, R"({"value":"198.51.100.3"})"), "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
  EXPECT_EQ(uuid_of_content("x")[14], '4');
  EXPECT_NE(uuid_of_content("x"), uuid_of_content("y"));
}

}  // namespace
}  // namespace tocsin::trust
