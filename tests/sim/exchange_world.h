// A world of nodes that exchange objects, on a virtual clock and network, all of it from one seed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "exchange/exchange.h"
#include "store/notes.h"
#include "store/store.h"

namespace tocsin::sim {

inline constexpr std::int64_t second = Time::ticks_per_second;

// SplitMix64.
class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) {
      byte = static_cast<std::uint8_t>(next());
    }
  }

 private:
  std::uint64_t state_;
};

// What a version of an object is, for the checkers: they never ask the program.
struct Version {
  std::string id, token, bytes;  // `token` stands in its text and nowhere else
  std::string modified;
  std::size_t author = 0;
  std::string collection;  // "shared" or "closed"
  enum class Marking : std::uint8_t { none, clear, green, amber, strict, red, unknown, count_ } marking = Marking::none;
  std::optional<std::vector<std::string>> audience;
  std::int64_t embargo = 0;  // ticks of virtual time; 0: none
  bool with_signature = false;
  bool revoked = false;
  std::vector<std::string> references;  // ids of other objects
  bool sighting = false;
  bool observable = false;
};

struct WorldOptions {
  std::uint64_t seed = 1;
  bool trace = false;
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();
  // Runs to the end. What the checkers found wrong; empty: nothing.
  std::vector<std::string> run();
  const std::vector<std::string>& trace() const { return trace_; }

  struct Totals {
    std::uint64_t messages = 0, lost = 0, versions = 0, held = 0, restarts = 0, alarms = 0;
  };
  const Totals& totals() const { return totals_; }

 private:
  struct Node;
  struct Event {
    std::int64_t at;
    std::uint64_t order;
    std::function<void()> run;
    bool operator<(const Event& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };
  class Wire;

  void say(const std::string& text);
  void at(std::int64_t when, std::function<void()> run);
  void build();
  void meet();
  void act();
  void wake(Node& node);
  void restart(Node& node);
  void send(std::size_t from, const std::string& url, std::uint64_t ticket, std::string message);
  bool lost(std::size_t a, std::size_t b);
  void deliver(std::size_t from, std::size_t to, const std::string& bytes, bool crafted);
  void new_object(Node& node);
  void new_version(Node& node);
  void new_sighting(Node& node);
  void put(Node& node, Version version);
  void attack(Node& node);
  void craft(Node& node, std::size_t victim, const std::string& message);
  void run_until(std::int64_t end);

  bool author_gives(const Version& version, std::size_t to, std::int64_t at) const;
  bool recipient_gives(const Version& version, std::size_t from, std::size_t to) const;
  bool reads(std::size_t from, const std::string& collection, std::size_t to) const;
  bool gives(std::size_t from, const Version& version, std::size_t to, bool final) const;
  std::set<std::size_t> reach(const Version& version, bool final) const;
  std::set<std::size_t> entitled(const Version& version) const;
  bool knows(std::size_t node, const Version& version) const;
  std::vector<std::string> missing() const;
  std::vector<std::string> wrong() const;

  WorldOptions options_;
  Dice dice_;
  std::int64_t now_ = 1'700'000'000 * second;
  std::uint64_t order_ = 0;
  std::uint64_t objects_ = 0;
  bool calm_ = false;  // nothing is lost, nobody attacks, nothing restarts
  std::priority_queue<Event> events_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::set<std::pair<std::size_t, std::size_t>> cut_;  // who cannot reach whom
  std::vector<Version> versions_;
  std::set<std::string> burnt_;  // ids that an attacker wrote into what it made up
  std::vector<std::string> trace_;
  std::vector<std::string> failures_;
  Totals totals_;
};

}  // namespace tocsin::sim
