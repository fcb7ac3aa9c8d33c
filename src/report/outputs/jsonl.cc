// JSON lines in the contract's form: detections, correlations, verdicts, coverage, and the summary last.
#include <string>

#include "report/each_detection.h"
#include "report/report_json.h"

namespace tocsin::report {
namespace {

Result<void> write(const Report& report, const Sink& sink) {
  std::string line;
  const auto emit = [&](auto&& write_object) -> Result<void> {
    line.clear();
    wire::JsonWriter json(line);
    write_object(json);
    line += '\n';
    return sink(line);
  };
  const auto emit_detection = [&](const Detection& detection) -> Result<void> {
    return emit([&](wire::JsonWriter& json) { write_detection(json, report, detection); });
  };
  TRY_VOID(for_each_detection(report, emit_detection));
  TRY_VOID(for_each_detection(report.repeats, emit_detection));
  for (const CorrelationResult& correlation : report.correlations) {
    TRY_VOID(emit([&](wire::JsonWriter& json) { write_correlation(json, report, correlation); }));
  }
  for (const verdict::Verdict& verdict : report.verdicts) {
    TRY_VOID(emit([&](wire::JsonWriter& json) { write_verdict(json, verdict); }));
  }
  for (const SourceCoverage& coverage : report.coverage) {
    TRY_VOID(emit([&](wire::JsonWriter& json) { write_coverage(json, coverage); }));
  }
  return emit([&](wire::JsonWriter& json) { write_summary(json, report); });
}

}  // namespace

extern const Output output_jsonl;
const Output output_jsonl = {".jsonl", "one JSON object a line: detections, correlations, verdicts, coverage, summary",
                             "https://jsonlines.org/", write};

}  // namespace tocsin::report
