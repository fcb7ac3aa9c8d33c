// Outbox: what a peer is to get next. There is no list of objects that wait: a cursor over the commit sequence says
// what is settled, for each release class, and what becomes releasable later is found behind its class's cursor.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "exchange/delivery.h"
#include "exchange/entitlement.h"
#include "exchange/home.h"

namespace tocsin::exchange {

// What is to be sent now, and what is to be remembered of it when.
struct Plan {
  DeliveryWriter delivery;
  Ledger::Changes before;  // durable before anything leaves: who is sent what
  Ledger::Changes after;   // once the peer has acknowledged it, or at once where nothing leaves
  bool more = false;       // there may be more than fits
  bool holds = false;      // something is held back, and is to be looked at again from time to time
  std::optional<stix::Instant> wake;
};

class Outbox {
 public:
  Outbox(const Home& home, const Peer& peer) : home_(home), peer_(peer) {}

  // Bounded work (limits.h), in the order of commits. Policy is asked for each class when versions are chosen and for
  // each version, whole, when it is written into the delivery. Of what is held back a part is looked at again;
  // `held_after` says where that goes on, and is empty once all was looked at.
  Result<Plan> compose(stix::Instant at, std::string& held_after);

 private:
  enum class Outcome : std::uint8_t { sent, passed, held };
  struct Group;

  Result<void> add_notices();
  Result<void> look_at_held(std::string& held_after);
  Result<void> add_new(const CollectionRef& collection);
  Result<Outcome> consider(const CollectionRef& collection, const store::RecordPointer& record);
  Result<Outcome> consider_sighting(const Reading& reading) const;
  Result<bool> add_supporting(const Reading& reading);
  Result<void> emit(const CollectionRef& collection, const store::RecordPointer& record, const Reading& reading);
  Result<std::string> notice_beside(const CollectionRef& collection, const store::Record& record,
                                    const Reading& reading) const;
  Result<Outcome> hold(const CollectionRef& collection, const store::RecordPointer& record, const Reading& reading);
  Result<bool> sent_before(std::string_view id) const;
  bool full() const;

  const Home& home_;
  const Peer& peer_;
  Plan plan_;
  std::optional<Entitlement> entitlement_;
  std::set<store::Sequence> emitted_;
  std::set<std::string, std::less<>> emitted_ids_;
  std::set<std::string, std::less<>> needs_;  // of this plan
  std::size_t looks_ = 0;
  bool looking_again_ = false;
};

// The notice of a version that `record` holds: the author's own, or else this node's word. Empty: it has no version.
Result<std::string> notice_of(const Home& home, const store::Record& record, const Reading& reading);

// To which peer a sighting without a declared audience goes: the indicator's author, or else whoever brought the
// indicator, as a relay. Nobody: kid empty. `found`: whether the indicator is here.
struct Hop {
  bool found = false;
  std::string author;  // of the indicator
  std::string writer;  // of the indicator
};
Result<Hop> sighting_hop(const Home& home, std::string_view indicator);

}  // namespace tocsin::exchange
