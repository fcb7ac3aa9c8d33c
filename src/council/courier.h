// Courier: an item on its way through a collection of a node: entries, papers, and what belongs to them (roster, texts,
// keys), each a STIX object of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/bundle.h"
#include "council/item.h"

namespace tocsin::council {

// Everything that an exported bundle holds. The same item gives the same objects on every node, so that what is sent
// twice is there once. Papers are objects already; roster, keys and texts travel as
// {"type":"tocsin-consultation-part",…,"item","roster","audience":[names],"part":"text","value":"<JSON>"}.
std::vector<std::string> objects_of(const Item& item);

// Who may have these objects: everybody on the roster, and nobody else. By name, as a node's own users may be known,
// and by the identity of the organisation, as peers are.
std::vector<std::string> audience_of(const Item& item);

// The types of the objects that objects_of() gives.
std::vector<std::string> courier_types();

// Gathers objects into bundles. Nothing is believed for having come this way.
class Gathering {
 public:
  explicit Gathering(const Hash& item);
  // Objects of other items and types are passed over. What is of this item and cannot be read is a problem of the
  // bundle.
  void add(std::string_view object);
  Bundle take() { return std::move(bundle_); }

 private:
  Bundle bundle_;
};

// The item that an object belongs to, where it is one of a consultation.
std::optional<Hash> item_of_object(std::string_view object);

}  // namespace tocsin::council
