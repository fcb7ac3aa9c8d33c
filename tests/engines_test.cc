// Plain against indexed over real logs: every core rule, every sample event.
#include <gtest/gtest.h>

#include <cstdlib>

#include "detect/program.h"
#include "support/corpus.h"
#include "support/read_events.h"
#include "support/sigma_corpus.h"

namespace tocsin {
namespace {

// The plain engine takes milliseconds an event, so an ordinary run compares the first events of each batch.
constexpr std::size_t events_of_batch = 16;

TEST(Engines, GiveTheSameHitsOnTheSampleLogs) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "the sample data (TOCSIN_CORPUS) are not there";
  }
  const bool long_run = std::getenv("TOCSIN_LONG") != nullptr;
  const auto set = test::load_sigma_corpus(corpus / "sigma");
  event::FieldTable fields;
  const auto plain_program = detect::Program::compile(set, fields, detect::Engine::plain);
  const auto indexed_program = detect::Program::compile(set, fields, detect::Engine::indexed);
  detect::Scanner plain_scanner(plain_program, fields);
  detect::Scanner indexed_scanner(indexed_program, fields);
  // Without the memory of values and of sequences of fields.
  detect::Scanner bare_scanner(indexed_program, fields, {.memo = false, .shapes = false});
  detect::Scanner whole_scanner(indexed_program, fields);
  std::vector<detect::Hit> bare;
  std::vector<detect::Hit> plain;
  std::vector<detect::Hit> indexed;
  std::uint64_t events = 0;
  std::uint64_t hits = 0;
  event::EventBatch part;
  const auto compare = [&](const std::string& source, const ingest::Format&, const event::EventBatch& batch) {
    part.fields = batch.fields;
    part.events = batch.events;
    if (!long_run && part.events.size() > events_of_batch) {
      part.events.resize(events_of_batch);
    }
    const auto same = [](const detect::Hit& a, const detect::Hit& b) { return a.event == b.event && a.rule == b.rule; };
    plain.clear();
    plain_scanner.scan(part, plain);
    events += part.events.size();
    hits += plain.size();
    bare.clear();
    bare_scanner.scan(batch, bare);
    indexed.clear();
    whole_scanner.scan(batch, indexed);
    EXPECT_TRUE(std::equal(indexed.begin(), indexed.end(), bare.begin(), bare.end(), same))
        << source << ": remembering changes what is found";
    indexed.clear();
    indexed_scanner.scan(part, indexed);
    const auto differs = std::mismatch(plain.begin(), plain.end(), indexed.begin(), indexed.end(), same);
    if (differs.first != plain.end()) {
      ADD_FAILURE() << source << " record " << part.events[differs.first->event].record << ": the engines disagree at "
                    << set->rules[differs.first->rule].info.source;
    } else if (differs.second != indexed.end()) {
      ADD_FAILURE() << source << " record " << part.events[differs.second->event].record << ": only indexed finds "
                    << set->rules[differs.second->rule].info.source;
    }
  };
  const auto read = test::read_events({(corpus / "evtx").string(), (corpus / "logs").string()}, fields, compare);
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_GT(events, 5'000U);
  EXPECT_GT(hits, 500U);
  EXPECT_EQ(plain_scanner.rules_with_input(), indexed_scanner.rules_with_input());
}

}  // namespace
}  // namespace tocsin
