// Reading all detections of a report one after another.
#pragma once

#include "report/report.h"

namespace tocsin::report {

// Calls visit(detection) → Result<void> for each; stops at the first error of the reader or the visitor.
template <class Visit>
Result<void> for_each_detection(const Report& report, Visit&& visit) {
  if (report.detections == nullptr) {
    return {};
  }
  TRY_VOID(report.detections->rewind());
  Detection detection;
  while (true) {
    TRY(const bool more, report.detections->next(detection));
    if (!more) {
      return {};
    }
    TRY_VOID(visit(detection));
  }
}

}  // namespace tocsin::report
