// Hunt: one pass of rules and playbooks over all inputs, into a Report.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/indicators.h"
#include "app/packs.h"
#include "app/pipeline.h"
#include "app/spool_file.h"
#include "app/yara.h"
#include "base/result.h"
#include "detect/program.h"
#include "report/report.h"
#include "report/spool.h"

namespace tocsin::app {

struct HuntOptions {
  PipelineOptions pipeline;
  LoadedRules rules;
  LoadedIndicators indicators;
  LoadedYara yara;
  detect::Engine engine = detect::Engine::indexed;
  std::string command_line;
  std::string started;  // RFC 3339
};

// The report and what it borrows.
struct HuntResult {
  report::Report report;
  SpoolFile spool, repeats;
  std::unique_ptr<report::SpoolReader> reader, repeats_reader;
  std::vector<rules::Diagnostic> diagnostics;  // of the rules that could not be loaded or compiled
};

// An Error means that nothing could be read. Interrupted runs give what there is, with summary.interrupted.
Result<std::unique_ptr<HuntResult>> hunt(const HuntOptions& options);

// Rules that were loaded but that compiling rejected.
std::uint64_t rejected_rules(const detect::Program& program);

}  // namespace tocsin::app
