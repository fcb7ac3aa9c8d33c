// Reading all detections of a report one after another.
#pragma once

#include <utility>

#include "report/report.h"

namespace tocsin::report {

// Calls visit(detection) → Result<void> for each; stops at the first error of the reader or the visitor.
template <class Visit>
Result<void> for_each_detection(DetectionReader* reader, Visit&& visit) {
  if (reader == nullptr) {
    return {};
  }
  TRY_VOID(reader->rewind());
  Detection detection;
  while (true) {
    TRY(const bool more, reader->next(detection));
    if (!more) {
      return {};
    }
    TRY_VOID(visit(detection));
  }
}

template <class Visit>
Result<void> for_each_detection(const Report& report, Visit&& visit) {
  return for_each_detection(report.detections, std::forward<Visit>(visit));
}

}  // namespace tocsin::report
