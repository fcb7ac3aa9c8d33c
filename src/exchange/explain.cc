// Why a version goes to a peer, or does not: the outbox's steps, told.
#include "exchange/entitlement.h"
#include "exchange/exchange.h"

namespace tocsin::exchange {

Result<Explanation> Exchange::explain(std::string_view kid, const CollectionRef& collection,
                                      const store::Record& record) {
  using Step = Explanation::Step;
  const auto found = states_.find(kid);
  if (found == states_.end()) {
    return failure(ErrorCode::not_found, "there is no such peer");
  }
  const Peer& peer = found->second.peer;
  const Home here = home();
  TRY(Entitlement entitlement, Entitlement::open(here, peer, stix::from_time(now())));
  const auto reading = read_for_exchange(record.bytes);
  if (!reading) {
    return Explanation{.step = Step::unreadable};
  }
  if (record.writer == peer.writer() || (!reading->author.empty() && reading->author == peer.organisation)) {
    return Explanation{.step = Step::theirs};
  }
  TRY(const std::optional<policy::Release> release, entitlement.decide(collection, record, *reading));
  if (!release) {
    return Explanation{.step = Step::not_given};
  }
  Explanation out{.step = Step::goes, .release = *release};
  if (release->decision != policy::Decision::allow) {
    out.step = Step::refused;
    return out;
  }
  for (const std::string& reference : reading->references) {
    TRY(const bool hidden, entitlement.hides(reference));
    if (hidden) {
      out.step = Step::names_hidden;
      out.hidden = reference;
      return out;
    }
  }
  const policy::Terms* terms = entitlement.terms(collection, record.release_class);
  if (policy::is_supporting(reading->type)) {
    out.step = Step::goes_with_use;
  } else if (reading->type == "sighting" && !terms->audience) {
    out.step = Step::sighting;
  } else if (!entitlement.lanes(collection).contains(entitlement.lane_of(collection, record, *reading))) {
    out.step = Step::not_subscribed;
  }
  return out;
}

}  // namespace tocsin::exchange
