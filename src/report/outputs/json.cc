// One JSON document with everything of the JSON lines, one element a line, written without holding the detections.
#include <string>

#include "report/each_detection.h"
#include "report/report_json.h"

namespace tocsin::report {
namespace {

// Writes `"key":[` … `]` of the document, one element a line.
class Section {
 public:
  Section(const Sink& sink, std::string_view key) : sink_(sink), text_("\"" + std::string(key) + "\":[") {}
  template <class Write>
  Result<void> add(Write&& write_object) {
    text_ += first_ ? "\n" : ",\n";
    first_ = false;
    wire::JsonWriter json(text_);
    write_object(json);
    TRY_VOID(sink_(text_));
    text_.clear();
    return {};
  }
  Result<void> finish(bool last) {
    text_ += first_ ? "]" : "\n]";
    text_ += last ? "\n}\n" : ",\n";
    return sink_(text_);
  }

 private:
  const Sink& sink_;
  std::string text_;
  bool first_ = true;
};

Result<void> write(const Report& report, const Sink& sink) {
  std::string head = "{\n\"summary\":";
  wire::JsonWriter json(head);
  write_summary(json, report);
  head += ",\n";
  TRY_VOID(sink(head));

  Section verdicts(sink, "verdicts");
  for (const verdict::Verdict& verdict : report.verdicts) {
    TRY_VOID(verdicts.add([&](wire::JsonWriter& item) { write_verdict(item, verdict); }));
  }
  TRY_VOID(verdicts.finish(false));

  Section detections(sink, "detections");
  const auto add_detection = [&](const Detection& detection) -> Result<void> {
    return detections.add([&](wire::JsonWriter& item) { write_detection(item, report, detection); });
  };
  TRY_VOID(for_each_detection(report, add_detection));
  TRY_VOID(for_each_detection(report.repeats, add_detection));
  TRY_VOID(detections.finish(false));

  Section correlations(sink, "correlations");
  for (const CorrelationResult& correlation : report.correlations) {
    TRY_VOID(correlations.add([&](wire::JsonWriter& item) { write_correlation(item, report, correlation); }));
  }
  TRY_VOID(correlations.finish(false));

  Section coverage(sink, "coverage");
  for (const SourceCoverage& source : report.coverage) {
    TRY_VOID(coverage.add([&](wire::JsonWriter& item) { write_coverage(item, source); }));
  }
  return coverage.finish(true);
}

}  // namespace

extern const Output output_json;
const Output output_json = {".json", "one JSON document with everything of the JSON lines",
                            "https://www.rfc-editor.org/rfc/rfc8259", write};

}  // namespace tocsin::report
