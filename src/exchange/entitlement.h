// Entitlement: what one peer may have of this node at one moment. Policy is asked here and nowhere else in the
// exchange.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exchange/home.h"
#include "exchange/peer.h"
#include "policy/terms.h"

namespace tocsin::exchange {

class Entitlement {
 public:
  // Asks policy once for each release class of the collections that the peer reads, as author and as recipient.
  static Result<Entitlement> open(const Home& home, const Peer& peer, stix::Instant at);

  // Lanes that the peer may have and wants; and may have alone.
  const std::set<Lane>& lanes(const CollectionRef& collection) const;
  bool may(const CollectionRef& collection, Lane lane) const;
  const policy::Terms* terms(const CollectionRef& collection, std::uint32_t release_class) const;
  // This organisation speaks as author of what says so, and of what names no author and was put in by its own people.
  Lane lane_of(const CollectionRef& collection, const store::Record& record, const Reading& reading) const;

  // Asked again for one version when it leaves: its whole content, its markings and where they apply.
  Result<bool> allows(const CollectionRef& collection, const store::Record& record, const Reading& reading) const;
  // The same with the reasons; nothing where the collection is not given to the peer.
  Result<std::optional<policy::Release>> decide(const CollectionRef& collection, const store::Record& record,
                                                const Reading& reading) const;
  // What an identifier would tell the peer. What is not here, what it brought or made, and what it has taken is not
  // hidden from it.
  enum class Standing : std::uint8_t { known, open, hidden };
  struct Known {
    Standing standing = Standing::known;
    store::Sequence since = 0;  // open: of the first version that the peer may have and wants; 0: it wants none
  };
  Result<Known> of(std::string_view id);
  Result<bool> hides(std::string_view id);
  // When an embargo of something that the peer may not have yet ends.
  std::optional<stix::Instant> wake() const { return wake_; }

 private:
  struct Class {
    policy::Terms terms;
    std::string writer;
    bool own = false;  // the writer is of this organisation
    bool as_author = false, as_recipient = false;
  };
  struct Shelf {
    std::map<std::uint32_t, Class> classes;
    std::set<Lane> lanes;
  };

  Entitlement(const Home& home, const Peer& peer, stix::Instant at) : home_(&home), peer_(&peer), at_(at) {}
  policy::Request request(const policy::Terms& terms, bool author) const;
  // By the terms that the store keeps, where a marking of a part counts for the whole.
  policy::Release decide(const policy::Terms& terms, const policy::Definitions& definitions, bool author) const;
  bool wanted(const policy::Terms& terms) const;
  void note_embargo(const policy::Terms& terms, const policy::Definitions& definitions);

  const Home* home_;
  const Peer* peer_;
  stix::Instant at_;
  std::map<CollectionRef, Shelf> shelves_;
  std::map<std::string, Known, std::less<>> known_;
  std::optional<stix::Instant> wake_;
};

}  // namespace tocsin::exchange
