#include "base/byte_places.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tocsin {
namespace {

// Many places at a time against one by one, at every length around a step.
TEST(BytePlaces, AreThoseOfALoop) {
  std::mt19937 random(5);
  std::vector<std::uint32_t> fast(200), plain(200);
  std::size_t found = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 150, 'a');
    for (char& c : text) {
      c = random() % 5 == 0 ? ' ' : random() % 400 == 0 ? '\t' : static_cast<char>(random());
    }
    const std::size_t room = random() % 10 == 0 ? random() % 20 : fast.size();
    const auto got = byte_places(text, ' ', '\t', std::span(fast).first(room));
    ASSERT_EQ(got, internal::byte_places_plain(text, ' ', '\t', std::span(plain).first(room))) << round;
    if (got) {
      found += *got;
      ASSERT_TRUE(std::equal(fast.begin(), fast.begin() + static_cast<std::ptrdiff_t>(*got), plain.begin())) << round;
    }
  }
  EXPECT_GT(found, 10'000U);
}

}  // namespace
}  // namespace tocsin
