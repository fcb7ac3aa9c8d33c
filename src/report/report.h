// Report: everything a hunt found, and the forms in which it can be written (outputs.def).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "verdict/verdict.h"

namespace tocsin::report {

struct RuleRef {
  std::string id, title, level, source, status, description, author,
      file;  // source: sigma|stix|indicator|yara|playbook
  std::vector<std::string> tags, references, false_positives;
  std::string text;  // the rule as its author wrote it, of an indicator its STIX pattern, for forms that carry rules on
                     // (STIX); may be empty
};

// A rule that was given but could not be evaluated: named, never dropped silently.
struct RuleProblem {
  std::string id, title, file;
  std::string kind;    // rejected | waiting | no-reader | slow (evaluated, but by the slow regex engine) | cut short (a
                       // search ran into its limit: a match may have been missed)
  std::string reason;  // one line for people
};

struct EventRef {
  std::string source, unit, format, host, channel;
  std::uint64_t record = 0, offset = 0;
  bool recovered = false;
  Time time;
};

struct Matched {
  static constexpr std::uint64_t no_offset = ~std::uint64_t{0};
  std::string field, value, pattern;
  std::uint64_t offset = no_offset;  // of the value in the file or field, where that is known
};

struct Detection {
  std::uint32_t rule = 0;  // index into Report::rules
  EventRef event;
  std::vector<Matched> matched;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      fields;                    // of the event that the rule's `fields` names, else all
  std::uint64_t duplicates = 0;  // the same record seen again elsewhere
  std::string duplicate_of;      // of a repeat: the source that held the record first; empty otherwise
};

struct CorrelationResult {
  std::uint32_t rule = 0;  // index into Report::rules
  std::vector<std::pair<std::string, std::string>> group;
  std::uint64_t count = 0;
  double value = 0;
  Time first, last;
  std::vector<EventRef> events;
};

struct SourceCoverage {
  std::string source, format;
  std::uint64_t bytes = 0, events = 0, unreadable = 0;
  Time first, last;
  std::vector<std::string> notes;
  std::string sha256;     // with --hash
  std::string skipped;    // why nothing was read of it; empty where it was read
  std::string yara = {};  // with YARA rules: "scanned", or why not ("too large", "gave up"); else empty
};

// One line for a rule that fired, for summaries.
struct RuleTotal {
  std::uint32_t rule = 0;
  std::uint64_t count = 0;
  Time first, last;
  std::string example;  // one-line detail from the rule's fields
};

struct HostTotal {
  std::string host;
  std::uint64_t events = 0, detections = 0;
  std::uint64_t by_level[6] = {};  // index: rules::Level order none…critical
  Time first, last;
};

// What was given as --indicators; all zero where nothing was.
struct IndicatorSummary {
  std::vector<std::string> lists;
  std::uint64_t given = 0, loaded = 0, rejected = 0, repeated = 0, not_for_detection = 0, revoked = 0, unsupported = 0,
                patterns = 0, false_friends = 0;
  std::vector<std::pair<std::string, std::uint64_t>> by_type;  // of those loaded
  std::vector<std::pair<std::string, std::uint64_t>> unsupported_types;
  std::uint64_t hits = 0;   // detections
  std::uint64_t found = 0;  // different indicators among them
  double load_seconds = 0;  // of processor time
};

// What was given as --yara; all zero where nothing was.
struct YaraSummary {
  std::vector<std::string> files;  // of rules
  std::uint64_t given = 0, loaded = 0, rejected = 0;
  std::uint64_t files_scanned = 0, bytes_scanned = 0, files_too_large = 0;
  std::uint64_t values_scanned = 0;  // of events; each different one once for a thread and a while
  std::uint64_t gave_up = 0;         // scans beyond the time limit, or that failed
  std::uint64_t strings_cut = 0;     // strings that matched too often in one scan to look for them any longer
  std::uint64_t hits = 0;            // detections
  std::uint64_t found = 0;           // different rules among them
  double load_seconds = 0;           // of processor time
};

struct Summary {
  std::string version, command_line, started;  // started: RFC 3339
  std::uint64_t rules_given = 0, rules_loaded = 0, rules_rejected = 0, rules_without_input = 0, rules_waiting = 0,
                rules_hidden = 0;
  std::uint64_t events = 0, bytes = 0, unreadable = 0, detections = 0, duplicates = 0, correlations = 0;
  std::uint64_t sources_read = 0, sources_skipped = 0;
  std::uint64_t outside_period = 0;  // events that --since and --until left out
  double seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::string timezone;  // assumed for zone-less times
  std::uint64_t assumed_zone_events = 0;
  bool interrupted = false;
  std::vector<std::pair<std::string, std::uint64_t>>
      hidden;  // what noise control left out: "rules left out by --level" → count
  std::vector<std::string> notes;
  struct Pack {
    std::string name, version, license, sha256;
    std::uint64_t count = 0;
  };
  std::vector<Pack> packs;
  IndicatorSummary indicators;
  YaraSummary yara;
};

// Detections are read one after another from wherever they were put (a spool file): a report never holds all of them.
class DetectionReader {
 public:
  virtual ~DetectionReader() = default;
  virtual Result<void> rewind() = 0;
  virtual Result<bool> next(Detection& detection) = 0;  // false at the end
};

struct Report {
  std::vector<RuleRef> rules;  // at least those that fired, and correlations that did; others are not written
  std::vector<CorrelationResult> correlations;
  std::vector<verdict::Verdict> verdicts;
  std::vector<SourceCoverage> coverage;
  std::vector<RuleTotal> totals;  // by level (critical first), then count
  std::vector<HostTotal> hosts;
  std::vector<RuleProblem> rule_problems;
  Summary summary;
  DetectionReader* detections = nullptr;  // borrowed
  // Detections on records that were read before, as in shadow copies: counted nowhere, listed by the forms for
  // programs. Borrowed, or nullptr.
  DetectionReader* repeats = nullptr;
};

// Takes text piece by piece; false from it means that writing failed and the writer stops.
using Sink = std::function<Result<void>(std::string_view)>;

// A form of --out. Pure: no clock, no randomness but what is derived from the report (ids are UUIDv5 of content).
struct Output {
  std::string_view suffix;  // ".jsonl"; the longest that fits a file name wins
  std::string_view doc;
  std::string_view spec;
  Result<void> (*write)(const Report& report, const Sink& sink);
};
std::span<const Output* const> outputs();
// By the longest suffix of the file name, ASCII case-insensitive; nullptr if none fits.
const Output* output_for(std::string_view file_name);

// One detection as the contract's JSON line (without the line end). The spool's own form is in report/spool.h.
void append_detection_json(const Report& report, const Detection& detection, std::string& out);

}  // namespace tocsin::report
