// Speed of a long consultation: reading, verifying, the whole state, one more entry, a gap that closes.
// Usage: bench_consult [ENTRIES [MEMBERS [HEADS [POSITIONS_PER_THOUSAND]]]]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "consult/journal.h"
#include "consult/state.h"
#include "trust/digest.h"

namespace {

using namespace tocsin;
using namespace tocsin::consult;

// CPU seconds: what else runs on the machine is not counted.
double seconds_of(auto&& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  const double start = now();
  work();
  return now() - start;
}

// Members and a chair, all witnesses, under one silence: nearly all entries are receipts, as nodes make them.
class Maker {
 public:
  Maker(std::size_t members, std::size_t heads, std::size_t positions)
      : count_(members + 1), heads_(heads), positions_(positions), tips_(count_), sequences_(count_) {
    std::string list;
    for (std::size_t i = 0; i < count_; ++i) {
      seeds_.push_back(trust::sha256("bench " + name(i)));
      list += fmt::format("{}{{\"id\":\"{}\",\"key\":\"{}\",\"role\":\"{}\",\"witness\":true}}", i == 0 ? "" : ",",
                          name(i), trust::to_hex(trust::ed25519_public_key(seeds_[i])), i == 0 ? "chair" : "member");
    }
    roster = fmt::format(
        "{{\"challenge_seconds\":86400,\"members\":[{}],\"min_period_seconds\":{{\"crisis\":60}},"
        "\"version\":1,\"witness_quorum\":{}}}",
        list, count_ / 2 + 1);
    item = add(0, "open", fmt::format("{{\"roster\":\"{}\",\"title\":\"\"}}", trust::sha256_hex(roster)));
    const std::string draft =
        add(1, "draft", fmt::format("{{\"parent\":null,\"rev\":1,\"text_sha256\":\"{}\"}}", std::string(64, '0')));
    silence_ =
        add(0, "silence",
            fmt::format("{{\"class\":\"crisis\",\"deadline\":\"2036-01-01T00:00:00Z\",\"draft\":\"{}\"}}", draft));
  }

  std::string add(std::size_t author, const std::string& kind, const std::string& body) {
    const std::string bytes = fmt::format(
        "{{\"author\":\"{}\",\"body\":{},\"item\":{},\"kind\":\"{}\",\"prev\":{},\"seq\":{},\"time\":\"{}\",\"v\":1}}",
        name(author), body, item.empty() ? "null" : "\"" + item + "\"", kind,
        tips_[author].empty() ? "null" : "\"" + tips_[author] + "\"", sequences_[author]++, seconds_text(now_++));
    tips_[author] = trust::sha256_hex(bytes);
    entries.push_back(fmt::format("{},\"signature\":\"{}\"}}", bytes.substr(0, bytes.size() - 1),
                                  trust::to_hex(trust::ed25519_sign(bytes, seeds_[author]))));
    return tips_[author];
  }

  void step() {
    const std::size_t author = entries.size() % count_;
    if (author != 0 && entries.size() % 1000 < positions_) {
      add(author, "position", fmt::format("{{\"silence\":\"{}\",\"stance\":\"support\"}}", silence_));
      return;
    }
    std::vector<std::string> named;
    for (std::size_t i = 0; i < heads_; ++i) {
      const std::size_t other = (author + 1 + i + entries.size() / count_ * heads_) % count_;
      if (other != author && !tips_[other].empty()) {
        named.push_back(fmt::format("\"{}\":\"{}\"", name(other), tips_[other]));
      }
    }
    std::ranges::sort(named);
    named.erase(std::ranges::unique(named).begin(), named.end());
    add(author, "receipt", fmt::format("{{\"heads\":{{{}}}}}", fmt::join(named, ",")));
  }

  std::string roster;
  std::string item;
  std::vector<std::string> entries;

 private:
  static std::string name(std::size_t i) { return i == 0 ? "CHAIR" : fmt::format("M{:03}", i); }
  std::size_t count_;
  std::size_t heads_;
  std::size_t positions_;
  std::vector<std::string> tips_;
  std::vector<std::size_t> sequences_;
  std::vector<trust::Ed25519Seed> seeds_;
  std::string silence_;
  Seconds now_ = 2'000'000'000;
};

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int at, std::size_t otherwise) {
    return argc > at ? static_cast<std::size_t>(std::strtoull(argv[at], nullptr, 10)) : otherwise;
  };
  const std::size_t count = argument(1, 100'000);
  Maker maker(argument(2, 30), argument(3, 8), argument(4, 10));
  constexpr std::size_t more = 1'000;
  while (maker.entries.size() < count + more) {
    maker.step();
  }
  const std::vector<Roster> rosters{*read_roster(maker.roster).roster};
  const Hash item = *parse_hash(maker.item);
  std::vector<EntryPtr> entries;
  EntryReader reader;
  const double reading = seconds_of([&] {
    for (const std::string& text : maker.entries) {
      entries.push_back(reader.read(text).entry);
    }
  });
  Ed25519Verifier ed25519;
  RememberingVerifier verifier(ed25519);
  const double verifying = seconds_of([&] {
    for (const EntryPtr& entry : entries) {
      verifier.verify(*entry, rosters[0].participants[*rosters[0].find(entry->author)].key);
    }
  });
  const Seconds as_of = 2'000'000'000 + static_cast<Seconds>(maker.entries.size()) + 10;
  const std::span<const EntryPtr> first = std::span<const EntryPtr>(entries).first(count);
  State whole;
  const double full = seconds_of([&] { whole = state(rosters, item, first, as_of, verifier); });
  fmt::print("{} entries, {} participants, {} positions: status {}\n", count, rosters[0].participants.size(),
             whole.positions.size(), text_of(whole.status));
  fmt::print("read {:.3f} s, verify {:.3f} s, whole state {:.3f} s, cold {:.2f} of verifying\n", reading, verifying,
             full, (reading + verifying + full) / verifying);

  Journal journal(rosters, item, verifier);
  for (const EntryPtr& entry : first) {
    journal.add(entry);
  }
  journal.state(as_of);
  std::vector<double> each;
  for (std::size_t i = count; i < entries.size(); ++i) {
    each.push_back(seconds_of([&] {
      journal.add(entries[i]);
      whole = journal.state(as_of);
    }));
  }
  std::ranges::sort(each);
  fmt::print("one more entry and its state: median {:.0f} us, 99 of 100 within {:.0f} us, most {:.0f} us\n",
             each[each.size() / 2] * 1e6, each[each.size() * 99 / 100] * 1e6, each.back() * 1e6);

  // Everything but one entry of member 1, which then frees all that follow it.
  for (const std::size_t behind : {std::size_t{10}, std::size_t{100}, std::size_t{1000}}) {
    std::vector<std::size_t> of_one;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i]->author == "M001") {
        of_one.push_back(i);
      }
    }
    if (of_one.size() <= behind) {
      break;
    }
    const std::size_t missing = of_one[of_one.size() - 1 - behind];
    Journal with_gap(rosters, item, verifier);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i != missing) {
        with_gap.add(entries[i]);
      }
    }
    with_gap.state(as_of);
    const double closing = seconds_of([&] {
      with_gap.add(entries[missing]);
      with_gap.state(as_of);
    });
    fmt::print("one that frees {} more: {:.0f} us\n", behind, closing * 1e6);
  }
  return whole == state(rosters, item, entries, as_of, verifier) ? 0 : 1;
}
