// The sections of the HTML report, in the order of the page. Each appends finished markup.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/html/markup.h"
#include "report/report.h"

namespace tocsin::report::html {

// The verdict in cards, most severe first.
void verdicts(Markup& page, const Report& report);
// What was not checked: missing inputs, periods, sources, records and rules.
void unchecked(Markup& page, const Report& report);
// The counts of the run.
void figures(Markup& page, const Report& report);
// Rules that fired, hosts, correlations, coverage, and how the report was made.
void rules(Markup& page, const Report& report, const std::vector<std::int64_t>& fired_index);
void hosts(Markup& page, const Report& report);
void correlations(Markup& page, const Report& report);
void coverage(Markup& page, const Report& report);
void about(Markup& page, const Report& report);

// A moment of the timeline picture.
struct Mark {
  Time time;
  std::uint8_t rank = 0;  // level
};
// The picture: a lane for each verdict with evidence and for each level with detections. Nothing where no time is
// known. marks: detections (borrowed, gets sorted); left_out: detections beyond those.
void timeline(Markup& page, const Report& report, std::vector<Mark>& marks, std::uint64_t left_out);

}  // namespace tocsin::report::html
