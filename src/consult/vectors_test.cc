// The vectors of the contract: every world, every order of arrival, whole results.
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "consult/request.h"
#include "consult/state.h"
#include "support/corpus.h"
#include "wire/json.h"

namespace tocsin::consult {
namespace {

std::string unzipped(const std::filesystem::path& path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rb");
  char block[1 << 16];
  for (int count = 0; file != nullptr && (count = gzread(file, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(count));
  }
  gzclose(file);
  return text;
}

// A tree as text with sorted members: for comparing and for messages.
std::string canonical(const wire::Json& json) {
  std::string out;
  append_canonical(out, json);
  return out;
}

TEST(Vectors, EveryResultIsEqualAsAWhole) {
  const auto folder = test::corpus();
  const auto path = folder / "consultation" / "vectors.jsonl.gz";
  if (folder.empty() || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "consultation/vectors.jsonl.gz of the corpus is absent";
  }
  const std::string text = unzipped(path);
  std::size_t vectors = 0;
  EntryReader reader;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const auto world = wire::parse_json(std::string_view(text).substr(from, end - from));
    from = end + 1;
    ASSERT_TRUE(world) << world.error().text();
    const auto item = parse_hash(world->string_or("item", ""));
    ASSERT_TRUE(item);
    std::vector<Roster> rosters;
    for (const wire::Json& json : world->find("rosters")->items) {
      if (auto reading = read_roster(canonical(json)); reading.roster) {
        rosters.push_back(*std::move(reading.roster));
      }
    }
    std::vector<EntryPtr> entries;
    for (const wire::Json& json : world->find("entries")->items) {
      entries.push_back(reader.read(canonical(json)).entry);
    }
    Ed25519Verifier ed25519;
    RememberingVerifier verifier(ed25519);
    for (const wire::Json& vector : world->find("vectors")->items) {
      std::vector<EntryPtr> arrived;
      for (const wire::Json& index : vector.find("arrival")->items) {
        if (const EntryPtr& entry = entries.at(std::stoul(index.text)); entry != nullptr) {
          arrived.push_back(entry);
        }
      }
      const auto as_of = parse_seconds(vector.string_or("as_of", ""));
      ASSERT_TRUE(as_of);
      const State found = state(rosters, *item, arrived, *as_of, verifier);
      EXPECT_EQ(canonical(*wire::parse_json(to_json(found))), canonical(*vector.find("expected")))
          << world->string_or("world", "") << " " << canonical(*world->find("tags")) << " vector " << vectors;
      ++vectors;
    }
  }
  EXPECT_EQ(vectors, 2460U);
}

}  // namespace
}  // namespace tocsin::consult
