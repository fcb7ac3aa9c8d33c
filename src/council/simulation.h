// For tests: delegations on one virtual clock, each with its own node, disk and clock error, joined by a network that
// can be cut and healed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "consult/verifier.h"
#include "council/consultation.h"
#include "council/ports.h"

namespace tocsin::council::simulation {

using Milliseconds = std::int64_t;

// The seed of SHA-256 of "tocsin test key NAME".
class TestKeys final : public Keys {
 public:
  explicit TestKeys(std::string_view name);
  trust::Ed25519Key public_key() const override { return public_; }
  Result<trust::Ed25519Signature> sign(std::string_view bytes) override;

 private:
  trust::Ed25519Seed seed_{};
  trust::Ed25519Key public_{};
};

class Network;

// One node's ports. The disk is a text; it can be told to fail.
class Machine final : public JournalStore, public Clock, public Transport {
 public:
  Machine(Network& network, std::string name) : network_(network), name_(std::move(name)) {}
  Result<void> append(std::string_view line) override;
  Time now() const override;
  void send(std::string_view entry) override;
  std::vector<PeerClock> peer_clocks() const override { return clocks; }

  std::string disk;
  bool disk_fails = false;
  Milliseconds skew = 0;
  std::vector<PeerClock> clocks;
  // Length of the disk when each own entry left: the entry must be on it.
  std::vector<bool> on_disk_when_sent;

 private:
  Network& network_;
  std::string name_;
};

struct Node {
  std::string name;
  std::unique_ptr<TestKeys> keys;
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Consultation> consultation;  // null while it is down
  Milliseconds tick_at = -1;
};

struct RosterPlan {
  std::vector<std::string> members = {};
  std::string chair = "CHAIR";
  std::vector<std::string> partners = {};
  std::set<std::string> witnesses = {};  // empty: everybody
  std::uint32_t quorum = 2;
  Seconds challenge = 86'400;
  std::string exercise = {};  // the mark of the item
  std::string marking = {};
};
std::string roster_json(const RosterPlan& plan);

class Network {
 public:
  // Opens the item by `opener` and gives every participant a node that holds the opening.
  Network(const RosterPlan& plan, std::string_view opener, std::string_view title, std::string_view start);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Node& node(std::string_view name) { return nodes_.at(std::string(name)); }
  std::map<std::string, Node>& nodes() { return nodes_; }
  const Hash& item() const { return item_; }

  // A person signs. Fails the test by returning an error.
  Result<Hash> act(std::string_view name, consult::Kind kind, std::string body);

  // Lets the time pass; messages and ticks happen on the way.
  void run_until(Milliseconds end);
  void run_to(std::string_view moment);
  void run_for(Milliseconds span) { run_until(now_ + span); }
  Milliseconds now() const { return now_; }
  Seconds seconds() const { return now_ / 1000; }

  // These nodes hear only each other; nobody else hears them.
  void cut_off(const std::set<std::string>& names) { island_ = names; }
  // Everybody hears everybody, and sends what the other lacks.
  void heal();
  bool connected(std::string_view a, std::string_view b) const {
    return island_.contains(std::string(a)) == island_.contains(std::string(b));
  }

  // The node goes down and comes up from its disk, of which a write was torn.
  void restart(std::string_view name, bool torn);
  // … from an older disk.
  void restore(std::string_view name, std::string old_disk);

  // The states of all nodes that are up, as JSON: one where they agree.
  std::set<std::string> states();
  consult::State state_at(std::string_view name) { return node(name).consultation->state(seconds()); }

 private:
  friend class Machine;
  void deliver(const std::string& from, const std::string& to, const std::string& entry);
  void load(Node& node);
  Milliseconds latency();

  struct Message {
    std::string from, to, entry;
  };
  Milliseconds now_ = 0;
  std::uint64_t random_ = 1;
  std::map<std::string, Node> nodes_;
  std::multimap<Milliseconds, Message> messages_;
  std::set<std::string> island_;
  Hash item_;
  consult::Ed25519Verifier ed25519_;
  consult::RememberingVerifier verifier_{ed25519_};
};

}  // namespace tocsin::council::simulation
