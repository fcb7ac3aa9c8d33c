// rule_hits [--plain] [--time] SIGMA PATH…: prints "source, record, rule id, level" for every hit; with --time the
// processor seconds of compiling, decoding and scanning instead. For tests/expected_matches_test.py and for timing the
// engine alone.
#include <time.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "detect/program.h"
#include "support/read_events.h"
#include "support/sigma_corpus.h"

namespace {

using namespace tocsin;
// Processor time of this thread, so that other work on the machine does not count.
double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}
double seconds_since(double start) { return now() - start; }

}  // namespace

int main(int argc, char** argv) {
  auto engine = detect::Engine::indexed;
  bool timed = false;
  std::vector<std::string> arguments;
  for (int at = 1; at < argc; ++at) {
    if (std::strcmp(argv[at], "--plain") == 0) {
      engine = detect::Engine::plain;
    } else if (std::strcmp(argv[at], "--time") == 0) {
      timed = true;
    } else {
      arguments.emplace_back(argv[at]);
    }
  }
  if (arguments.size() < 2) {
    std::fputs("usage: rule_hits [--plain] [--time] SIGMA PATH...\n", stderr);
    return 2;
  }
  double start = now();
  const auto set = test::load_sigma_corpus(arguments[0]);
  const double parsing = seconds_since(start);
  start = now();
  event::FieldTable fields;
  const auto program = detect::Program::compile(set, fields, engine);
  const double compiling = seconds_since(start);
  detect::Scanner scanner(program, fields);
  std::vector<detect::Hit> hits;
  std::uint64_t events = 0;
  std::uint64_t found = 0;
  double scanning = 0;
  start = now();
  arguments.erase(arguments.begin());
  const auto read = test::read_events(
      arguments, fields, [&](const std::string& source, const ingest::Format&, const event::EventBatch& batch) {
        hits.clear();
        const double scan_start = now();
        scanner.scan(batch, hits);
        scanning += seconds_since(scan_start);
        events += batch.events.size();
        found += hits.size();
        for (const detect::Hit& hit : hits) {
          if (!timed) {
            const rules::RuleInfo& info = set->rules[hit.rule].info;
            std::printf("%s\t%llu\t%s\t%s\n", source.c_str(),
                        static_cast<unsigned long long>(batch.events[hit.event].record), info.id.c_str(),
                        std::string(rules::level_text(info.level)).c_str());
          }
        }
      });
  if (!read) {
    std::fprintf(stderr, "%s\n", read.error().text().c_str());
    return 2;
  }
  if (timed) {
    const double total = seconds_since(start);
    std::printf("rules %zu, parsed in %.3f s, compiled in %.3f s\n", set->rules.size(), parsing, compiling);
    std::printf("%llu events, %llu hits; scanning %.3f s = %.0f events/s; with reading and decoding %.3f s\n",
                static_cast<unsigned long long>(events), static_cast<unsigned long long>(found), scanning,
                static_cast<double>(events) / scanning, total);
  }
  return 0;
}
