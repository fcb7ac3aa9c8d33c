// Worlds of nodes from seeds: every entitled node ends with every object, no other node is ever sent a byte of it.
//
// TOCSIN_SIM_SEED=N plays one world again and prints its trace; TOCSIN_SIM_FROM=N begins elsewhere; TOCSIN_LONG=1 plays
// 100,000; under the sanitizers, where a world takes five times as long, 10,000.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "sim/exchange_world.h"

namespace tocsin::sim {
namespace {

TEST(ExchangeSim, EveryEntitledNodeEndsWithEveryObjectAndNoOther) {
  std::uint64_t first = 1;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
  constexpr std::uint64_t many = 10'000;
#else
  constexpr std::uint64_t many = 100'000;
#endif
  std::uint64_t last = std::getenv("TOCSIN_LONG") != nullptr ? many : 200;
  if (const char* from = std::getenv("TOCSIN_SIM_FROM")) {
    first = std::strtoull(from, nullptr, 10);
    last = first + last - 1;
  }
  if (const char* one = std::getenv("TOCSIN_SIM_SEED")) {
    first = last = std::strtoull(one, nullptr, 10);
  }
  World::Totals sum;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    World world({.seed = seed, .trace = first == last});
    const std::vector<std::string> found = world.run();
    sum.messages += world.totals().messages;
    sum.lost += world.totals().lost;
    sum.versions += world.totals().versions;
    sum.restarts += world.totals().restarts;
    sum.alarms += world.totals().alarms;
    if (found.empty() && first != last) {
      continue;
    }
    // The same world once more, and everything that happened in it.
    World again({.seed = seed, .trace = true});
    EXPECT_EQ(again.run(), found) << "a seed must give one world";
    for (const std::string& line : again.trace()) {
      std::printf("%s\n", line.c_str());
    }
    for (const std::string& line : found) {
      ADD_FAILURE() << "seed " << seed << ": " << line;
    }
    if (!found.empty()) {
      return;
    }
  }
  std::printf("%llu messages, %llu lost, %llu versions, %llu restarts, %llu alarms\n",
              static_cast<unsigned long long>(sum.messages), static_cast<unsigned long long>(sum.lost),
              static_cast<unsigned long long>(sum.versions), static_cast<unsigned long long>(sum.restarts),
              static_cast<unsigned long long>(sum.alarms));
  EXPECT_GT(sum.versions, last - first);
  if (last - first >= 100) {
    EXPECT_GT(sum.alarms, 0U) << "authors who said two things were found out";
  }
}

}  // namespace
}  // namespace tocsin::sim
