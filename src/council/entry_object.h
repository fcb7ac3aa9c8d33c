// Entry object: an entry on its way between nodes, as a STIX object of its own that carries it verbatim.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/item.h"

namespace tocsin::council {

// {"type":"tocsin-entry","spec_version":"2.1","id","created","modified","extensions":{…new-sdo},"item","roster",
// "audience":[names],"entry":"<JSON as its author signed it>"}. The audience is the whole roster, fixed when the item
// was opened: policy may hold such an object back from strangers, but not split its audience. `created` is the author's
// claim. The same copy of an entry gives the same object on every node.
std::string wrap_entry(const Item::Held& held, const Item& item);

struct EntryObject {
  Hash item;
  Hash roster;
  std::vector<std::string> audience;
  std::string entry;
};
// Error syntax where it is none; damaged where the entry inside belongs to another item than the object says.
Result<EntryObject> unwrap_entry(std::string_view object);

}  // namespace tocsin::council
