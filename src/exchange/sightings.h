// Sightings: what a relay makes of the sightings that came to it for an indicator of somebody else: one sighting of its
// own with their sum, because the author need not know who they are.
#pragma once

#include <set>
#include <string>

#include "exchange/home.h"

namespace tocsin::exchange {

class Sightings {
 public:
  explicit Sightings(const Home& home) : home_(home) {}

  // A peer's sighting without a declared audience was stored. Nothing for other objects, and for indicators that are
  // not here or are this organisation's own.
  Result<void> came(const Reading& reading);
  // Writes what follows from those that came: one version for each indicator, where the next on the way to the author
  // reads.
  Result<void> finish(Time now);

 private:
  Result<CollectionRef> place_for(const CollectionRef& otherwise, const std::string& indicator) const;

  const Home& home_;
  std::set<std::string> indicators_;
};

// The writer of these sightings in the store.
inline constexpr std::string_view relay_writer = "relay:";

}  // namespace tocsin::exchange
