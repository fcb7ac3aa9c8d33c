#include "consult/hash.h"

#include <gtest/gtest.h>

namespace tocsin::consult {
namespace {

constexpr std::string_view text = "0123456789abcdef0011223344556677fedcba98765432108899aabbccddeeff";

TEST(Hash, TextAndBack) {
  const auto hash = parse_hash(text);
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->bytes[0], 0x01);
  EXPECT_EQ(hash->bytes[1], 0x23);
  EXPECT_EQ(hash->bytes[31], 0xFF);
  EXPECT_EQ(hex(*hash), text);
  EXPECT_FALSE(parse_hash(text.substr(1)));
  EXPECT_FALSE(parse_hash(std::string(text) + "0"));
  EXPECT_FALSE(parse_hash(""));
}

// Every byte in every place: only the sixteen digits count, and each counts what it says.
TEST(Hash, NoOtherByteIsADigit) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed(text);
      changed[at] = static_cast<char>(byte);
      const auto hash = parse_hash(changed);
      const std::size_t value = digits.find(changed[at]);
      ASSERT_EQ(hash.has_value(), value != std::string_view::npos) << at << " " << byte;
      if (hash) {
        const std::uint8_t pair = hash->bytes[at / 2];
        ASSERT_EQ(at % 2 == 0 ? pair >> 4 : pair & 15, static_cast<int>(value)) << at << " " << byte;
      }
    }
  }
}

}  // namespace
}  // namespace tocsin::consult
