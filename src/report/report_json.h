// The parts of a report as JSON objects in the contract's form; what the JSON lines, JSON and HTML outputs share.
#pragma once

#include <string>

#include "report/report.h"
#include "wire/json.h"

namespace tocsin::report {

void write_rule(wire::JsonWriter& json, const RuleRef& rule);
void write_event(wire::JsonWriter& json, const EventRef& event);
void write_detection(wire::JsonWriter& json, const Report& report, const Detection& detection);
void write_correlation(wire::JsonWriter& json, const Report& report, const CorrelationResult& correlation);
void write_verdict(wire::JsonWriter& json, const verdict::Verdict& verdict);
void write_coverage(wire::JsonWriter& json, const SourceCoverage& coverage);
// Everything that is not one of the above: counts, packs, hosts, rules that fired, rules that could not be evaluated.
void write_summary(wire::JsonWriter& json, const Report& report);

// null where the time is not known.
void write_time(wire::JsonWriter& json, Time time);

// The rule of an index; an empty one where the index is wrong (a damaged spool must not crash a report).
const RuleRef& rule_of(const Report& report, std::uint32_t index);

}  // namespace tocsin::report
