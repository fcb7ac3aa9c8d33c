// Request: one question about a consultation as a line of JSON, with everything that the answer depends on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consult/entry.h"
#include "consult/roster.h"

namespace tocsin::consult {

// {"rosters":[…],"item":"<id>","entries":[…],"as_of":"…"}; other members are ignored.
struct Request {
  std::vector<Roster> rosters;        // the valid ones
  std::vector<std::string> problems;  // why others count as not given
  Hash item;
  std::vector<EntryPtr> entries;
  // What stands among the entries and is none: its place in the list, and why.
  struct Refused {
    std::size_t place = 0;
    Refusal refusal = Refusal::none;
  };
  std::vector<Refused> refused;
  Seconds as_of = 0;
};

// Entries are read one by one, so a long journal needs no tree of its own; one that is nested too deeply or is too long
// is refused without a look at its grammar. Errors: syntax, encoding, limit, usage (a member is missing or of another
// shape).
Result<Request> read_request(std::string_view line);

}  // namespace tocsin::consult
