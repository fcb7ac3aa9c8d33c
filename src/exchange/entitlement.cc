#include "exchange/entitlement.h"

#include <algorithm>

namespace tocsin::exchange {

policy::Request Entitlement::request(const policy::Terms& terms, bool author) const {
  policy::Request out;
  out.object_type = terms.type;
  out.supporting = policy::is_supporting(terms.type);
  out.with_a_released_object = true;  // the outbox sends them only so
  out.audience = terms.audience;
  out.embargo_until = policy::embargo_of(terms);
  out.holder = author ? policy::Holder::author : policy::Holder::recipient;
  if (!author) {
    out.holder_organisation = home_->organisation();
  }
  out.recipient = {.person = "",
                   .organisation = peer_->organisation,
                   .client_of = peer_->relation.client_of,
                   .communities = peer_->relation.communities};
  out.purpose = policy::Purpose::forward;
  out.at = at_;
  return out;
}

policy::Release Entitlement::decide(const policy::Terms& terms, const policy::Definitions& definitions,
                                    bool author) const {
  policy::Request asked = request(terms, author);
  for (const std::string& marking : terms.markings) {
    // A marking of a part counts for the whole here: nothing is redacted on the way.
    policy::AppliedMarking applied;
    applied.marking = policy::resolve(marking, definitions);
    asked.markings.push_back(std::move(applied));
  }
  return policy::decide(asked);
}

bool Entitlement::wanted(const policy::Terms& terms) const {
  const Subscription& wants = peer_->relation.subscription;
  // What supports something else is asked for with it.
  if (policy::is_supporting(terms.type)) {
    return true;
  }
  return (wants.types.empty() || std::ranges::find(wants.types, terms.type) != wants.types.end()) &&
         (wants.markings.empty() || std::ranges::any_of(terms.markings, [&](const std::string& marking) {
            return std::ranges::find(wants.markings, marking) != wants.markings.end();
          }));
}

void Entitlement::note_embargo(const policy::Terms& terms, const policy::Definitions& definitions) {
  const auto note = [&](std::optional<stix::Instant> until) {
    if (until && *until > at_ && (!wake_ || *until < *wake_)) {
      wake_ = until;
    }
  };
  if (!terms.embargo_until.empty()) {
    note(stix::parse_timestamp(terms.embargo_until));
  }
  for (const auto& [id, marking] : definitions) {
    note(marking.embargo_until);
  }
}

Result<Entitlement> Entitlement::open(const Home& home, const Peer& peer, stix::Instant at) {
  Entitlement out(home, peer, at);
  for (const CollectionRef& collection : peer.relation.collections) {
    Shelf& shelf = out.shelves_[collection];
    TRY(const std::vector<store::ReleaseClass> classes, home.store.classes(collection.name()));
    for (const store::ReleaseClass& one : classes) {
      Class& entry = shelf.classes[one.id];
      entry.terms = policy::read_terms(one.release);
      entry.writer = one.writer;
      if (!one.writer.starts_with("peer:")) {
        TRY(const std::optional<store::User> user, home.store.user(one.writer));
        entry.own = !user || user->organisation.empty() || user->organisation == home.organisation();
      }
      TRY(const policy::Definitions definitions, home.definitions(entry.terms.markings, one.writer));
      for (const bool author : {false, true}) {
        const bool allowed = out.decide(entry.terms, definitions, author).decision == policy::Decision::allow;
        (author ? entry.as_author : entry.as_recipient) = allowed;
        if (allowed && out.wanted(entry.terms)) {
          shelf.lanes.insert({one.id, author});
        }
      }
      out.note_embargo(entry.terms, definitions);
    }
  }
  return out;
}

Lane Entitlement::lane_of(const CollectionRef& collection, const store::Record& record, const Reading& reading) const {
  bool author = reading.author == home_->organisation();
  if (reading.author.empty()) {
    const auto shelf = shelves_.find(collection);
    if (shelf != shelves_.end()) {
      const auto found = shelf->second.classes.find(record.release_class);
      author = found != shelf->second.classes.end() && found->second.own;
    }
  }
  return {record.release_class, author};
}

const std::set<Lane>& Entitlement::lanes(const CollectionRef& collection) const {
  static const std::set<Lane> none;
  const auto found = shelves_.find(collection);
  return found == shelves_.end() ? none : found->second.lanes;
}

bool Entitlement::may(const CollectionRef& collection, Lane lane) const {
  const auto shelf = shelves_.find(collection);
  if (shelf == shelves_.end()) {
    return false;
  }
  const auto found = shelf->second.classes.find(lane.release_class);
  return found != shelf->second.classes.end() && (lane.author ? found->second.as_author : found->second.as_recipient);
}

const policy::Terms* Entitlement::terms(const CollectionRef& collection, std::uint32_t release_class) const {
  const auto shelf = shelves_.find(collection);
  if (shelf == shelves_.end()) {
    return nullptr;
  }
  const auto found = shelf->second.classes.find(release_class);
  return found == shelf->second.classes.end() ? nullptr : &found->second.terms;
}

Result<bool> Entitlement::allows(const CollectionRef& collection, const store::Record& record,
                                 const Reading& reading) const {
  TRY(const std::optional<policy::Release> release, decide(collection, record, reading));
  return release && release->decision == policy::Decision::allow;
}

Result<std::optional<policy::Release>> Entitlement::decide(const CollectionRef& collection, const store::Record& record,
                                                           const Reading& reading) const {
  const Lane lane = lane_of(collection, record, reading);
  const policy::Terms* kept = terms(collection, record.release_class);
  if (kept == nullptr) {
    return std::optional<policy::Release>();
  }
  if (!may(collection, lane)) {
    TRY(const policy::Definitions definitions, home_->definitions(kept->markings, record.writer));
    return std::optional(decide(*kept, definitions, lane.author));
  }
  policy::Request whole = request(*kept, lane.author);
  whole.object_type = reading.type;
  whole.supporting = policy::is_supporting(reading.type);
  whole.redactable = policy::is_redactable(reading.tree);
  TRY(const policy::Definitions definitions, home_->definitions(reading.markings, record.writer));
  TRY(whole.markings, policy::applied_markings(reading.tree, definitions));
  return std::optional(policy::decide(whole));
}

Result<Entitlement::Known> Entitlement::of(std::string_view id) {
  if (policy::tlp_of_id(id)) {
    return Known{};
  }
  if (const auto known = known_.find(id); known != known_.end()) {
    return known->second;
  }
  Known out;
  // What has only left may not be there when the next thing is.
  TRY(const Ledger::Sent sent, home_->ledger.sent(id, peer_->kid));
  if (sent != Ledger::Sent::taken) {
    TRY(const std::vector<Home::Found> found, home_->versions(id));
    bool theirs = found.empty();
    bool open = false;
    for (const Home::Found& one : found) {
      const auto reading = read_for_exchange(one.record->bytes);
      if (!reading) {
        continue;
      }
      theirs = theirs || one.record->writer == peer_->writer() ||
               (!reading->author.empty() && reading->author == peer_->organisation);
      // A sighting is told to one, whatever its markings: only having been sent it counts.
      const policy::Terms* kept = terms(one.collection, one.record->release_class);
      const Lane lane = lane_of(one.collection, *one.record, *reading);
      if ((reading->type != "sighting" || (kept != nullptr && kept->audience)) && may(one.collection, lane)) {
        open = true;
        if (out.since == 0 && lanes(one.collection).contains(lane)) {
          out.since = one.record->sequence;
        }
      }
    }
    out.standing = theirs ? Standing::known : open ? Standing::open : Standing::hidden;
  }
  known_.emplace(id, out);
  return out;
}

Result<bool> Entitlement::hides(std::string_view id) {
  TRY(const Known known, of(id));
  return known.standing == Standing::hidden;
}

}  // namespace tocsin::exchange
