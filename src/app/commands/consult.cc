// tocsin consult: what a consultation's entries mean.
#include <fmt/format.h>

#include <random>

#include "app/command.h"
#include "app/json_filter.h"
#include "consult/journal.h"
#include "consult/limits.h"
#include "consult/request.h"
#include "consult/state.h"

namespace tocsin::app {
namespace {

// What the answers themselves cannot say: told on stderr, once for all lines.
struct Notes {
  std::size_t refused = 0;
  std::string first_refused;
  std::size_t rosters = 0;
  std::string first_roster;
  std::size_t unknown = 0;
};

Result<std::string> state_line(const std::string& line, bool explained, std::uint64_t seed, Notes& notes) {
  TRY(const consult::Request request, consult::read_request(line));
  if (!request.refused.empty() && notes.refused == 0) {
    notes.first_refused =
        fmt::format("entry {}: {}", request.refused.front().place, consult::explain(request.refused.front().refusal));
  }
  notes.refused += request.refused.size();
  if (!request.problems.empty() && notes.rosters == 0) {
    notes.first_roster = request.problems.front();
  }
  notes.rosters += request.problems.size();
  consult::Ed25519Verifier verifier;
  consult::Journal journal(request.rosters, request.item, verifier, {.seed = seed});
  for (const consult::EntryPtr& entry : request.entries) {
    journal.add(entry);
  }
  const consult::State state = journal.state(request.as_of);
  notes.unknown += state.unknown.empty() ? 0 : 1;
  return consult::to_json(state, explained);
}

int run_state(const Arguments& arguments) {
  if (!arguments.has("--jsonl")) {
    return report_error({ErrorCode::usage, "'tocsin consult state' needs --jsonl", {}, "see its --help"});
  }
  std::random_device random;
  const std::uint64_t seed = std::uint64_t{random()} << 32U | random();
  Notes notes;
  const bool explained = arguments.has("--explain");
  const int exit = filter_lines(arguments, consult::limits::request_bytes_max,
                                [&](const std::string& line) { return state_line(line, explained, seed, notes); });
  if (notes.refused != 0) {
    message(fmt::format("{} values are no entries and were passed over; the first is {}", notes.refused,
                        notes.first_refused));
  }
  if (notes.rosters != 0) {
    message(fmt::format("{} rosters are not valid and count as not given; the first is {}", notes.rosters,
                        notes.first_roster));
  }
  if (notes.unknown != 0) {
    message(
        fmt::format("warning: {} states hold entries of kinds that this version does not know (see \"unknown\"): "
                    "it cannot vouch for them",
                    notes.unknown));
  }
  return exit;
}

}  // namespace

extern const Command command_consult_state;
const Command command_consult_state = {
    .name = "consult state",
    .doc = "Compute where a consultation stands from its signed entries",
    .about =
        "A filter: every line of FILE, or of stdin, is {\"rosters\": […], \"item\": \"<id>\", \"entries\": […], "
        "\"as_of\": \"2026-03-01T10:00:00Z\"} and gives one line with the state, or {\"error\": {…}}. Everybody who "
        "holds the same entries gets the same line, in any order of the entries, with duplicates, offline. "
        "docs/consultation.md says what each status means.\n\nRosters are trusted. Signatures are verified; an entry "
        "that does not count stands in \"rejected\" with the code of the rule. Exit code 2 says that a line gave an "
        "error.",
    .example = "tocsin consult state --jsonl journal.jsonl",
    .positional = "[FILE]",
    .positional_min = 0,
    .options = {{"--jsonl", "", "Filter JSON lines from FILE or stdin"},
                {"--explain", "", "Say of each rejected entry which rule it breaks, in a sentence"}},
    .run = run_state,
};

}  // namespace tocsin::app
