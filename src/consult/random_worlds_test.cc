// Two implementations, any order of arrival, one by one or at once, and what two readers can conclude: over random
// worlds with hostile authors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "consult/journal.h"
#include "consult/plain_state.h"
#include "consult/state.h"
#include "consult/worlds.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"

namespace tocsin::consult {
namespace {

using worlds::Random;

std::uint64_t world_count() {
  if (const char* chosen = std::getenv("TOCSIN_WORLDS"); chosen != nullptr) {
    return std::strtoull(chosen, nullptr, 10);
  }
  if (std::getenv("TOCSIN_LONG") != nullptr) {
    return 1'000'000;
  }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
  return 500;
#else
  return 10'000;
#endif
}

struct Subject {
  std::vector<Roster> rosters;
  Hash item;
  std::vector<EntryPtr> entries;
};

std::string canonical(const State& state) { return *wire::canonical_json(to_json(state)); }

std::vector<std::size_t> some_of(Random& random, std::size_t count, unsigned percent) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t copies = random.chance(percent) ? 1 + (random.chance(10) ? 1 : 0) : 0; copies > 0; --copies) {
      out.push_back(i);
    }
  }
  for (std::size_t i = out.size(); i > 1; --i) {
    std::swap(out[i - 1], out[random.below(i)]);
  }
  return out;
}

std::vector<EntryPtr> pick(const std::vector<EntryPtr>& entries, const std::vector<std::size_t>& which) {
  std::vector<EntryPtr> out;
  for (const std::size_t at : which) {
    if (entries[at] != nullptr) {
      out.push_back(entries[at]);
    }
  }
  return out;
}

// What a reader with more, or with other entries may conclude beside a final state.
void expect_no_contradiction(const State& one, const State& all, std::uint64_t seed) {
  if (!one.final()) {
    return;
  }
  const bool same = one.status == Status::adopted && all.status == Status::adopted && one.decision == all.decision;
  const bool settled = one.status == Status::disputed && all.status == Status::adopted;
  EXPECT_TRUE(same || settled || (all.status == Status::disputed && !all.equivocators.empty()))
      << "world " << seed << "\n"
      << to_json(one) << "\n"
      << to_json(all);
}

struct Tally {
  std::map<std::string_view, std::size_t> statuses;
  std::map<std::string_view, std::size_t> codes;
};

void check_world(std::uint64_t seed, Tally& tally) {
  const bool real = seed % 100 == 0;
  const worlds::World world = worlds::make_world(seed, real);
  Random random(seed ^ 0xC0FFEE);
  worlds::FakeVerifier fake;
  Ed25519Verifier ed25519;
  RememberingVerifier verifier(real ? static_cast<Verifier&>(ed25519) : fake);
  Subject subject;
  subject.item = parse_hash(world.item).value_or(Hash{});
  for (const std::string& roster : world.rosters) {
    if (auto reading = read_roster(roster); reading.roster) {
      subject.rosters.push_back(*std::move(reading.roster));
    }
  }
  EntryReader reader;
  std::vector<plain::Copy> copies;
  std::map<std::pair<std::string, std::string>, bool> checked;
  for (const std::string& text : world.entries) {
    subject.entries.push_back(reader.read(text).entry);
    ASSERT_NE(subject.entries.back(), nullptr) << "world " << seed << " " << text;
    copies.push_back(plain::copy_of(text));
    ASSERT_EQ(copies.back().id, hex(subject.entries.back()->id)) << text;
  }
  const plain::Verify verify = [&](const plain::Copy& copy, const std::string& signature, const std::string& key) {
    if (!real) {
      return signature == worlds::fake_signature(copy.bytes, key);
    }
    const auto [known, added] = checked.try_emplace({copy.id + signature, key}, false);
    if (added) {
      trust::Ed25519Signature bytes{};
      trust::Ed25519Key key_bytes{};
      known->second = trust::from_hex(signature, bytes) && trust::from_hex(key, key_bytes) &&
                      trust::ed25519_verify(copy.bytes, bytes, key_bytes);
    }
    return known->second;
  };
  const auto moment = [&] {
    const Seconds at = random.of(world.moments) + static_cast<Seconds>(random.below(3)) - 1;
    return random.chance(40) ? *std::ranges::max_element(world.moments) + static_cast<Seconds>(random.below(5'000))
                             : at;
  };

  // 1. The second implementation.
  for (int vector = 0; vector < 2; ++vector) {
    const std::vector<std::size_t> arrival =
        some_of(random, subject.entries.size(), vector == 0 ? 100 : 75 + static_cast<unsigned>(random.below(25)));
    const Seconds as_of = moment();
    std::vector<const plain::Copy*> arrived;
    for (const std::size_t at : arrival) {
      arrived.push_back(&copies[at]);
    }
    const std::vector<EntryPtr> entries = pick(subject.entries, arrival);
    const State found = state(subject.rosters, subject.item, entries, as_of, verifier);
    ASSERT_EQ(canonical(found), plain::state(world.rosters, world.item, arrived, seconds_text(as_of), verify))
        << "world " << seed << " at " << seconds_text(as_of);
    ++tally.statuses[text_of(found.status)];
    for (const auto& [id, code] : found.rejected) {
      ++tally.codes[text_of(code)];
    }
    // 2. Any order, more duplicates.
    std::vector<EntryPtr> again = entries;
    again.insert(again.end(), entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2));
    for (std::size_t i = again.size(); i > 1; --i) {
      std::swap(again[i - 1], again[random.below(i)]);
    }
    ASSERT_EQ(state(subject.rosters, subject.item, again, as_of, verifier), found) << "world " << seed;
  }

  // 3. One by one, asked on the way, at moments that mostly move on.
  {
    const std::vector<EntryPtr> entries = pick(subject.entries, some_of(random, subject.entries.size(), 95));
    Journal journal(subject.rosters, subject.item, verifier, {.seed = random.next()});
    Seconds as_of = random.of(world.moments);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      journal.add(entries[i]);
      if (random.chance(15)) {
        as_of = random.chance(10) ? moment() : as_of + static_cast<Seconds>(random.below(400));
        ASSERT_EQ(journal.state(as_of),
                  state(subject.rosters, subject.item, std::span(entries).first(i + 1), as_of, verifier))
            << "world " << seed << " after " << i + 1;
      }
    }
  }

  // 4. Two readers with different entries, then both together, not earlier.
  const std::vector<EntryPtr> first = pick(subject.entries, some_of(random, subject.entries.size(), 90));
  const std::vector<EntryPtr> second = pick(subject.entries, some_of(random, subject.entries.size(), 90));
  std::vector<EntryPtr> both = first;
  both.insert(both.end(), second.begin(), second.end());
  const Seconds first_time = moment();
  const Seconds second_time = moment();
  const State one = state(subject.rosters, subject.item, first, first_time, verifier);
  const State other = state(subject.rosters, subject.item, second, second_time, verifier);
  const State all = state(subject.rosters, subject.item, both, std::max(first_time, second_time), verifier);
  expect_no_contradiction(one, all, seed);
  expect_no_contradiction(other, all, seed);
  if (one.status == Status::adopted && other.status == Status::adopted && one.decision != other.decision) {
    EXPECT_EQ(all.status, Status::disputed) << "world " << seed;
    EXPECT_FALSE(all.equivocators.empty()) << "world " << seed;
  }
}

TEST(RandomWorlds, TwoImplementationsAgreeAndFinalStaysFinal) {
  Tally tally;
  const char* from = std::getenv("TOCSIN_WORLDS_FROM");
  const std::uint64_t begin = from != nullptr ? std::strtoull(from, nullptr, 10) : 1;
  const std::uint64_t end = begin + world_count();
  for (std::uint64_t seed = begin; seed < end && !HasFailure(); ++seed) {
    check_world(seed, tally);
  }
  for (const auto& [status, count] : tally.statuses) {
    std::printf("%-16s %zu\n", std::string(status).c_str(), count);
  }
  for (const auto& [code, count] : tally.codes) {
    std::printf("%-16s %zu\n", std::string(code).c_str(), count);
  }
  if (world_count() >= 10'000) {
    // The worlds reach everything that the contract names.
    EXPECT_EQ(tally.statuses.size(), 14U);
    EXPECT_EQ(tally.codes.size(), 8U);
  }
}

}  // namespace
}  // namespace tocsin::consult
