// A consultation: the question as JSON, or a moment, a roster and entries, one a line, in which @N stands for the id of
// line N (so that chains survive a change), @R for the roster's. Every signature counts as good. Entries that come one
// by one must give the state of the fold.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "consult/journal.h"
#include "consult/request.h"
#include "consult/state.h"

namespace {

using namespace tocsin::consult;

class AnySignature final : public Verifier {
 public:
  bool verify(const Entry& copy, const tocsin::trust::Ed25519Key&) override { return copy.signature.has_value(); }
};

std::string with_ids(std::string_view line, const std::vector<std::string>& ids, const std::string& roster) {
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '@' || at + 1 == line.size()) {
      out += line[at];
    } else if (line[at + 1] == 'R') {
      out += roster;
      ++at;
    } else {
      std::size_t number = 0;
      for (; at + 1 < line.size() && tocsin::ascii_digit(line[at + 1]) && number < ids.size(); ++at) {
        number = number * 10 + static_cast<std::size_t>(line[at + 1] - '0');
      }
      out += number < ids.size() ? ids[number] : "none";
    }
  }
  return out;
}

Request written(std::string_view text) {
  Request request;
  const auto next_line = [&] {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
  };
  request.as_of = parse_seconds(next_line()).value_or(2'000'000'000);
  std::string roster;
  if (auto reading = read_roster(next_line()); reading.roster) {
    roster = hex(reading.roster->hash);
    request.rosters.push_back(*std::move(reading.roster));
  }
  EntryReader reader;
  std::vector<std::string> ids;
  while (!text.empty() && ids.size() < 200) {
    const EntryPtr entry = reader.read(with_ids(next_line(), ids, roster)).entry;
    ids.push_back(entry != nullptr ? hex(entry->id) : "none");
    if (entry != nullptr) {
      request.entries.push_back(entry);
      request.item = request.entries.front()->id;
    }
  }
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Request request;
  if (auto read = read_request(text); read) {
    request = *std::move(read);
  } else {
    request = written(text);
  }
  AnySignature verifier;
  const State folded = state(request.rosters, request.item, request.entries, request.as_of, verifier);
  Journal journal(request.rosters, request.item, verifier, {.seed = size});
  std::ranges::reverse(request.entries);
  for (const EntryPtr& entry : request.entries) {
    journal.add(entry);
    if (request.entries.size() < 40) {
      journal.state(request.as_of);
    }
  }
  if (journal.state(request.as_of) != folded || to_json(folded, true).empty()) {
    std::abort();
  }
  return 0;
}
