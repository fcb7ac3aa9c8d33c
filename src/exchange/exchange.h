// Exchange: one node's side of the traffic with its peers: pushes what is new, pulls where pushing fails, takes in what
// comes, and remembers in the store how far it is with each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "exchange/delivery.h"
#include "exchange/home.h"
#include "exchange/invitation.h"
#include "exchange/notice.h"
#include "exchange/outbox.h"

namespace tocsin::exchange {

// Carries messages to other nodes. The real one posts them over TLS; a simulation has its own.
class Transport {
 public:
  virtual ~Transport() = default;
  // Takes the message and returns at once. The answer, or why there is none, goes to Exchange::answered() with the same
  // ticket; never from within this call.
  virtual void send(const std::string& url, std::uint64_t ticket, std::string message) = 0;
};

struct Options {
  stix::AuthorKey key;  // of the node
  std::string key_document;
  trust::Ed25519Seed seed{};
  std::string url;                       // where peers reach this node
  std::vector<std::string> author_keys;  // documents of others whose signatures are believed
  taxii::LogNames logs;                  // that hold what comes
};

struct PeerReport {
  std::string name, kid, organisation, url;
  bool paused = false;
  bool waiting = false;   // there is or may be something to send
  unsigned failures = 0;  // since the last success
  Time last_contact;      // when a signed message of the peer came; unknown: not since the start
  Time waiting_since;     // of what is waiting; unknown: nothing is
  std::uint64_t deliveries_sent = 0, objects_received = 0, items_refused_here = 0, items_refused_there = 0;
};

// What becomes of one version on the way to a peer, and why.
struct Explanation {
  enum class Step : std::uint8_t {
    goes,            // now, or it went
    goes_with_use,   // an identity or a definition: with what uses it
    unreadable,      // kept under other rules
    theirs,          // the peer brought or made it
    not_given,       // the peer does not read the collection
    refused,         // by policy
    names_hidden,    // `hidden` is named, which the peer may not have
    not_subscribed,  // the peer does not want it
    sighting         // told to the author of what was seen, and to nobody else
  };
  Step step = Step::not_given;
  policy::Release release = {};  // of every step from refused on, and of goes
  std::string hidden = {};
};

// Not thread-safe: one call at a time. Nothing but what the store and the notes hold survives it. Another one may be
// open on the same store and notes, to make, change or remove peers: this one notices at its next step.
class Exchange {
 public:
  // Everything given must outlive it.
  static Result<std::unique_ptr<Exchange>> open(store::Store& store, store::Notes& notes, const Clock& clock,
                                                Random& random, Transport& transport, Options options);

  // A code for the operator of another node; with it that node becomes a peer under `relation`, once, before
  // `lifetime` ticks are over. Errors usage (a name that is taken, an inbox that is not there), limit.
  Result<std::string> invite(const Relation& relation, std::int64_t lifetime);
  // Introduces this node to the one that gave the code. It is a peer once the answer came; until then, and where no
  // answer came, nothing is changed, and the same code can be given again. Errors usage.
  Result<void> accept(std::string_view code, const Relation& relation);
  std::vector<Peer> peers() const;
  std::vector<PeerReport> reports() const;
  // By kid. What the peer may have now and did not have before is sent.
  Result<void> change(std::string_view kid, const Relation& relation);
  Result<void> remove(std::string_view kid);
  Result<std::vector<Alarm>> alarms() const { return ledger_.alarms(); }
  // As it is decided when it would leave, without sending anything; the peer by kid. Error not_found.
  Result<Explanation> explain(std::string_view kid, const CollectionRef& collection, const store::Record& record);
  // The newest notice about an object, of a version that need not be here.
  Result<std::optional<Notice>> notice(std::string_view id) const;

  // Something was put into the store: what is due goes out now.
  void committed();
  // Does what is due and says when it wants to be called again, at the latest.
  Time tick();
  // What another node posted, and the answer. Empty: this node has nothing to say to whoever sent it.
  std::string receive(std::string_view message);
  void answered(std::uint64_t ticket, Result<std::string> answer);

 private:
  // A delivery that has left and is not acknowledged.
  struct Flight {
    std::uint64_t ticket = 0;  // 0: it was fetched
    std::uint64_t number = 0;
    std::string digest;
    Ledger::Changes after;
    Time since;
  };
  struct Bucket {
    std::int64_t messages = 0, bytes = 0;
    Time filled;
  };
  struct State {
    Peer peer;
    Numbers numbers;
    std::optional<Flight> flight;
    bool dirty = true;
    std::string held_after;
    bool holds = false;
    Time due;  // unknown: at once
    Time look_again, wake;
    std::uint64_t pull_ticket = 0;
    Time pull_since, pull_due;
    Time resent;
    Bucket bucket;
    PeerReport report;
  };
  struct Accepting {
    Invitation invitation;
    Relation relation;
    std::string nonce;
  };

  Exchange(store::Store& store, store::Notes& notes, const Clock& clock, Random& random, Transport& transport,
           Options options);
  Home home() { return {store_, ledger_, options_.key, signer_, ring_, options_.logs, random_}; }

  Result<void> start();
  Result<void> add_peer(Peer peer);
  // What another Exchange on the same notes did to peers.
  Result<void> refresh();
  static void renew(State& state, Peer peer);
  Result<void> check(const Relation& relation, std::string_view own_kid) const;
  Result<bool> something_new();
  Result<void> look_through();
  static void wait_for(State& state, Time now);  // there may be something to send to it
  void step(State& state, Time now);
  Result<std::string> next_delivery(State& state, Time now, bool fetched);
  void push(State& state, Time now);
  void pull(State& state, Time now);
  void settle(State& state, const Receipt& receipt, Time now);
  void lost_there(State& state, std::uint64_t last, Time now);
  void fail(State& state, Time now);
  bool afford(State& state, std::size_t bytes, Time now);
  Result<Receipt> take(State& state, std::string_view body, Time now);
  std::string answer(State& state, std::string_view body, Time now);
  std::string introduce(std::string_view message, Time now);
  void welcomed(const Accepting& accepting, std::string_view message);
  std::int64_t jittered(std::int64_t ticks);
  std::string hex_of_random();
  Time now() const { return clock_.now(); }

  store::Store& store_;
  Ledger ledger_;
  const Clock& clock_;
  Random& random_;
  Transport& transport_;
  Options options_;
  Signer signer_;
  stix::KeyRing ring_;
  std::map<std::string, State, std::less<>> states_;  // by kid
  std::map<std::uint64_t, Accepting> accepting_;      // by ticket
  std::map<CollectionRef, store::Sequence> tails_;
  std::string generation_;  // of the peers that are known
  std::string turn_;        // kid of the peer whose turn comes next
  std::uint64_t next_ticket_ = 1;
  Time polled_;
  bool behind_ = true;  // commits that were not looked through for notices
};

}  // namespace tocsin::exchange
