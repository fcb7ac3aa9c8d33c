// Speed of the store: durable ingest by commits of 1,000, pages for a reader of all and of one in a thousand, empty
// polls. Usage: bench_store BUNDLE.json FOLDER [OBJECTS]    (a STIX bundle that is repeated with new ids; an empty
// folder)
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "store/sqlite/sqlite_store.h"
#include "taxii/envelope.h"
#include "taxii/object_header.h"
#include "taxii/release.h"

namespace {

using namespace tocsin;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "{}\n", error.text());
  std::exit(1);
}

constexpr store::CollectionName here{"bench", "c"};
constexpr std::size_t batch = 1'000;

struct Times {
  std::vector<double> all;
  double at(double part) {
    std::ranges::sort(all);
    return all[std::min(all.size() - 1, static_cast<std::size_t>(part * static_cast<double>(all.size())))] * 1e3;
  }
};

void measure(store::Store& store, std::size_t objects, std::mt19937_64& random) {
  std::vector<std::uint32_t> all;
  std::vector<std::uint32_t> rare;
  const auto classes = store.classes(here);
  if (!classes) {
    stop(classes.error());
  }
  for (const store::ReleaseClass& one : *classes) {
    all.push_back(one.id);
    if (one.writer == "rare") {
      rare.push_back(one.id);
    }
  }
  const auto pages = [&](const char* name, const std::vector<std::uint32_t>& chosen, std::size_t span) {
    Times times;
    std::size_t seen = 0;
    for (int at = 0; at < 300; ++at) {
      const store::Sequence after = span == 0 ? 0 : random() % span;
      const auto start = Clock::now();
      std::size_t count = 0;
      const auto scanned = store.scan(here, after, {chosen, {}}, [&](const store::RecordPointer& record) {
        return count += record->bytes.empty() ? 0 : 1, count < 1'000;
      });
      times.all.push_back(seconds_since(start));
      seen += count;
      if (!scanned) {
        stop(scanned.error());
      }
    }
    fmt::print("  page of {:<14} p50 {:7.3f} ms   p99 {:7.3f} ms   {:.0f} objects a page\n", name, times.at(0.5),
               times.at(0.99), static_cast<double>(seen) / 300);
  };
  pages("all", all, objects > 1'000 ? objects - 1'000 : 0);
  pages("0.1 %", rare, 0);
  Times empty;
  for (int at = 0; at < 300; ++at) {
    const auto start = Clock::now();
    const auto last = store.last_at(here, Time::from_seconds(4'000'000'000));
    const auto scanned = store.scan(here, *last, {all, {}}, [](const auto&) { return true; });
    empty.all.push_back(seconds_since(start));
    if (!scanned) {
      stop(scanned.error());
    }
  }
  fmt::print("  empty poll             p50 {:7.3f} ms   p99 {:7.3f} ms\n", empty.at(0.5), empty.at(0.99));
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    fmt::print(stderr, "usage: bench_store BUNDLE.json FOLDER [OBJECTS]\n");
    return 2;
  }
  const std::size_t wanted = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1'000'000;
  std::ifstream file(arguments[1]);
  const std::string bundle{std::istreambuf_iterator<char>(file), {}};
  const auto parts = taxii::split_envelope(bundle);
  if (!parts) {
    stop(parts.error());
  }
  std::vector<store::NewVersion> shapes;
  for (const auto part : *parts) {
    taxii::ObjectHeader header;
    if (!taxii::read_header(part, header)) {
      continue;
    }
    store::NewVersion one;
    one.bytes = std::string(part);
    one.release = taxii::release_text(header);
    one.id = header.id;
    one.type = header.type;
    one.version = header.version;
    one.version_at = header.version_at;
    one.spec_version = header.spec_version;
    one.uses = header.uses;
    one.author = header.created_by;
    shapes.push_back(std::move(one));
  }
  auto opened = store::open_sqlite_store(std::string(arguments[2]) + "/bench.sqlite", true);
  if (!opened) {
    stop(opened.error());
  }
  store::Store& store = **opened;
  (void)store.put_collection(
      {.root = "bench", .id = "c", .title = "", .description = "", .alias = "", .media_types = {}});
  std::mt19937_64 random(1);
  double ingest = 0;
  double cpu = 0;
  std::size_t done = 0;
  std::uint64_t bytes = 0;
  Times commits;
  for (std::size_t mark = 10'000; done < wanted; mark *= 10) {
    double mark_seconds = 0;
    const std::size_t from = done;
    while (done < std::min(mark, wanted)) {
      std::vector<store::NewVersion> versions;
      for (std::size_t at = 0; at < batch; ++at) {
        store::NewVersion one = shapes[(done + at) % shapes.size()];
        const std::string id =
            fmt::format("{}--{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", one.type, random() & 0xFFFFFFFF, random() & 0xFFFF,
                        random() & 0xFFF, random() & 0xFFF, random() & 0xFFFFFFFFFFFF);
        if (const auto place = one.bytes.find(one.id); place != std::string::npos) {
          one.bytes.replace(place, one.id.size(), id);
        }
        one.id = id;
        one.writer = (done + at) % 1'000 == 0 ? "rare" : "w";
        bytes += one.bytes.size();
        versions.push_back(std::move(one));
      }
      const auto start = Clock::now();
      const double cpu_start = cpu_seconds();
      const auto put = store.put(here, versions, Time::from_seconds(1'700'000'000));
      cpu += cpu_seconds() - cpu_start;
      commits.all.push_back(seconds_since(start));
      mark_seconds += commits.all.back();
      if (!put) {
        stop(put.error());
      }
      done += batch;
    }
    ingest += mark_seconds;
    fmt::print(
        "{} objects: {:.0f} objects/s since the last mark, {:.0f} objects/s in all, {:.0f} by CPU time; commit p50 "
        "{:.1f} p99 "
        "{:.1f} max {:.1f} ms; {} bytes an object\n",
        done, static_cast<double>(done - from) / mark_seconds, static_cast<double>(done) / ingest,
        static_cast<double>(done) / cpu, commits.at(0.5), commits.at(0.99), commits.at(1), bytes / done);
    measure(store, done, random);
    std::fflush(stdout);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak memory {} MB\n", usage.ru_maxrss / 1024);
  return 0;
}
