// What a world's node is made of; for the parts of the world alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "exchange/exchange.h"
#include "sim/exchange_world.h"
#include "stix/author_key.h"
#include "store/memory/memory_notes.h"
#include "store/memory/memory_store.h"
#include "store/notes.h"
#include "trust/ed25519.h"

namespace tocsin::sim {

inline bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// What is written fails now and then, and then nothing was written.
class FailingNotes final : public store::Notes {
 public:
  Result<std::optional<std::string>> get(std::string_view key) const override { return inner->get(key); }
  Result<void> put(std::span<const store::Note> changes) override {
    if (percent != 0 && dice->chance(percent)) {
      return failure(ErrorCode::io, "the disk is full");
    }
    return inner->put(changes);
  }
  Result<void> scan(std::string_view prefix, std::string_view after,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return inner->scan(prefix, after, visit);
  }
  std::unique_ptr<store::Notes> inner = store::make_memory_notes();
  Dice* dice = nullptr;
  unsigned percent = 0;
};

struct World::Node {
  class NodeClock final : public Clock {
   public:
    Time now() const override { return Time{*world + skew}; }
    const std::int64_t* world = nullptr;
    std::int64_t skew = 0;
  };

  std::size_t number = 0;
  std::string organisation, url;
  trust::Ed25519Seed seed{};
  stix::AuthorKey key;
  std::string key_document;
  NodeClock clock;
  std::unique_ptr<Dice> random;
  std::unique_ptr<store::Store> store = store::make_memory_store();
  FailingNotes notes;
  std::unique_ptr<exchange::Transport> wire;
  std::unique_ptr<exchange::Exchange> exchange;
  bool hostile = false;
  std::uint64_t lives = 0;  // restarts so far: answers to an earlier life are lost
  std::int64_t woken = 0;   // when the next tick is planned
  std::map<std::size_t, exchange::Relation> relations;
  std::vector<std::string> received;                       // everything that honest nodes sent to it
  std::vector<std::pair<std::size_t, std::string>> heard;  // for replays: who sent it, what
  std::vector<std::string> own;                            // ids it made
  std::set<std::string> equivocated_to;                    // "id node"
};

}  // namespace tocsin::sim
