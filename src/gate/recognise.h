// Recognise: which documents for the gate a file holds, where nobody said so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "gate/gate.h"
#include "wire/json.h"

namespace tocsin::gate {

struct Recognised {
  std::string_view format;  // "cacao", "openc2", "misp", "text": as decide() reads a source
  std::string what;         // "CACAO playbook \"Evict\"", for people; holds the document's own words
  const wire::Json* object = nullptr;
};

// A CACAO playbook, an OpenC2 command or message, a MISP event, object or tag, STIX courses of action (alone or in a
// bundle), or a list of such; in their order. What is none of them is left out, so that an empty answer says that
// nobody can tell. Views into `document`. One level deep; what is inside the documents is decide()'s to find.
std::vector<Recognised> recognise(const wire::Json& document);

// What somebody says of a document beside it.
struct About {
  std::string_view action = "playbook";  // what the document says
  std::string_view scope = "own";
  std::string_view owner = {};
  std::string_view context = "import";
  const wire::Json* consent = nullptr;  // none
};
// decide() about a document that was recognised.
Verdict decide(const Recognised& document, const About& about, Time now);

}  // namespace tocsin::gate
