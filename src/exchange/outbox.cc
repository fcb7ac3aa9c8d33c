#include "exchange/outbox.h"

#include <algorithm>

#include "exchange/limits.h"
#include "exchange/notice.h"

namespace tocsin::exchange {

bool Outbox::full() const {
  return plan_.delivery.count() >= limits::delivery_items_max || plan_.delivery.bytes() >= limits::delivery_bytes;
}

Result<bool> Outbox::sent_before(std::string_view id) const {
  TRY(const Ledger::Sent sent, home_.ledger.sent(id, peer_.kid));
  return sent != Ledger::Sent::never;
}

Result<Plan> Outbox::compose(stix::Instant at, std::string& held_after) {
  plan_ = {};
  TRY(Entitlement entitlement, Entitlement::open(home_, peer_, at));
  entitlement_ = std::move(entitlement);
  plan_.wake = entitlement_->wake();
  TRY_VOID(add_notices());
  TRY_VOID(look_at_held(held_after));
  for (const CollectionRef& collection : peer_.relation.collections) {
    if (full() || looks_ >= limits::scan_max) {
      plan_.more = true;
      break;
    }
    TRY_VOID(add_new(collection));
  }
  return std::move(plan_);
}

Result<void> Outbox::add_notices() {
  TRY(const auto due, home_.ledger.due(peer_.kid, limits::delivery_items_max / 2));
  for (const auto& [key, document] : due) {
    Item item;
    item.notice = document;
    plan_.delivery.add(item);
    plan_.after.push_back({key, {}});
  }
  plan_.more = plan_.more || due.size() == limits::delivery_items_max / 2;
  return {};
}

Result<void> Outbox::look_at_held(std::string& held_after) {
  TRY(const auto held, home_.ledger.held(peer_.kid, held_after, limits::held_looks_max));
  plan_.holds = !held.empty() || !held_after.empty();
  looking_again_ = true;
  for (const auto& [key, one] : held) {
    if (full()) {
      plan_.more = true;
      break;
    }
    TRY(const std::vector<store::RecordPointer> records, home_.store.versions(one.collection.name(), one.id));
    const auto record =
        std::ranges::find(records, one.sequence, [](const store::RecordPointer& version) { return version->sequence; });
    Outcome outcome = Outcome::passed;
    if (record != records.end()) {
      TRY(outcome, consider(one.collection, *record));
    }
    if (outcome != Outcome::held) {
      plan_.after.push_back({key, {}});
    }
    held_after = key;
  }
  looking_again_ = false;
  if (held.size() < limits::held_looks_max && !full()) {
    held_after.clear();
  }
  return {};
}

// Lanes that stand at one place are scanned together, the hindmost first, until they meet the next ones.
struct Outbox::Group {
  std::set<Lane> lanes;
  std::vector<std::uint32_t> classes;  // sorted, each once
  store::Sequence from = 0;
  store::Sequence until = ~store::Sequence{0};  // where other lanes stand

  Group(const std::set<Lane>& wanted, const Cursor& cursor) {
    const auto place = [&](const Lane& lane) {
      const auto found = cursor.find(lane);
      return found == cursor.end() ? store::Sequence{0} : found->second;
    };
    from = until;
    for (const Lane& lane : wanted) {
      from = std::min(from, place(lane));
    }
    for (const Lane& lane : wanted) {
      if (place(lane) != from) {
        until = std::min(until, place(lane));
        continue;
      }
      lanes.insert(lane);
      if (classes.empty() || classes.back() != lane.release_class) {
        classes.push_back(lane.release_class);
      }
    }
  }
};

Result<void> Outbox::add_new(const CollectionRef& collection) {
  const std::set<Lane>& wanted = entitlement_->lanes(collection);
  TRY(Cursor cursor, home_.ledger.cursor(peer_.kid, collection));
  const Cursor old = cursor;
  TRY(const store::Sequence tail,
      home_.store.last_at(collection.name(), Time{std::numeric_limits<std::int64_t>::max()}));
  while (!wanted.empty()) {
    const Group group(wanted, cursor);
    if (group.from >= tail) {
      break;
    }
    if (full() || looks_ >= limits::scan_max) {
      plan_.more = true;
      break;
    }
    std::vector<store::RecordPointer> records;
    std::size_t bytes = 0;
    bool cut = false;
    const std::size_t room = limits::scan_max - looks_;
    TRY_VOID(
        home_.store.scan(collection.name(), group.from, {group.classes, {}}, [&](const store::RecordPointer& record) {
          if (record->sequence > group.until) {
            return false;
          }
          if (records.size() >= std::min<std::size_t>(room, limits::delivery_items_max) ||
              bytes >= limits::delivery_bytes) {
            cut = true;
            return false;
          }
          records.push_back(record);
          bytes += record->bytes.size();
          return true;
        }));
    store::Sequence reached = group.from;
    for (const store::RecordPointer& record : records) {
      if (full()) {
        cut = true;
        break;
      }
      ++looks_;
      reached = record->sequence;
      TRY(const Outcome outcome, consider(collection, record));
      (void)outcome;
    }
    if (!cut) {
      reached = group.until != ~store::Sequence{0} ? group.until : std::max(tail, reached);
    }
    for (const Lane& lane : group.lanes) {
      cursor[lane] = reached;
    }
  }
  if (cursor != old) {
    Ledger::put_cursor(plan_.after, peer_.kid, collection, cursor);
  }
  return {};
}

Result<Outbox::Outcome> Outbox::consider(const CollectionRef& collection, const store::RecordPointer& record) {
  const auto read = read_for_exchange(record->bytes);
  // What was taken in under other rules, and what the peer brought or made itself, is settled.
  if (!read || record->writer == peer_.writer() || (!read->author.empty() && read->author == peer_.organisation) ||
      policy::tlp_of_id(read->id)) {
    return Outcome::passed;
  }
  const Reading& reading = *read;
  if (policy::is_supporting(reading.type) && !needs_.contains(reading.id)) {
    TRY(const bool needed, home_.ledger.needs(peer_.kid, reading.id));
    if (!needed) {
      return Outcome::passed;  // it goes with what uses it
    }
  }
  const policy::Terms* terms = entitlement_->terms(collection, record->release_class);
  // The lanes of a class are scanned one by one.
  if (terms == nullptr || !entitlement_->may(collection, entitlement_->lane_of(collection, *record, reading))) {
    return hold(collection, record, reading);
  }
  TRY(const bool allowed, entitlement_->allows(collection, *record, reading));
  if (!allowed) {
    return hold(collection, record, reading);
  }
  if (reading.type == "sighting") {
    if (!terms->audience) {
      TRY(const Outcome own, consider_sighting(reading));
      if (own == Outcome::passed) {
        return own;
      }
      if (own == Outcome::held) {
        return hold(collection, record, reading);
      }
    } else {
      TRY(const Hop hop, sighting_hop(home_, reading.tree.string_or("sighting_of_ref", "")));
      if (!hop.found) {
        return hold(collection, record, reading);  // never wider than a marking that is not known yet
      }
    }
  }
  for (const std::string& reference : reading.references) {
    TRY(const Entitlement::Known known, entitlement_->of(reference));
    // Behind what it names: whoever passes it on must be able to tell what it names.
    const bool ahead = known.standing == Entitlement::Standing::open && known.since != 0 &&
                       known.since < record->sequence && !emitted_ids_.contains(reference) &&
                       !policy::is_supporting(reference.substr(0, reference.find("--")));
    if (known.standing == Entitlement::Standing::hidden || ahead) {
      return hold(collection, record, reading);
    }
  }
  TRY(const bool whole, add_supporting(reading));
  if (!whole) {
    return hold(collection, record, reading);
  }
  TRY_VOID(emit(collection, record, reading));
  return Outcome::sent;
}

// By default to the indicator's author alone; a relay makes its own count (sightings.h) and passes nothing on.
Result<Outbox::Outcome> Outbox::consider_sighting(const Reading& reading) const {
  if (reading.author != home_.organisation()) {
    return Outcome::passed;
  }
  TRY(const Hop hop, sighting_hop(home_, reading.tree.string_or("sighting_of_ref", "")));
  if (!hop.found) {
    return Outcome::held;
  }
  if (hop.author == peer_.organisation) {
    return Outcome::sent;
  }
  if (hop.author == home_.organisation() || hop.writer != peer_.writer()) {
    return Outcome::passed;
  }
  // The relay's turn only where the author is no peer.
  TRY(const std::vector<Peer> peers, home_.ledger.peers());
  const bool direct = std::ranges::any_of(peers, [&](const Peer& other) { return other.organisation == hop.author; });
  return direct ? Outcome::passed : Outcome::sent;
}

// Identities and definitions that the object uses, and what they use, before it. False: one of them must wait.
Result<bool> Outbox::add_supporting(const Reading& reading) {
  struct Waiting {
    std::string id;
    std::size_t depth;
  };
  struct Ready {
    Home::Found found;
    Reading reading;
  };
  std::vector<Waiting> waiting;
  for (const std::string& id : reading.uses) {
    waiting.push_back({id, 1});
  }
  std::set<std::string, std::less<>> seen;
  std::vector<Ready> ready;
  for (std::size_t at = 0; at < waiting.size(); ++at) {
    const Waiting one = waiting[at];
    if (policy::tlp_of_id(one.id) || needs_.contains(one.id) || !seen.insert(one.id).second) {
      continue;
    }
    if (seen.size() > limits::supporting_max || one.depth > limits::supporting_depth_max) {
      return false;
    }
    TRY(const bool before, home_.ledger.needs(peer_.kid, one.id));
    if (before) {
      continue;
    }
    TRY(std::vector<Home::Found> versions, home_.versions(one.id));
    for (Home::Found& found : versions) {
      auto supporting = read_for_exchange(found.record->bytes);
      if (!supporting || found.record->writer == peer_.writer() ||
          (!supporting->author.empty() && supporting->author == peer_.organisation)) {
        continue;
      }
      TRY(const bool allowed, entitlement_->allows(found.collection, *found.record, *supporting));
      if (!allowed) {
        continue;
      }
      for (const std::string& reference : supporting->references) {
        TRY(const bool hidden, entitlement_->hides(reference));
        if (hidden) {
          return false;
        }
      }
      for (const std::string& id : supporting->uses) {
        waiting.push_back({id, one.depth + 1});
      }
      ready.push_back({std::move(found), *std::move(supporting)});
    }
  }
  for (const std::string& id : seen) {
    needs_.insert(id);
    Ledger::put_need(plan_.after, peer_.kid, id);
  }
  for (auto one = ready.rbegin(); one != ready.rend(); ++one) {
    TRY_VOID(emit(one->found.collection, one->found.record, one->reading));
  }
  return true;
}

Result<void> Outbox::emit(const CollectionRef& collection, const store::RecordPointer& record, const Reading& reading) {
  if (!emitted_.insert(record->sequence).second) {
    return {};
  }
  Item item;
  item.object = record->bytes;
  if (const policy::Terms* terms = entitlement_->terms(collection, record->release_class); terms != nullptr) {
    item.audience = terms->audience;
    item.embargo_until = terms->embargo_until;
  }
  TRY(item.notice, notice_beside(collection, *record, reading));
  plan_.delivery.add(item);
  TRY(const Ledger::Sent before, home_.ledger.sent(reading.id, peer_.kid));
  if (before != Ledger::Sent::taken) {
    Ledger::put_left(plan_.before, reading.id, peer_.kid);
    TRY_VOID(home_.ledger.put_taken(plan_.after, reading.id, peer_.kid));
  }
  emitted_ids_.insert(reading.id);
  return {};
}

// What goes with a version: word of a newer one that the peer may not have, or else the notice of this one, because
// those who pass a later version on need it for whom they may not pass it to.
Result<std::string> Outbox::notice_beside(const CollectionRef& collection, const store::Record& record,
                                          const Reading& reading) const {
  if (record.version.empty()) {
    return std::string();
  }
  const bool others = reading.author != home_.organisation();
  std::optional<std::string> kept;
  if (others) {
    TRY(kept, home_.ledger.notice(reading.id));
  }
  TRY(const std::vector<store::RecordPointer> versions, home_.store.versions(collection.name(), record.id));
  const auto newest =
      std::ranges::max_element(versions, {}, [](const store::RecordPointer& one) { return one->version_at; });
  if (newest != versions.end() && (*newest)->version_at > record.version_at) {
    if (const auto newer = read_for_exchange((*newest)->bytes);
        newer && !entitlement_->lanes(collection).contains(entitlement_->lane_of(collection, **newest, *newer))) {
      // The author's own word of a version that is later still says more than ours of this one.
      const auto word = kept ? read_notice(*kept) : Result<Notice>(failure(ErrorCode::not_found, {}));
      return word && word->modified_at > (*newest)->version_at ? Result<std::string>(*kept)
                                                               : notice_of(home_, **newest, *newer);
    }
  }
  if (others) {
    return kept.value_or("");
  }
  const bool later = reading.revoked || reading.tree.string_or("created", "") != reading.version;
  return later ? notice_of(home_, record, reading) : std::string();
}

// Whoever was sent an earlier version is at least told that there is another one.
Result<Outbox::Outcome> Outbox::hold(const CollectionRef& collection, const store::RecordPointer& record,
                                     const Reading& reading) {
  plan_.holds = true;
  if (looking_again_) {
    return Outcome::held;
  }
  Ledger::put_held(plan_.after, peer_.kid, {collection, reading.id, record->sequence});
  TRY(const bool sent, sent_before(reading.id));
  if (sent) {
    TRY(const std::string notice, notice_of(home_, *record, reading));
    if (!notice.empty()) {
      Ledger::put_due(plan_.after, peer_.kid, reading.id, reading.version, notice);
    }
  }
  return Outcome::held;
}

Result<std::string> notice_of(const Home& home, const store::Record& record, const Reading& reading) {
  if (reading.version.empty()) {
    return std::string();
  }
  TRY(const std::optional<std::string> kept, home.ledger.notice(reading.id));
  if (kept && reading.author != home.organisation()) {
    if (const auto notice = read_notice(*kept); notice && notice->modified_at == record.version_at) {
      return *kept;
    }
  }
  return write_notice(reading.id, reading.version, reading.revoked, home.signer);
}

Result<Hop> sighting_hop(const Home& home, std::string_view indicator) {
  TRY(const std::vector<Home::Found> versions, home.versions(indicator));
  Hop hop;
  if (versions.empty()) {
    return hop;
  }
  TRY(const Reading reading, read_for_exchange(versions.front().record->bytes));
  hop.found = true;
  hop.author = reading.author;
  hop.writer = versions.front().record->writer;
  return hop;
}

}  // namespace tocsin::exchange
