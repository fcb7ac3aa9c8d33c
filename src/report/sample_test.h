// A hand-made report with nasty content, for the tests of all outputs.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"
#include "report/spool.h"

namespace tocsin::report::test {

struct Sample {
  Report report;
  std::vector<Detection> detections;
  MemoryReader reader{{}};
  Sample() = default;
  Sample(const Sample&) = delete;
};

inline Time at(std::string_view text) { return parse_iso8601(text)->time; }

// Everything at once: three verdict states, a ladder, correlations, hosts, skipped and damaged sources, and values that
// try to break out of every form: quotes, line ends, </script>, terminal escapes, direction marks, 10 kB, ill-formed
// UTF-8, formulas, a source path with spaces and a percent sign.
void fill_sample(Sample& sample);

// A report of a hunt that found nothing.
void fill_empty(Sample& sample);

// The bytes of an output.
std::string written(const Output& output, const Report& report);

}  // namespace tocsin::report::test
