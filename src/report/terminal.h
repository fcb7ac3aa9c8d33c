// The result of a hunt as text for a terminal: verdict first, then evidence, detections, coverage and what was not
// checked.
#pragma once

#include <cstddef>
#include <string>

#include "report/report.h"

namespace tocsin::report {

struct TerminalOptions {
  std::size_t width = 80;  // columns; lines keep to it from 20 up
  bool colour = false;     // SGR sequences; the caller decides (terminal, NO_COLOR)
  bool unicode = true;     // false: ASCII only
  bool full = false;       // every rule, host and source instead of the most important ones (--verbose)
};

// Pure. Reads the totals of the report, never its detections. Text of the evidence is escaped: no control character but
// our own line ends and, with colour, SGR sequences gets into the result.
std::string render_terminal(const Report& report, const TerminalOptions& options);

}  // namespace tocsin::report
